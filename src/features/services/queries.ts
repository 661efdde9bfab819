import type { Deps } from '../../deps.ts'
import type { Language } from '../../platform/i18n.ts'

/** A service as the bank's staff name it in maintenance windows. */
export type Service = { code: string; name: string }

/** Every service that has a tile, in the order of home. */
export const listServices = async ({ db }: Pick<Deps, 'db'>, language: Language): Promise<Service[]> => {
  const rows = await db.portalService.findMany({ orderBy: { sort: 'asc' } })
  return rows.map(({ code, nameJa, nameEn }) => ({ code, name: language === 'ja' ? nameJa : nameEn }))
}
