import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import type { Language } from '../../platform/i18n.ts'
import { mayEnter } from './service.ts'

/** A service as the bank's staff name it in maintenance windows. */
export type Service = { code: string; name: string }

/** Every service that has a tile, in the order of home. */
export const listServices = async ({ db }: Pick<Deps, 'db'>, language: Language): Promise<Service[]> => {
  const rows = await db.portalService.findMany({ orderBy: { sort: 'asc' } })
  return rows.map(({ code, nameJa, nameEn }) => ({ code, name: language === 'ja' ? nameJa : nameEn }))
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
