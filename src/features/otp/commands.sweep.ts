import type { Deps } from '../../deps.ts'
import { day, plusSeconds } from '../../kernel/clock.ts'

/** Removes seeds whose check code has not come within a day: nobody scans that QR code any more. */
export const removeAbandonedRegistrations = async (deps: Pick<Deps, 'db' | 'clock'>): Promise<void> => {
  await deps.db.otpToken.deleteMany({
    where: { state: 'pending', createdAt: { lt: plusSeconds(deps.clock.now(), -day) } },
  })
}
