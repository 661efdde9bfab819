import type { Deps } from '../../deps.ts'
import type { Actor } from '../../kernel/actor.ts'
import * as audit from '../../platform/audit/audit.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { toUser } from '../../platform/outbox/to-user.ts'
import { PasskeyRemoved } from './events.ts'
import { PasskeyChangedMail } from './mails.ts'

/**
 * Removes every passkey of a user, and what could still register one, in the transaction that ends their certificates: the
 * computer that is lost may hold both, and a passkey gets the next certificate where the policy takes one (C-02, C-19).
 * Call it while the user's row is held. The owner is told of each.
 */
export const removeAllPasskeys = async (
  deps: Deps,
  tx: Tx,
  actor: Actor,
  holder: { companyId: string; userId: string },
): Promise<void> => {
  const now = deps.clock.now()
  await tx.passkeyTicket.updateMany({ where: { ...holder, usedAt: null }, data: { usedAt: now } })
  const removed = await tx.passkey.findMany({
    where: holder,
    orderBy: { createdAt: 'asc' },
    select: { name: true, user: { select: { loginId: true } } },
  })
  if (removed.length === 0) return
  await tx.passkey.deleteMany({ where: holder })
  const letter = await toUser(tx, holder)
  for (const { name, user } of removed) {
    await outbox.put(deps, tx, PasskeyChangedMail, {
      ...letter,
      params: { at: now, happening: 'removed', device: name },
    })
    await audit.record(deps, tx, PasskeyRemoved, {
      actor,
      companyId: holder.companyId,
      subject: { kind: 'user', id: holder.userId, label: user.loginId },
      details: { passkey: name },
    })
  }
}
