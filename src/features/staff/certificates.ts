import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { businessDayOf, toColumn } from '../../kernel/business-day.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { isUniqueViolation } from '../../platform/db/errors.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import { can } from '../../policy/can.ts'
import { nextWorkingDay } from '../../policy/working-day.ts'
import { endAllOf } from '../certificates/index.ts'
import { endSessionsOf } from '../sessions/index.ts'
import { tellReviewers } from '../two-officers/index.ts'
import { takeTurns } from './commands.cases.ts'
import { tellOfficer } from './commands.mails.ts'
import { StaffCaseRefused, StaffCertificatesRevoked } from './events.ts'
import { checkReason, type ReasonRefusal } from './officer.ts'

const kind = 'staff_certificate_revocation'

export type OfficerRevocation = { caseId: string; officerId: string; reason: string }

export type OfficerRevocationRefusal =
  | 'access.forbidden'
  | 'case.notFound'
  | 'staff.notFound'
  | 'staff.own'
  | 'staff.suspensionWaiting'
  | 'staff.noCertificate'
  | ReasonRefusal

/**
 * Revokes every certificate of another officer and ends what they have open, at once and by one officer alone: whoever hears
 * of a stolen computer waits for nobody (C-14, H-04). Another officer looks at it by the next working day. The same form sent
 * twice revokes once. Refuses one's own, an officer who has none, and whoever is about to be suspended: they would shut the others
 * out before these can decide (decision 78).
 */
export const revokeOfficerCertificates = async (
  deps: Deps,
  actor: StaffActor,
  wanted: OfficerRevocation,
): Promise<Result<null, OfficerRevocationRefusal>> => {
  const done = await inTx(deps, tx => carryOut(deps, tx, actor, wanted)).catch(error => {
    if (isUniqueViolation(error, 'helpdesk_case_pkey')) return refuse('case.notFound' as const)
    throw error
  })
  if (!done.ok)
    await audit.recordAlone(deps, StaffCaseRefused, {
      actor,
      companyId: null,
      details: { caseKind: kind },
      outcome: 'refused',
      reason: done.reason,
    })
  return done
}

const isToBeSuspended = async (deps: Deps, tx: Tx, officerId: string): Promise<boolean> =>
  (await tx.helpdeskCase.count({
    where: {
      officerId,
      kind: 'staff_suspension',
      state: 'prepared',
      expiresAt: { gte: deps.clock.now() },
    },
  })) > 0

const carryOut = async (
  deps: Deps,
  tx: Tx,
  actor: StaffActor,
  { caseId, officerId, reason: typed }: OfficerRevocation,
): Promise<Result<null, OfficerRevocationRefusal>> => {
  if (!can(actor, 'staff:manage')) return refuse('access.forbidden')
  // A suspension of whoever revokes is prepared before this or after it, never meanwhile.
  await takeTurns(tx)
  // Whoever waited here behind the approval of their own suspension, or of another role, revokes nothing any more.
  const standing = await tx.staff.findUnique({ where: { id: actor.id }, select: { state: true, role: true } })
  if (standing?.state !== 'active' || !can({ ...actor, role: standing.role }, 'staff:manage'))
    return refuse('access.forbidden')
  // Held until the end: a second click waits here, and finds the first one's case.
  const [officer] = await tx.$queryRaw<{ id: string; loginId: string; name: string; email: string }[]>`
    SELECT id, login_id AS "loginId", name, email FROM staff WHERE id = ${officerId}::uuid FOR UPDATE`
  if (!officer) return refuse('staff.notFound')
  const before = await tx.helpdeskCase.findUnique({ where: { id: caseId } })
  if (before) {
    const same = before.kind === kind && before.preparedById === actor.id && before.officerId === officerId
    return same ? ok(null) : refuse('case.notFound')
  }
  if (officer.id === actor.id) return refuse('staff.own')
  if (await isToBeSuspended(deps, tx, actor.id)) return refuse('staff.suspensionWaiting')
  const reason = checkReason(typed)
  if (!reason.ok) return reason
  const revoked = await endAllOf(deps, tx, actor, { staffId: officer.id }, 'lost')
  if (revoked.length === 0) return refuse('staff.noCertificate')
  const others = await endSessionsOf(deps, tx, { staffId: officer.id }, 'certificate')
  const now = deps.clock.now()
  const reviewDueOn = nextWorkingDay(businessDayOf(now))
  await tx.helpdeskCase.create({
    data: {
      id: caseId,
      kind,
      state: 'done',
      reason: reason.value,
      officerId: officer.id,
      preparedById: actor.id,
      preparedAt: now,
      decidedAt: now,
      reviewDueOn: toColumn(reviewDueOn),
    },
  })
  await tellOfficer(deps, tx, officer, 'certificates')
  await tellReviewers(deps, tx, actor, { kind, dueOn: reviewDueOn, about: officer.id })
  await audit.record(deps, tx, StaffCertificatesRevoked, {
    actor,
    companyId: null,
    subject: { kind: 'staff', id: officer.id, label: officer.loginId },
    details: {
      caseId,
      caseReason: reason.value,
      certificates: revoked.length,
      sessionsEnded: revoked.reduce((sum, each) => sum + each.sessionsEnded, others),
      reviewDueOn,
    },
  })
  return ok(null)
}
