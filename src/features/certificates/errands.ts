import type { Deps } from '../../deps.ts'
import type { Actor } from '../../kernel/actor.ts'
import * as audit from '../../platform/audit/audit.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
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
    select: { failures: true },
  })
  for (const { failures } of voided)
    await audit.record(deps, tx, AcquisitionPasswordVoided, {
      actor,
      companyId,
      subject: owner.entrySubject,
      details: { failures },
    })
}
