import type { Deps } from '../../deps.ts'
import { fromColumn } from '../../kernel/business-day.ts'
import { plusSeconds } from '../../kernel/clock.ts'
import type { HelpdeskHours } from './hours.ts'

type Known = { hours: HelpdeskHours; until: Date }

/** What was read last, by database: every page shows it, and reading it each time would cost each page a query. */
const known = new WeakMap<Deps['db'], Known>()

/** Seconds until another copy of the program shows what one has changed. */
const keptSeconds = 30

/** The hours in force, as they are stored. */
export const readHours = async (db: Pick<Deps['db'], 'helpdeskHours'>): Promise<HelpdeskHours> => {
  const { version, opensAt, closesAt, phone, yearlyClosed, closedDays } =
    await db.helpdeskHours.findFirstOrThrow({ orderBy: { version: 'desc' } })
  return { version, opensAt, closesAt, phone, yearlyClosed, closedDays: closedDays.map(fromColumn) }
}

/** The hours in force, read at most half a minute ago (H-07). */
export const helpdeskHours = async (deps: Pick<Deps, 'db' | 'clock'>): Promise<HelpdeskHours> => {
  const now = deps.clock.now()
  const last = known.get(deps.db)
  // A clock that was set back must not keep what was read before.
  if (last && now < last.until && plusSeconds(now, keptSeconds) >= last.until) return last.hours
  const hours = await readHours(deps.db)
  known.set(deps.db, { hours, until: plusSeconds(now, keptSeconds) })
  return hours
}

/** What is known without asking: for what can't wait, such as the frame of a page; undefined before the first reading. */
export const knownHours = ({ db }: Pick<Deps, 'db'>): HelpdeskHours | undefined => known.get(db)?.hours

/** Forgets what was read, after a change. */
export const forgetHours = ({ db }: Pick<Deps, 'db'>): void => {
  known.delete(db)
}
