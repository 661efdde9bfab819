import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { endAllOf } from '../certificates/index.ts'
import { endSessionsOf } from '../sessions/index.ts'
import {
  isPreparerOut,
  type OpenedCase,
  openCase,
  preparerColumns,
  reviewDayFrom,
} from '../two-officers/index.ts'
import { recordStaffCaseRefused, takeTurns } from './commands.cases.ts'
import { tellOfficer } from './commands.mails.ts'
import { StaffCertificatesRevoked } from './events.ts'
import { checkReason, type ReasonRefusal } from './officer.ts'

const kind = 'staff_certificate_revocation'

/** A revocation as an officer asks for it; `sent`: all that the form says (`contentOf`). */
export type OfficerRevocation = { caseId: string; officerId: string; reason: string; sent: string }

type Officer = { id: string; loginId: string; name: string; email: string }

export type OfficerRevocationRefusal =
  | 'access.forbidden'
  | 'case.notFound'
  | 'case.openedOtherwise'
  | 'staff.notFound'
  | 'staff.own'
  | 'staff.suspensionWaiting'
  | 'staff.noCertificate'
  | ReasonRefusal

/**
 * Revokes every certificate of another officer and ends what they have open, at once and by one officer alone: whoever hears
 * of a stolen computer waits for nobody (C-14, H-04). Another officer looks at it by the next working day. The same form sent
 * twice revokes once (`openCase`). Refuses one's own, an officer who has none, and whoever is about to be suspended: they would
 * shut the others out before these can decide (decision 78).
 */
export const revokeOfficerCertificates = (
  deps: Deps,
  actor: StaffActor,
  { caseId, officerId, reason: typed, sent }: OfficerRevocation,
): Promise<Result<OpenedCase, OfficerRevocationRefusal>> =>
  openCase<Officer, OfficerRevocationRefusal>(
    deps,
    actor,
    { caseId, kind, sent, about: { officerId } },
    {
      action: 'staff:manage',
      hold: async tx => {
        // A suspension of whoever revokes is prepared before this or after it, never meanwhile.
        await takeTurns(tx)
        const [officer] = await tx.$queryRaw<Officer[]>`
          SELECT id, login_id AS "loginId", name, email FROM staff WHERE id = ${officerId}::uuid FOR UPDATE`
        return officer ? ok(officer) : refuse('staff.notFound')
      },
      content: async (tx, officer) => {
        const allowed = await checkRevocation(deps, tx, actor, officer)
        if (!allowed.ok) return allowed
        const reason = checkReason(typed)
        if (!reason.ok) return reason
        const revocation = { caseId, caseReason: reason.value }
        return ok({
          companyId: null,
          reason: reason.value,
          alone: { reviewed: true, carryOut: () => revoke(deps, tx, actor, officer, revocation) },
        })
      },
      taken: () => undefined,
      refused: reason => recordStaffCaseRefused(deps, actor, kind, reason),
    },
  )

const checkRevocation = async (
  deps: Deps,
  tx: Tx,
  actor: StaffActor,
  officer: Officer,
): Promise<Result<null, OfficerRevocationRefusal>> => {
  if (officer.id === actor.id) return refuse('staff.own')
  return (await isToBeSuspended(deps, tx, actor.id)) ? refuse('staff.suspensionWaiting') : ok(null)
}

/**
 * Whether a suspension of this officer waits that can be approved. One whose preparer is out is given back and carried out
 * never: it bars nobody (decision 79).
 */
const isToBeSuspended = async (deps: Deps, tx: Tx, officerId: string): Promise<boolean> => {
  const waiting = await tx.helpdeskCase.findMany({
    where: {
      officerId,
      kind: 'staff_suspension',
      state: 'prepared',
      expiresAt: { gte: deps.clock.now() },
    },
    select: { preparedBy: { select: preparerColumns } },
  })
  return waiting.some(({ preparedBy }) => !isPreparerOut(preparedBy))
}

const revoke = async (
  deps: Deps,
  tx: Tx,
  actor: StaffActor,
  officer: Officer,
  { caseId, caseReason }: { caseId: string; caseReason: string },
): Promise<Result<null, OfficerRevocationRefusal>> => {
  const revoked = await endAllOf(deps, tx, actor, { staffId: officer.id }, 'lost')
  if (revoked.length === 0) return refuse('staff.noCertificate')
  const others = await endSessionsOf(deps, tx, { staffId: officer.id }, 'certificate')
  await tellOfficer(deps, tx, officer, 'certificates')
  await audit.record(deps, tx, StaffCertificatesRevoked, {
    actor,
    companyId: null,
    subject: { kind: 'staff', id: officer.id, label: officer.loginId },
    details: {
      caseId,
      caseReason,
      certificates: revoked.length,
      sessionsEnded: revoked.reduce((sum, each) => sum + each.sessionsEnded, others),
      reviewDueOn: reviewDayFrom(deps.clock.now()),
    },
  })
  return ok(null)
}
