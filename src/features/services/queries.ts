import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import type { LiveSession } from '../../platform/http/live-session.ts'
import type { Language } from '../../platform/i18n.ts'
import { can } from '../../policy/can.ts'
import { policyOf, usesCertificates } from '../../policy/policy.ts'

/** A service as the bank's staff name it in maintenance windows. */
export type Service = { code: string; name: string }

/** A service as home shows it to somebody who may enter it. */
export type Tile = { code: string; title: string; text: string; href: string }

/** Every service that has a tile, in the order of home. */
export const listServices = async ({ db }: Pick<Deps, 'db'>, language: Language): Promise<Service[]> => {
  const rows = await db.portalService.findMany({ orderBy: { sort: 'asc' } })
  return rows.map(({ code, nameJa, nameEn }) => ({ code, name: language === 'ja' ? nameJa : nameEn }))
}

/** The services that this user may enter from home, as tiles (G-04). */
export const servicesOf = async (
  { db }: Pick<Deps, 'db'>,
  actor: UserActor,
  company: NonNullable<LiveSession['company']>,
  language: Language,
): Promise<Tile[]> => {
  const mayEnter = {
    everyone: true,
    administrators: can(actor, 'user:manage'),
    certificate_users: usesCertificates(policyOf(company)),
  }
  const rows = await db.portalService.findMany({ orderBy: { sort: 'asc' } })
  return rows
    .filter(({ forWhom }) => mayEnter[forWhom])
    .map(({ code, href, ...words }) => ({
      code,
      href,
      title: language === 'ja' ? words.nameJa : words.nameEn,
      text: language === 'ja' ? words.textJa : words.textEn,
    }))
}
