import type { Deps } from '../deps.ts'
import { removeExpiredBrowsers } from '../features/browsers/index.ts'
import { recordCountedRefusals, removeOldExports } from '../features/history/index.ts'
import { removeAbandonedRegistrations } from '../features/otp/index.ts'
import { removeOldPasskeyAttempts } from '../features/passkeys/index.ts'
import { removeOldSessions } from '../features/sessions/index.ts'
import { expireCases } from '../features/two-officers/index.ts'
import { removeOldImports, resumeImports } from '../features/user-csv/index.ts'
import { day, hour, plusSeconds } from '../kernel/clock.ts'
import { removeExpiredDrafts } from '../platform/http/drafts.ts'
import { removeExpiredArtifacts } from '../platform/oidc/adapter.ts'
import { rotateSigningKeys } from '../platform/oidc/keys.ts'
import { removeOldWindows } from '../platform/rate-limit.ts'
import { eraseOverdueSecrets } from '../platform/shown-once.ts'
import { eraseStaleSms } from '../platform/sms/outbox.ts'
import type { QueueName } from './queues.ts'

const queue: QueueName = 'clean-up'

/**
 * Removes each hour what has served its time: drafts nobody came back to, sessions that ended long ago, counts of tries,
 * challenges, seeds and codes whose time has passed, browsers that nobody has logged in with for half a year. What was only
 * counted of refused tries is written down.
 */
export const startCleanUp = async (deps: Deps): Promise<void> => {
  await deps.jobs.work(queue, {}, async () => {
    const drafts = await removeExpiredDrafts(deps)
    const sessions = await removeOldSessions(deps)
    // Before their windows are removed.
    await recordCountedRefusals(deps)
    await removeOldWindows(deps, plusSeconds(deps.clock.now(), -day))
    await removeOldPasskeyAttempts(deps)
    await removeAbandonedRegistrations(deps)
    await removeExpiredBrowsers(deps)
    await eraseStaleSms(deps)
    await removeOldExports(deps)
    await removeOldImports(deps)
    await resumeImports(deps, hour)
    await eraseOverdueSecrets(deps)
    await expireCases(deps)
    await removeExpiredArtifacts(deps)
    await rotateSigningKeys(deps)
    if (drafts + sessions > 0) deps.log.info({ drafts, sessions }, 'Cleaned up')
  })
  await deps.jobs.schedule(queue, '17 * * * *')
}
