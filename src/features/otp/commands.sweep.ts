import type { Deps } from '../../deps.ts'
import { day, plusSeconds } from '../../kernel/clock.ts'
import { inPortions } from '../../platform/db/portions.ts'

/** Removes seeds whose check code has not come within a day: nobody scans that QR code any more. */
export const removeAbandonedRegistrations = async (deps: Pick<Deps, 'db' | 'clock'>): Promise<void> => {
  const where = { state: 'pending', createdAt: { lt: plusSeconds(deps.clock.now(), -day) } } as const
  await inPortions(limit => deps.db.otpToken.deleteMany({ where, limit }))
}
