import { type Clock, plusSeconds } from '../kernel/clock.ts'
import { ok, type Result, refuse } from '../kernel/result.ts'
import type { Db, Tx } from './db/client.ts'
import { inPortions } from './db/portions.ts'

/** How many tries there are in a window of so many seconds, which begins with its first try. */
export type Rate = { atMost: number; seconds: number }

/** Tries that were taken, by their keys; `giveBack` is for those that turned out to be no guess. */
export type TakenTry = { keys: readonly string[]; giveBack(): Promise<void> }

/**
 * Takes one try of what a key has in the running window, in one statement, so that all copies of the program count
 * together. Refuses `rate.limited` with the `seconds` until the window ends.
 * @param key what is limited and for whom, such as `login-address:192.0.2.1`; never a secret
 */
export const takeTry = async (
  deps: { db: Db; clock: Clock },
  key: string,
  rate: Rate,
): Promise<Result<TakenTry, 'rate.limited'>> => {
  const now = deps.clock.now()
  const [window] = await deps.db.$queryRaw<{ count: number; seconds: number }[]>`
    INSERT INTO rate_window AS w (key, started_at, count) VALUES (${key}, ${now}::timestamptz, 1)
    ON CONFLICT (key) DO UPDATE SET
      count = CASE WHEN w.started_at + make_interval(secs => ${rate.seconds}) <= ${now}::timestamptz
                THEN 1 ELSE least(w.count, ${rate.atMost}::int) + 1 END,
      started_at = CASE WHEN w.started_at + make_interval(secs => ${rate.seconds}) <= ${now}::timestamptz
                     THEN ${now}::timestamptz ELSE w.started_at END
    RETURNING count,
      ceil(extract(epoch FROM w.started_at + make_interval(secs => ${rate.seconds}) - ${now}::timestamptz))::int AS seconds`
  if (window && window.count > rate.atMost)
    return refuse('rate.limited', {
      seconds: Math.max(1, window.seconds),
      minutes: Math.max(1, Math.ceil(window.seconds / 60)),
    })
  return ok(taken(deps, [key]))
}

/** Tries that were taken of several keys, as one that is given back at once. */
export const together = (deps: { db: Db }, ...tries: readonly TakenTry[]): TakenTry =>
  taken(
    deps,
    tries.flatMap(each => each.keys),
  )

/** A try of each of these keys that was taken, now or by an earlier request. */
export const taken = (deps: { db: Db }, keys: readonly string[]): TakenTry => ({
  keys,
  giveBack: async () => {
    await deps.db
      .$executeRaw`UPDATE rate_window SET count = count - 1 WHERE key = ANY(${keys}::text[]) AND count > 0`
  },
})

/**
 * Counts one more of a key in windows that follow each other, each so many seconds long. Unlike tries, they are counted to
 * the end, and `endedWindows` tells how many there were.
 */
export const countIn = async (
  deps: { db: Db; clock: Clock },
  key: string,
  seconds: number,
): Promise<{ count: number; seconds: number }> => {
  const now = deps.clock.now().getTime()
  const start = now - (now % (seconds * 1000))
  const [window] = await deps.db.$queryRaw<{ count: number }[]>`
    INSERT INTO rate_window AS w (key, started_at, count)
    VALUES (${`${key} ${start}`}, ${new Date(start)}::timestamptz, 1)
    ON CONFLICT (key) DO UPDATE SET count = w.count + 1 RETURNING count`
  return { count: window?.count ?? 1, seconds: Math.ceil((start + seconds * 1000 - now) / 1000) }
}

/** A window of `countIn` that has ended. */
export type EndedWindow = { key: string; startedAt: Date; count: number }

/** The ended windows of keys that begin so, in which more than `atMost` were counted. */
export const endedWindows = (
  deps: { db: Db; clock: Clock },
  beginning: string,
  { atMost, seconds }: Rate,
): Promise<EndedWindow[]> => deps.db.$queryRaw<EndedWindow[]>`
  SELECT key, started_at AS "startedAt", count FROM rate_window
   WHERE starts_with(key, ${beginning}) AND count > ${atMost}::int
     AND started_at <= ${plusSeconds(deps.clock.now(), -seconds)}::timestamptz
   ORDER BY started_at`

/** Takes a window away, in the transaction that keeps its count; false when another has. */
export const takeWindow = async (tx: Tx, { key, startedAt }: EndedWindow): Promise<boolean> =>
  (await tx.rateWindow.deleteMany({ where: { key, startedAt } })).count === 1

/** Removes windows that ended long ago; gives how many. */
export const removeOldWindows = (deps: { db: Db }, before: Date): Promise<number> =>
  inPortions(limit => deps.db.rateWindow.deleteMany({ where: { startedAt: { lt: before } }, limit }))
