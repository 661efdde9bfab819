import type { Deps } from '../../deps.ts'
import { day, plusSeconds } from '../../kernel/clock.ts'
import { serviceProvider } from './provider.ts'

/** By which the database gives word of sessions that have ended (the trigger `service_entry_end`). */
export const logoutChannel = 'service_logout'

/** How long a service that does not answer is told again; its own timeout ends what is left then. */
const toldForSeconds = day
/** Seconds between two tries: they double from the first on. */
const firstPause = 5
const longestPause = 600

type Due = {
  id: string
  user_id: string
  client_id: string
  tries: number
  entered_at: Date | null
  ended_at: Date
}

/** Takes the next that is due, and puts it off: whoever else looks meanwhile, and a crash, find it later. */
const takeDue = async (deps: Deps): Promise<Due | undefined> => {
  const now = deps.clock.now()
  const [due] = await deps.db.$queryRaw<Due[]>`
    UPDATE service_entry
       SET tries = tries + 1,
           next_try_at = ${now}::timestamptz
             + make_interval(secs => least(${longestPause}::float8, ${firstPause}::float8 * 2 ^ tries))
     WHERE id = (SELECT id FROM service_entry WHERE next_try_at <= ${now}::timestamptz
                  ORDER BY next_try_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id, user_id, client_id, tries, entered_at, ended_at`
  return due
}

/**
 * Tells every service that was entered from a session which has ended since (back-channel logout, G-05); gives how many
 * were told. One that can't be reached is told again, for a day at most.
 */
export const tellServices = async (deps: Deps): Promise<number> => {
  let told = 0
  for (let due = await takeDue(deps); due; due = await takeDue(deps)) {
    const now = deps.clock.now()
    const heard = await tell(deps, due).then(
      () => true,
      err => {
        deps.log.warn(
          { err, client: due?.client_id, tries: due?.tries },
          'A service was not told of a logout',
        )
        return false
      },
    )
    const givenUp = plusSeconds(due.ended_at, toldForSeconds) <= now
    if (!heard && !givenUp) continue
    await deps.db.serviceEntry.update({
      where: { id: due.id },
      data: { nextTryAt: null, ...(heard && { toldAt: now }) },
    })
    if (heard) told++
  }
  return told
}

const tell = async (deps: Deps, due: Due): Promise<void> => {
  // The ticket was never redeemed: the service has heard nothing of them.
  if (!due.entered_at) return
  const client = await (await serviceProvider(deps)).Client.find(due.client_id)
  if (!client?.backchannelLogoutUri) return
  // The type package leaves this one of its methods out.
  const { backchannelLogout: send } = client
  if (typeof send !== 'function') throw new Error('the provider can tell no service of a logout')
  await Reflect.apply(send, client, [due.user_id, due.id])
}
