import type { Deps } from '../../deps.ts'
import { inPortions } from '../../platform/db/portions.ts'

/** Removes challenges and tickets whose time has passed, answered or not. */
export const removeOldPasskeyAttempts = async (deps: Pick<Deps, 'db' | 'clock'>): Promise<void> => {
  const over = { expiresAt: { lt: deps.clock.now() } }
  await inPortions(limit => deps.db.passkeyChallenge.deleteMany({ where: over, limit }))
  await inPortions(limit => deps.db.passkeyTicket.deleteMany({ where: over, limit }))
}
