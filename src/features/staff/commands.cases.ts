import { isDeepStrictEqual } from 'node:util'
import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { isUniqueViolation } from '../../platform/db/errors.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import { showOnce } from '../../platform/shown-once.ts'
import { can } from '../../policy/can.ts'
import type { OfficerProof } from '../officer-proof/index.ts'
import { CasePrepared, endOfWaiting, expireCases, tellSecondOfficers } from '../two-officers/index.ts'
import { StaffCaseRefused, StaffPasswordShown } from './events.ts'
import {
  type ActRefusal,
  checkAct,
  checkOfficer,
  checkReason,
  isStaffCase,
  type OfficerAct,
  type OfficerFacts,
  type OfficerFactsRefusal,
  type OfficerRole,
  type OfficerStanding,
  type ReasonRefusal,
  type StaffProposal,
} from './officer.ts'
import { findStaffCase } from './queries.ts'

/** What one officer asks a second one to do about a third, or about somebody who is to become one. */
export type StaffCaseWanted = { caseId: string; reason: string } & (
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
 * Prepares a case about an officer for a second one (H-08). The same form sent twice prepares once. Refuses what would change
 * nothing, one's own case, a second one about the same officer while another waits, and what would leave too few to undo it.
 */
export const prepareStaffCase = async (
  deps: Deps,
  actor: StaffActor,
  wanted: StaffCaseWanted,
): Promise<Result<null, StaffCaseRefusal>> => {
  await expireCases(deps, { kind: wanted.kind })
  const done = await inTx(deps, tx => prepare(deps, tx, actor, wanted)).catch(error => {
    if (isUniqueViolation(error, 'helpdesk_case_pending_officer')) return refuse('staff.pending' as const)
    if (isUniqueViolation(error, 'helpdesk_case_pending_login_id')) return refuse('staff.pending' as const)
    if (isUniqueViolation(error, 'helpdesk_case_pkey')) return refuse('case.notFound' as const)
    throw error
  })
  if (!done.ok)
    await audit.recordAlone(deps, StaffCaseRefused, {
      actor,
      companyId: null,
      details: { caseKind: wanted.kind },
      outcome: 'refused',
      reason: done.reason,
    })
  return done
}

const prepare = async (
  deps: Deps,
  tx: Tx,
  actor: StaffActor,
  wanted: StaffCaseWanted,
): Promise<Result<null, StaffCaseRefusal>> => {
  if (!can(actor, 'staff:manage')) return refuse('access.forbidden')
  const given = checkReason(wanted.reason)
  if (!given.ok) return given
  const reason = given.value
  // The second of two clicks waits here, and finds the first one's case.
  await takeTurns(tx)
  const before = await tx.helpdeskCase.findUnique({ where: { id: wanted.caseId } })
  if (before && (!isStaffCase(before.kind) || before.preparedById !== actor.id))
    return refuse('case.notFound')
  if (before) return saysTheSame(before, wanted, reason) ? ok(null) : refuse('case.openedOtherwise')
  const checked = await checkWanted(tx, actor, wanted)
  if (!checked.ok) return checked
  const { label, officerId, proposal } = checked.value
  const now = deps.clock.now()
  await tx.helpdeskCase.create({
    data: {
      id: wanted.caseId,
      kind: wanted.kind,
      state: 'prepared',
      reason,
      officerId,
      proposal,
      preparedById: actor.id,
      preparedAt: now,
      expiresAt: endOfWaiting(now),
    },
  })
  await tellSecondOfficers(deps, tx, actor, {
    kind: wanted.kind,
    until: endOfWaiting(now),
    about: officerId,
  })
  await audit.record(deps, tx, CasePrepared, {
    actor,
    companyId: null,
    subject: { kind: 'staff', id: officerId ?? wanted.caseId, label },
    details: {
      caseId: wanted.caseId,
      caseKind: wanted.kind,
      caseReason: reason,
      formNumber: null,
      formReceivedOn: null,
    },
  })
  return ok(null)
}

/** A form that was gone back to and corrected is not the same one sent twice. */
const saysTheSame = (
  before: { kind: string; reason: string; officerId: string | null; proposal: unknown },
  wanted: StaffCaseWanted,
  reason: string,
): boolean => {
  if (before.kind !== wanted.kind || before.reason !== reason) return false
  const stored = (before.proposal ?? {}) as StaffProposal
  if (wanted.kind === 'staff_registration') {
    const { loginId, email, role } = wanted.facts
    const name = wanted.facts.name.trim()
    return (
      stored.staffLoginId === loginId &&
      stored.name === name &&
      stored.email === email &&
      stored.role === role
    )
  }
  return before.officerId === wanted.officerId && isDeepStrictEqual(stored, proposalOf(wanted))
}

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

/** Shows the password that a case made for an officer, once, to who prepared or approved it (H-05). */
export const showStaffPassword = async (
  deps: Deps,
  actor: StaffActor,
  proof: OfficerProof,
  caseId: string,
): Promise<Result<ShownPassword, 'case.notFound' | 'case.notYourSecret' | 'case.secretGone'>> => {
  if (proof.officerId !== actor.id) throw new Error('the proof is another officer’s')
  const found = await findStaffCase(deps, actor, caseId)
  if (!found) return refuse('case.notFound')
  const entry = {
    actor,
    companyId: null,
    subject: { kind: 'staff', id: found.about.id ?? caseId, label: found.about.loginId },
    details: { caseId },
  }
  const mine = actor.id === found.preparedById || actor.id === found.approvedById
  const shown = mine
    ? await showOnce(
        deps,
        caseId,
        async ({ loginId = '', password = '', until = '' }) => ({
          loginId,
          password,
          until: new Date(until),
        }),
        async tx => {
          await audit.record(deps, tx, StaffPasswordShown, entry)
        },
      )
    : undefined
  if (shown) return ok(shown)
  const reason = mine ? 'case.secretGone' : 'case.notYourSecret'
  await audit.recordAlone(deps, StaffPasswordShown, { ...entry, outcome: 'refused', reason })
  return refuse(reason)
}
