import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { businessDayOf, lastSecondOf } from '../../kernel/business-day.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { isUniqueViolation } from '../../platform/db/errors.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import { keepOnce, showOnce } from '../../platform/shown-once.ts'
import { can } from '../../policy/can.ts'
import { staffPolicy } from '../../policy/policy.ts'
import { nextWorkingDay } from '../../policy/working-day.ts'
import type { OfficerProof } from '../officer-proof/index.ts'
import { revokeStaffToken } from '../otp/index.ts'
import { makeTemporaryPassword, storePassword } from '../passwords/index.ts'
import { endSessionsOf } from '../sessions/index.ts'
import { type CaseHandling, CasePrepared, endOfWaiting, expireCases } from '../two-officers/index.ts'
import { keepOfficer } from './commands.ts'
import {
  StaffCaseRefused,
  StaffPasswordShown,
  StaffRecovered,
  StaffResumed,
  StaffRoleChanged,
  StaffSuspended,
} from './events.ts'
import {
  type ActRefusal,
  checkAct,
  checkOfficer,
  checkReason,
  isStaffCase,
  makesPassword,
  type OfficerFacts,
  type OfficerFactsRefusal,
  type OfficerRole,
  type OfficerStanding,
  type ReasonRefusal,
  type StaffCaseKind,
  type StaffProposal,
  staffCaseKinds,
} from './officer.ts'
import { findStaffCase } from './queries.ts'

/** What one officer asks a second one to do about a third, or about somebody who is to become one. */
export type StaffCaseWanted = { caseId: string; reason: string } & (
  | { kind: 'staff_registration'; facts: OfficerFacts }
  | { kind: Exclude<StaffCaseKind, 'staff_registration'>; officerId: string; role?: OfficerRole | undefined }
)

export type StaffCaseRefusal =
  | 'access.forbidden'
  | 'case.notFound'
  | ReasonRefusal
  | 'staff.loginIdTaken'
  | 'staff.pending'
  | 'staff.notFound'
  | OfficerFactsRefusal
  | ActRefusal

/** Changes of officers take turns: each looks at how many are left (H-08). */
const takeTurns = (tx: Tx): Promise<unknown> =>
  tx.$queryRaw`SELECT 1 FROM (SELECT pg_advisory_xact_lock(hashtext('staff'))) AS turn`

const everybody = (tx: Tx): Promise<OfficerStanding[]> =>
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
  const before = await tx.helpdeskCase.findUnique({ where: { id: wanted.caseId } })
  if (before)
    return isStaffCase(before.kind) && before.preparedById === actor.id ? ok(null) : refuse('case.notFound')
  await takeTurns(tx)
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
  const proposal = wanted.kind === 'staff_role' && wanted.role ? { role: wanted.role } : {}
  return ok({ label: officer.loginId, officerId: officer.id, proposal })
}

const isTaken = async (tx: Tx, loginId: string): Promise<boolean> =>
  (await tx.staff.count({ where: { loginIdKey: loginId.toLowerCase() } })) > 0

type MadePassword = { password: string; until: Date; hash: string }

/** The password for a new or a recovered officer, made before the transaction: hashing is slow. */
const makePassword = async (
  deps: Deps,
  owner: { loginId: string; name: string; email: string },
): Promise<MadePassword> => {
  const made = makeTemporaryPassword(
    staffPolicy.loginPassword,
    { loginId: owner.loginId, name: owner.name, ownWords: [owner.email] },
    deps.clock.now(),
  )
  return { ...made, hash: await deps.hasher.hash(made.password) }
}

export type StaffApprovalRefusal = ActRefusal | 'staff.loginIdTaken' | 'staff.notFound' | 'case.notFound'

/**
 * How a case about an officer is decided (H-08): checked anew at the approval, for officers may have come and gone. A password
 * that it makes is sealed, to be shown once to whoever prepared or approved it.
 */
export const staffHandling = async (
  deps: Deps,
  actor: StaffActor,
  caseId: string,
  approves: boolean,
): Promise<CaseHandling<object, null, StaffApprovalRefusal>> => {
  const found = approves ? await findStaffCase(deps, actor, caseId) : undefined
  const made = found && makesPassword(found.kind) ? await makePassword(deps, found.about) : undefined
  return {
    kinds: [...staffCaseKinds],
    hold: async tx => {
      await takeTurns(tx)
      return {}
    },
    carryOut: async tx => {
      if (!found) return refuse('case.notFound')
      const { kind, proposal, about } = found
      const keep = async (staffId: string) => {
        if (!made) throw new Error(`case ${caseId} has no password`)
        const until = lastSecondOf(nextWorkingDay(businessDayOf(deps.clock.now())))
        const values = {
          staffId,
          loginId: about.loginId,
          password: made.password,
          until: made.until.toISOString(),
        }
        await keepOnce(deps, tx, { id: caseId, companyId: null, values, until })
        return { hash: made.hash, forceChange: true, temporaryUntil: made.until }
      }
      if (kind === 'staff_registration') {
        if (await isTaken(tx, about.loginId)) return refuse('staff.loginIdTaken')
        const staffId = deps.ids.next()
        const { loginId, name, email } = about
        const facts = { loginId, name, email, role: proposal.role ?? 'auditor' }
        await keepOfficer(deps, tx, actor, staffId, facts, await keep(staffId))
        return ok(null)
      }
      const officer = await tx.staff.findUnique({ where: { id: about.id ?? '' } })
      if (!officer) return refuse('staff.notFound')
      const allowed = checkAct(kind, officer, proposal.role, await everybody(tx), actor.id)
      if (!allowed.ok) return allowed
      const holder = { staffId: officer.id }
      const entry = {
        actor,
        companyId: null,
        subject: { kind: 'staff', id: officer.id, label: officer.loginId },
      }
      if (kind === 'staff_role' && proposal.role) {
        await tx.staff.update({
          where: { id: officer.id },
          data: { role: proposal.role, version: { increment: 1 } },
        })
        const officerRole = { before: officer.role, after: proposal.role }
        await audit.record(deps, tx, StaffRoleChanged, { ...entry, details: { caseId, officerRole } })
        return ok(null)
      }
      if (kind === 'staff_recovery') {
        const stored = await keep(officer.id)
        await storePassword(deps, tx, holder, 'login_password', stored.hash, {
          ...stored,
          remembered: staffPolicy.loginPassword.remembered,
        })
        await revokeStaffToken(deps, tx, officer.id)
        const sessionsEnded = await endSessionsOf(deps, tx, holder, 'bank')
        await audit.record(deps, tx, StaffRecovered, { ...entry, details: { caseId, sessionsEnded } })
        return ok(null)
      }
      const state = kind === 'staff_suspension' ? 'suspended' : 'active'
      await tx.staff.update({ where: { id: officer.id }, data: { state, version: { increment: 1 } } })
      const sessionsEnded = await endSessionsOf(deps, tx, holder, 'user')
      if (state === 'suspended')
        await audit.record(deps, tx, StaffSuspended, { ...entry, details: { caseId, sessionsEnded } })
      else await audit.record(deps, tx, StaffResumed, { ...entry, details: { caseId } })
      return ok(null)
    },
  }
}

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
