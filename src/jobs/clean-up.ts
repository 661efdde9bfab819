import type { Deps } from '../deps.ts'
import { removeExpiredBrowsers } from '../features/browsers/index.ts'
import { recordCountedRefusals, removeOldExports } from '../features/history/index.ts'
import { removeAbandonedRegistrations } from '../features/otp/index.ts'
import { removeOldPasskeyAttempts } from '../features/passkeys/index.ts'
import { removeOldSessions } from '../features/sessions/index.ts'
import { expireCases } from '../features/two-officers/index.ts'
import { removeOldImports, resumeImports } from '../features/user-csv/index.ts'
import { day, hour, plusSeconds } from '../kernel/clock.ts'
import { isDatabaseAway } from '../platform/db/client.ts'
import { removeExpiredDrafts } from '../platform/http/drafts.ts'
import { removeExpiredArtifacts } from '../platform/oidc/adapter.ts'
import { rotateSigningKeys } from '../platform/oidc/keys.ts'
import { removeSettledMails } from '../platform/outbox/clean-up.ts'
import { removeOldWindows } from '../platform/rate-limit.ts'
import { eraseOverdueSecrets } from '../platform/shown-once.ts'
import { eraseStaleSms, removeSettledSms } from '../platform/sms/outbox.ts'
import type { QueueName } from './queues.ts'

const queue: QueueName = 'clean-up'

/** How long what was sent is kept to be looked into, in seconds (decision 98). */
const sentIsKept = 90 * day

/** What is done each hour, in this order: counts of refused tries are written down before their windows are removed. */
const steps: Record<string, (deps: Deps) => Promise<unknown>> = {
  drafts: removeExpiredDrafts,
  sessions: removeOldSessions,
  countedRefusals: recordCountedRefusals,
  windows: deps => removeOldWindows(deps, plusSeconds(deps.clock.now(), -day)),
  passkeyAttempts: removeOldPasskeyAttempts,
  tokenRegistrations: removeAbandonedRegistrations,
  browsers: removeExpiredBrowsers,
  staleSms: eraseStaleSms,
  sentSms: deps => removeSettledSms(deps, plusSeconds(deps.clock.now(), -sentIsKept)),
  sentMails: deps => removeSettledMails(deps, plusSeconds(deps.clock.now(), -sentIsKept)),
  exports: removeOldExports,
  imports: removeOldImports,
  stoppedImports: deps => resumeImports(deps, hour),
  secrets: eraseOverdueSecrets,
  cases: expireCases,
  artifacts: removeExpiredArtifacts,
  signingKeys: rotateSigningKeys,
}

/**
 * Removes what has served its time: drafts nobody came back to, sessions that ended long ago, counts of tries, challenges,
 * seeds and codes whose time has passed, browsers that nobody has logged in with for half a year, mails and messages that went
 * out long ago. What was only counted of refused tries is written down. A step that fails is logged and keeps none of the others
 * from being done; only without a database there is nothing to go on with.
 */
export const cleanUp = async (deps: Deps): Promise<void> => {
  const done: Record<string, number> = {}
  for (const [step, clean] of Object.entries(steps))
    try {
      const count = await clean(deps)
      if (typeof count === 'number' && count > 0) done[step] = count
    } catch (err) {
      if (isDatabaseAway(err)) throw err
      deps.log.error({ err, step }, 'A step of the clean-up failed; the next hour tries it again')
    }
  if (Object.keys(done).length > 0) deps.log.info(done, 'Cleaned up')
}

/** Cleans up each hour. */
export const startCleanUp = async (deps: Deps): Promise<void> => {
  await deps.jobs.work(queue, {}, () => cleanUp(deps))
  await deps.jobs.schedule(queue, '17 * * * *')
}
