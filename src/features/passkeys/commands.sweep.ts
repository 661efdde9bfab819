import type { Deps } from '../../deps.ts'

/** Removes challenges and tickets whose time has passed, answered or not. */
export const removeOldPasskeyAttempts = async (deps: Pick<Deps, 'db' | 'clock'>): Promise<void> => {
  const over = { expiresAt: { lt: deps.clock.now() } }
  await deps.db.passkeyChallenge.deleteMany({ where: over })
  await deps.db.passkeyTicket.deleteMany({ where: over })
}
