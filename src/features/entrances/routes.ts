import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { open } from '../../platform/http/policy.ts'
import { returnQuery, wantedReturn } from '../../platform/http/return-path.ts'
import type { Progress } from '../../platform/http/view.ts'
import type { Translate } from '../../platform/i18n.ts'
import { type Entrance, menuOf, partAddress } from './entrance.ts'
import { findEntrance } from './queries.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The entrance that the address of a page before login names; null on pages behind the login. */
    entrance: Entrance | null
  }
}

const named = new WeakMap<IncomingMessage, string>()

/**
 * Fastify's `rewriteUrl`: `/e/<slug>/login` is the page `/login` as that entrance shows it (B-00). The entrance is in
 * the address alone, so that it survives lost cookies and the way to a certificate host.
 */
export const rewriteEntrance = (request: IncomingMessage): string => {
  const url = request.url ?? '/'
  const parts = partAddress(url)
  if (!parts) return url
  named.set(request, parts.slug)
  return parts.rest
}

/**
 * The preset by whose manual the reader of a page knows things; undefined for the bank's own people. A page that names its
 * entrance stands there, whoever is logged in at another one (B-00).
 */
export const presetAt = (request: FastifyRequest): string | undefined =>
  namesEntrance(request)
    ? request.entrance?.preset
    : (request.live?.company?.preset ?? request.entrance?.preset)

/** Finds the entrance of every page before login. An entrance that there is not, is a page that there is not. */
export const resolveEntrances = (app: FastifyInstance, deps: Deps): void => {
  app.decorateRequest('entrance', null)
  app.addHook('onRequest', async (request, reply) => {
    const { policy, machine } = request.routeOptions.config
    const slug = named.get(request.raw)
    if (!policy || machine) return slug ? reply.callNotFound() : undefined
    if (policy.audience !== 'anyone') return slug ? reply.callNotFound() : undefined
    request.entrance = (await findEntrance(deps, slug ?? deps.settings.defaultEntrance)) ?? null
    if (slug && !request.entrance) return reply.callNotFound()
  })
}

/** Whether the address of a request names an entrance, as against those of the default one and of pages behind the login. */
export const namesEntrance = ({ raw }: Pick<FastifyRequest, 'raw'>): boolean => named.has(raw)

/** The entrance of a page before login. Throws where no entrance stands at `/`: the bank has not made it yet. */
export const entranceOf = (request: FastifyRequest): Entrance => {
  if (!request.entrance) throw new Error('There is no entrance here: DEFAULT_ENTRANCE names none that exists')
  return request.entrance
}

export type EntranceRouteOptions = {
  /** The journey that begins with a choice of this menu, if its preset's manual shows one (C-01). */
  journeyOf: (t: Translate, entrance: Entrance) => Progress | undefined
}

/** The entry page of each entrance (B-00, B-01). */
export const entranceRoutes = (app: FastifyInstance, { journeyOf }: EntranceRouteOptions): void => {
  app.get('/', { config: { policy: open('portal'), screen: 'LGN001' } }, (request, reply) => {
    const { entrance } = request
    if (!entrance) return reply.refuse({ ok: false, reason: 'entrance.none' })
    return reply.page('entrances/entry', {
      screen: 'LGN001',
      title: request.t('entrances.title'),
      preset: entrance.preset,
      journey: journeyOf(request.t, entrance),
      tiles: menuOf(entrance).map(({ item, href }) => ({
        href: href + returnQuery(wantedReturn(request.query)),
        title: request.t(`entrances.items.${item}.title`),
        text: request.t(`entrances.items.${item}.text`),
      })),
    })
  })
}
