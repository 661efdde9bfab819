import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { plusSeconds } from '../../kernel/clock.ts'
import * as audit from '../../platform/audit/audit.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { releaserToAsk, type SecurityPolicy } from '../../policy/policy.ts'
import { endSessionsOf } from '../sessions/index.ts'
import { PasswordLocked } from './events.ts'
import { lockedUser } from './locked.ts'
import { LockMail } from './mails.ts'

/**
 * What a lock does wherever it strikes, in the transaction that sets it: a locked login password ends the user's
 * sessions, and the owner is told once (B-05, B-06). A locked confirmation password stops changes, not the work.
 */
export const lockOut = async (
  deps: Deps,
  tx: Tx,
  actor: UserActor,
  which: 'login' | 'confirmation',
  policy: SecurityPolicy,
): Promise<void> => {
  const now = deps.clock.now()
  const sessionsEnded = which === 'login' ? await endSessionsOf(deps, tx, { userId: actor.id }, 'lock') : 0
  const { email, locale, company } = await tx.user.findUniqueOrThrow({
    where: { id: actor.id },
    select: { email: true, locale: true, company: { select: { name: true } } },
  })
  await outbox.put(deps, tx, LockMail, {
    companyId: actor.companyId,
    userId: actor.id,
    recipient: email,
    locale,
    addressee: { company: company.name, name: actor.name },
    params: {
      at: now,
      ...(actor.origin.ip && { from: actor.origin.ip }),
      ...(policy.lock.seconds === null
        ? {
            release: releaserToAsk(
              policy,
              await lockedUser(tx, { companyId: actor.companyId, userId: actor.id }),
            ),
          }
        : { release: 'itself', until: plusSeconds(now, policy.lock.seconds) }),
    },
  })
  await audit.record(deps, tx, PasswordLocked, {
    actor,
    companyId: actor.companyId,
    subject: { kind: 'user', id: actor.id, label: actor.loginId },
    details: { which, failures: policy.lock.failures, sessionsEnded },
  })
}
