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
  for (const { name, user } of removed)
    await tellRemoved(deps, tx, actor, { ...holder, loginId: user.loginId }, name)
}

/**
 * Removes one passkey of a user of the actor's company, for a device that was lost while the others go on (C-19); false where
 * it is gone. Call it while the user's row is held.
 */
export const removePasskeyOf = async (
  deps: Deps,
  tx: Tx,
  actor: Actor,
  holder: { companyId: string; userId: string; loginId: string },
  { id, name }: { id: string; name: string },
): Promise<boolean> => {
  const { companyId, userId } = holder
  const { count } = await tx.passkey.deleteMany({ where: { id, companyId, userId } })
  if (count > 0) await tellRemoved(deps, tx, actor, holder, name)
  return count > 0
}

/** The owner is told of each, whoever removed it, and so is the history. */
const tellRemoved = async (
  deps: Deps,
  tx: Tx,
  actor: Actor,
  { companyId, userId, loginId }: { companyId: string; userId: string; loginId: string },
  name: string,
): Promise<void> => {
  await outbox.put(deps, tx, PasskeyChangedMail, {
    ...(await toUser(tx, { companyId, userId })),
    params: { at: deps.clock.now(), happening: 'removed', device: name },
  })
  await audit.record(deps, tx, PasskeyRemoved, {
    actor,
    companyId,
    subject: { kind: 'user', id: userId, label: loginId },
    details: { passkey: name },
  })
}
