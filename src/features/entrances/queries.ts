import type { Deps } from '../../deps.ts'
import { plusSeconds } from '../../kernel/clock.ts'
import type { Db } from '../../platform/db/client.ts'
import { asEntrance, type Entrance } from './entrance.ts'

const columns = { id: true, slug: true, name: true, preset: true } as const

/** An entrance changes once in years, and every page before login asks for its own. */
const rememberedSeconds = 10
type Remembered = { entrance: Entrance; until: Date }
const remembered = new WeakMap<Db, Map<string, Remembered>>()

/**
 * An entrance by its slug; it belongs to the bank, not to a company, and everybody may see it. One that was found is
 * remembered for ten seconds; one that there is not is looked for each time, so that a new one is there at once.
 */
export const findEntrance = async (
  deps: Pick<Deps, 'db' | 'clock' | 'settings'>,
  slug: string,
): Promise<Entrance | undefined> => {
  const now = deps.clock.now()
  const known: Map<string, Remembered> = remembered.get(deps.db) ?? new Map()
  remembered.set(deps.db, known)
  const before = known.get(slug)
  if (before && now < before.until) return before.entrance
  const row = await deps.db.entrance.findUnique({ where: { slug }, select: columns })
  if (!row) return undefined
  const entrance = asEntrance(row, deps.settings.defaultEntrance)
  known.set(slug, { entrance, until: plusSeconds(now, rememberedSeconds) })
  return entrance
}

/** Every entrance of the bank, by slug. */
export const listEntrances = async (deps: Pick<Deps, 'db' | 'settings'>): Promise<Entrance[]> => {
  const rows = await deps.db.entrance.findMany({ orderBy: { slug: 'asc' }, select: columns })
  return rows.map(row => asEntrance(row, deps.settings.defaultEntrance))
}
