import type { Deps } from '../deps.ts'
import { endSpentSessions, logoutChannel, tellServices } from '../features/services/index.ts'
import type { QueueName } from './queues.ts'

const queue: QueueName = 'service-logout'

/**
 * Tells services of sessions that have ended (G-05): at once, by the word that the end's commit sends, and each minute those
 * that could not be reached, whose word nobody heard, or whose session has run out with nobody at it. Stop it before the jobs.
 */
export const startServiceLogouts = async (deps: Deps): Promise<{ stop(): Promise<void> }> => {
  const { jobs, log, notifications } = deps
  let telling: Promise<unknown> = Promise.resolve()
  let stopped = false
  const tell = () => {
    // Whatever became of the last time: one moment without the database must not end this for good.
    telling = telling.catch(() => undefined).then(() => (stopped ? 0 : tellServices(deps)))
    return telling
  }
  const heard = () => {
    tell().catch(err =>
      log.warn({ err }, 'Services could not be told of a logout; tried again within the minute'),
    )
  }
  await jobs.work(queue, {}, async ({ signal }) => {
    await endSpentSessions(deps, signal)
    await tellServices(deps)
  })
  await jobs.schedule(queue, '* * * * *')
  await notifications.listen(logoutChannel, { heard, begun: heard })
  return {
    stop: async () => {
      stopped = true
      await telling.catch(() => undefined)
    },
  }
}
