import type { Deps } from '../../deps.ts'
import type { Actor } from '../../kernel/actor.ts'
import type { Clock } from '../../kernel/clock.ts'
import * as audit from '../../platform/audit/audit.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { eraseOnce } from '../../platform/shown-once.ts'
import { voidCode } from '../codes/index.ts'
import type { Holder } from '../passwords/index.ts'
import { endSessionsOf } from '../sessions/index.ts'
import { AcquisitionPasswordVoided } from './events.ts'
import type { Owner } from './holder.ts'

/** The drafts of 電子証明書発行, between the password and the certificate (C-03). */
export const issueErrand = 'certificate-issue'

/** What the mailed codes of that errand are for. */
export const issueCodePurpose = 'certificate-issue'

/**
 * Ends whatever a user could still get a certificate with on the strength of what was proved before: the sessions of
 * enrolment and renewal, an unused acquisition password, the mailed code and the errand it belongs to. When all
 * certificates end, whoever has the computer or the mailbox must not be a step away from the next one (C-14).
 */
export const endErrands = async (
  deps: Deps,
  tx: Tx,
  actor: Actor,
  holder: Extract<Holder, { userId: string }>,
  owner: Owner,
): Promise<void> => {
  const { companyId, userId } = holder
  await endSessionsOf(deps, tx, { userId, kind: 'enrolment' }, 'certificate')
  await tx.draft.deleteMany({ where: { companyId, ownerId: userId, wizard: issueErrand, state: 'open' } })
  await voidCode(deps, tx, { companyId, userId }, issueCodePurpose)
  const voided = await tx.acquisitionPassword.updateManyAndReturn({
    where: { companyId, userId, usedAt: null, voidedAt: null },
    data: { voidedAt: deps.clock.now() },
    select: { id: true, failures: true },
  })
  // The case that issued it shows nothing that opens nothing (H-05): they share the id.
  await eraseOnce(
    tx,
    voided.map(({ id }) => id),
  )
  for (const { failures } of voided)
    await audit.record(deps, tx, AcquisitionPasswordVoided, {
      actor,
      ...owner.about,
      details: { failures },
    })
}

/** Whether a user has anything that `endErrands` would end, or a certificate that is not signed yet (C-14). */
export const hasErrands = async (
  { db, clock }: { db: Tx; clock: Clock },
  { companyId, userId }: Extract<Holder, { userId: string }>,
): Promise<boolean> => {
  const [row] = await db.$queryRaw<{ any: boolean }[]>`
    SELECT EXISTS (SELECT FROM session WHERE user_id = ${userId}::uuid AND kind = 'enrolment' AND ended_at IS NULL
                      AND absolute_end > ${clock.now()}::timestamptz)
        OR EXISTS (SELECT FROM draft WHERE company_id = ${companyId}::uuid AND owner_id = ${userId}::uuid
                      AND wizard = ${issueErrand} AND state = 'open')
        OR EXISTS (SELECT FROM authentication_code WHERE user_id = ${userId}::uuid
                      AND purpose = ${issueCodePurpose} AND used_at IS NULL AND voided_at IS NULL)
        OR EXISTS (SELECT FROM acquisition_password WHERE user_id = ${userId}::uuid
                      AND used_at IS NULL AND voided_at IS NULL)
        OR EXISTS (SELECT FROM certificate WHERE user_id = ${userId}::uuid
                      AND state IN ('requested', 'prepared')) AS any`
  return row?.any ?? false
}
