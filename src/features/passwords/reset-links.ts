import type { Deps } from '../../deps.ts'
import type { Tx } from '../../platform/db/in-tx.ts'

/**
 * Ends every link of a forgotten password that a user still has, in the transaction of what makes it dangerous: a new
 * password, a new mail address, a newer link (B-15). Whoever reads the mailbox of before must not undo the change.
 */
export const voidResetLinks = async (
  deps: Pick<Deps, 'clock'>,
  tx: Pick<Tx, 'passwordReset'>,
  { companyId, userId }: { companyId: string; userId: string },
): Promise<void> => {
  await tx.passwordReset.updateMany({
    where: { companyId, userId, usedAt: null, voidedAt: null },
    data: { voidedAt: deps.clock.now() },
  })
}
