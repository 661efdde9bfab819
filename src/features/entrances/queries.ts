import type { Deps } from '../../deps.ts'
import { asEntrance, type Entrance } from './entrance.ts'

const columns = { id: true, slug: true, name: true, preset: true } as const

/** An entrance by its slug; it belongs to the bank, not to a company, and everybody may see it. */
export const findEntrance = async (
  deps: Pick<Deps, 'db' | 'settings'>,
  slug: string,
): Promise<Entrance | undefined> => {
  const row = await deps.db.entrance.findUnique({ where: { slug }, select: columns })
  return row ? asEntrance(row, deps.settings.defaultEntrance) : undefined
}

/** Every entrance of the bank, by slug. */
export const listEntrances = async (deps: Pick<Deps, 'db' | 'settings'>): Promise<Entrance[]> => {
  const rows = await deps.db.entrance.findMany({ orderBy: { slug: 'asc' }, select: columns })
  return rows.map(row => asEntrance(row, deps.settings.defaultEntrance))
}
