import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import type { LiveSession } from '../../platform/http/live-session.ts'
import type { Language } from '../../platform/i18n.ts'
import { can } from '../../policy/can.ts'
import { policyOf, usesCertificates } from '../../policy/policy.ts'
import { mayEnter } from './service.ts'

/** A service as the bank's staff name it in maintenance windows. */
export type Service = { code: string; name: string }

/** A service as home shows it to somebody who may enter it. */
export type Tile = { code: string; title: string; text: string; href: string }

/** Every service that has a tile, in the order of home. */
export const listServices = async ({ db }: Pick<Deps, 'db'>, language: Language): Promise<Service[]> => {
  const rows = await db.portalService.findMany({ orderBy: { sort: 'asc' } })
  return rows.map(({ code, nameJa, nameEn }) => ({ code, name: language === 'ja' ? nameJa : nameEn }))
}

/**
 * The services that this user may enter from home, as tiles (G-04): the portal's own, and with single sign-on those that
 * their company has contracted and they have the permission for.
 */
export const servicesOf = async (
  { db }: Pick<Deps, 'db'>,
  actor: UserActor,
  company: NonNullable<LiveSession['company']>,
  language: Language,
): Promise<Tile[]> => {
  const isFor = {
    everyone: true,
    administrators: can(actor, 'user:manage'),
    certificate_users: usesCertificates(policyOf(company)),
  }
  const rows = await db.portalService.findMany({
    orderBy: { sort: 'asc' },
    include: { clients: { where: { companyId: actor.companyId }, select: { companyId: true } } },
  })
  return rows
    .filter(
      ({ forWhom, singleSignOn, clients, ...service }) =>
        isFor[forWhom] && (!singleSignOn || mayEnter(service, clients[0], actor).ok),
    )
    .map(({ code, href, ...words }) => ({
      code,
      href,
      title: language === 'ja' ? words.nameJa : words.nameEn,
      text: language === 'ja' ? words.textJa : words.textEn,
    }))
}

/** The client by which this user enters a service (G-04), or why they may not. */
export const findEntryClient = async (
  { db }: Pick<Deps, 'db'>,
  actor: UserActor,
  code: string,
): Promise<Result<{ clientId: string }, 'service.notContracted' | 'service.notPermitted'>> => {
  const client = await db.serviceClient.findUnique({
    where: { companyId_serviceCode: { companyId: actor.companyId, serviceCode: code } },
    include: { service: true },
  })
  if (!client) return refuse('service.notContracted')
  const may = mayEnter(client.service, client, actor)
  return may.ok ? ok({ clientId: client.clientId }) : may
}
