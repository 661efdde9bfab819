import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { isUniqueViolation } from '../../platform/db/errors.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import type { OfficerProof } from '../officer-proof/index.ts'
import { fetchSecret, type OpenedCase, openCase } from '../two-officers/index.ts'
import { StaffCaseRefused, StaffPasswordShown } from './events.ts'
import {
  type ActRefusal,
  checkAct,
  checkOfficer,
  checkReason,
  type OfficerAct,
  type OfficerFacts,
  type OfficerFactsRefusal,
  type OfficerRole,
  type OfficerStanding,
  type ReasonRefusal,
  type StaffCaseKind,
  type StaffProposal,
} from './officer.ts'
import type { StaffCase } from './queries.ts'

/** What one officer asks a second one to do about a third, or about somebody who is to become one. */
export type StaffCaseWanted = {
  caseId: string
  reason: string
  /** All that the form says (`contentOf`). */
  sent: string
} & (
  | { kind: 'staff_registration'; facts: OfficerFacts }
  | { kind: OfficerAct; officerId: string; role?: OfficerRole | undefined; revokes?: boolean }
)

export type StaffCaseRefusal =
  | 'access.forbidden'
  | 'case.notFound'
  | 'case.openedOtherwise'
  | ReasonRefusal
  | 'staff.loginIdTaken'
  | 'staff.pending'
  | 'staff.notFound'
  | OfficerFactsRefusal
  | ActRefusal

/** Changes of officers take turns: each looks at how many are left (H-08). */
export const takeTurns = (tx: Tx): Promise<unknown> =>
  tx.$queryRaw`SELECT 1 FROM (SELECT pg_advisory_xact_lock(hashtext('staff'))) AS turn`

/** Where everybody stands, for the rule of how many must be left. */
export const everybody = (tx: Tx): Promise<OfficerStanding[]> =>
  tx.staff.findMany({ select: { id: true, role: true, state: true } })

/**
 * Prepares a case about an officer for a second one (H-08). The same form sent twice prepares once (`openCase`). Refuses what would
 * change nothing, one's own case, a second one about the same officer while another waits, and what would leave too few to undo it.
 */
export const prepareStaffCase = (
  deps: Deps,
  actor: StaffActor,
  wanted: StaffCaseWanted,
): Promise<Result<OpenedCase, StaffCaseRefusal>> => {
  const { caseId, kind, sent } = wanted
  const about = wanted.kind === 'staff_registration' ? {} : { officerId: wanted.officerId }
  return openCase<null, StaffCaseRefusal>(
    deps,
    actor,
    { caseId, kind, sent, about },
    {
      action: 'staff:manage',
      hold: async tx => {
        await takeTurns(tx)
        return ok(null)
      },
      content: async tx => {
        const reason = checkReason(wanted.reason)
        if (!reason.ok) return reason
        const checked = await checkWanted(tx, actor, wanted)
        if (!checked.ok) return checked
        const { label, officerId, proposal } = checked.value
        return ok({
          companyId: null,
          subject: { kind: 'staff', id: officerId ?? caseId, label },
          reason: reason.value,
          proposal,
        })
      },
      taken: error =>
        isUniqueViolation(error, 'helpdesk_case_pending_officer') ||
        isUniqueViolation(error, 'helpdesk_case_pending_login_id')
          ? refuse('staff.pending')
          : undefined,
      refused: reason => recordStaffCaseRefused(deps, actor, kind, reason),
    },
  )
}

/** Records a case about an officer that was refused, in the bank's own history (F-02). */
export const recordStaffCaseRefused = (
  deps: Deps,
  actor: StaffActor,
  caseKind: StaffCaseKind,
  reason: string,
): Promise<unknown> =>
  audit.recordAlone(deps, StaffCaseRefused, {
    actor,
    companyId: null,
    details: { caseKind },
    outcome: 'refused',
    reason,
  })

type ActWanted = Exclude<StaffCaseWanted, { kind: 'staff_registration' }>

const proposalOf = ({ kind, role, revokes }: ActWanted): StaffProposal => ({
  ...(kind === 'staff_role' && role && { role }),
  ...(kind === 'staff_recovery' && revokes && { revokes: true }),
})

type Checked = { label: string; officerId: string | null; proposal: StaffProposal }

const checkWanted = async (
  tx: Tx,
  actor: StaffActor,
  wanted: StaffCaseWanted,
): Promise<Result<Checked, StaffCaseRefusal>> => {
  if (wanted.kind === 'staff_registration') {
    const facts = checkOfficer(wanted.facts)
    if (!facts.ok) return facts
    const { loginId, ...others } = facts.value
    if (await isTaken(tx, loginId)) return refuse('staff.loginIdTaken')
    return ok({ label: loginId, officerId: null, proposal: { staffLoginId: loginId, ...others } })
  }
  const officer = await tx.staff.findUnique({ where: { id: wanted.officerId } })
  if (!officer) return refuse('staff.notFound')
  const allowed = checkAct(wanted.kind, officer, wanted.role, await everybody(tx), actor.id)
  if (!allowed.ok) return allowed
  return ok({ label: officer.loginId, officerId: officer.id, proposal: proposalOf(wanted) })
}

/** Whether an officer has this login ID, in any case. */
export const isTaken = async (tx: Tx, loginId: string): Promise<boolean> =>
  (await tx.staff.count({ where: { loginIdKey: loginId.toLowerCase() } })) > 0

export type ShownPassword = { loginId: string; password: string; until: Date }

/** Shows the password that a case made for an officer, once (`fetchSecret`); the bank's own history has who fetched it. */
export const showStaffPassword = (
  deps: Deps,
  actor: StaffActor,
  proof: OfficerProof,
  found: StaffCase,
): Promise<Result<ShownPassword, 'case.notYourSecret' | 'case.secretGone'>> =>
  fetchSecret(
    deps,
    actor,
    proof,
    found,
    'staff:manage',
    {
      event: StaffPasswordShown,
      companyId: null,
      subject: { kind: 'staff', id: found.about.id ?? found.id, label: found.about.loginId },
      details: { caseId: found.id },
    },
    async ({ loginId = '', password = '', until = '' }) => ({ loginId, password, until: new Date(until) }),
  )
