import type { FastifyRequest } from 'fastify'
import type { Deps } from '../deps.ts'
import { entrancePath, namesEntrance } from '../features/entrances/index.ts'
import { helpdeskNotice, knownHours } from '../features/helpdesk-hours/index.ts'
import { returnQuery } from '../platform/http/return-path.ts'
import type { PageFrame } from '../platform/http/view.ts'
import { administratorNavigation } from './admin.ts'
import { helpdeskNavigation } from './helpdesk.ts'
import { userNavigation } from './user.ts'

/** An item of the menu: a key of `navigation`, where it leads, and which other addresses belong to it. */
type Destination = { href: string; text: string; covers?: string[] }

/**
 * Where pages before login live for whoever asks: the path before their addresses, the entry page's address, and on those pages
 * what the entrance is called (B-00).
 */
type Entry = { entrancePath: string; entranceHref: string; entranceName?: string }

/**
 * A page before login that names its entrance stands there, whoever is logged in at another one in the same browser: what is
 * typed on it is never sent elsewhere (B-00). All others are where their reader came in by.
 */
const slugOf = (request: FastifyRequest): string | undefined =>
  namesEntrance(request) ? request.entrance?.slug : (request.cameBy ?? request.entrance?.slug)

const pathOfEntrance = (deps: Deps, request: FastifyRequest): string => {
  const { defaultEntrance } = deps.settings
  return entrancePath(slugOf(request) ?? defaultEntrance, defaultEntrance)
}

const isBelow = (url: string, path: string): boolean =>
  url === path || url.startsWith(`${path}/`) || url.startsWith(`${path}?`)

/** Whether the address of a request is a page, whatever was sent to it: one can come back to it after a login (B-12). */
const isPage = ({ method, routeOptions: { url }, server }: FastifyRequest): boolean =>
  method === 'GET' || (url !== undefined && server.hasRoute({ method: 'GET', url }))

/** A page whose address names no entrance stands at the default one's: that is not where its reader came in by another. */
const nameOfEntrance = (request: FastifyRequest): Pick<Entry, 'entranceName'> =>
  request.entrance && slugOf(request) === request.entrance.slug ? { entranceName: request.entrance.name } : {}

/** Stages in which somebody has yet to prove who they are, or to end another session: no page says whose it is. */
const unproved: ReadonlySet<string> = new Set(['takeover', 'second_factor'])

/** Whom to call and when (H-07), from what was read last: a page is never kept waiting for it. */
const helpdeskOf = (deps: Deps, request: FastifyRequest): Pick<PageFrame, 'helpdesk'> => {
  const hours = knownHours(deps)
  return hours ? { helpdesk: helpdeskNotice(request, hours, deps.clock.now()) } : {}
}

/**
 * What surrounds every page of this request: who is there, where they may go, and when the session ends by itself
 * (B-10, B-12). Reads only what the guard has put on the request.
 */
export const frameOf = (deps: Deps, request: FastifyRequest): PageFrame & Entry => {
  const { live, t } = request
  const audience = request.routeOptions.config.policy?.audience
  const path = pathOfEntrance(deps, request)
  const entry = {
    entrancePath: path,
    entranceHref: deps.settings.portalOrigin + (audience === 'staff' ? '/helpdesk' : path || '/'),
  }
  const { entranceHref } = entry
  const helpdesk = helpdeskOf(deps, request)
  const here = audience === 'user' && isPage(request) ? returnQuery(request.url) : ''
  const login = { loginHref: entranceHref + here }
  if (!live || live.kind === 'enrolment' || unproved.has(live.stage))
    return {
      layout: audience === 'staff' ? 'helpdesk' : 'plain',
      homeHref: entranceHref,
      ...entry,
      ...nameOfEntrance(request),
      ...login,
      ...helpdesk,
    }
  const { actor } = live
  const opened = live.stage === 'open'
  const items =
    actor.kind === 'staff'
      ? helpdeskNavigation(actor)
      : [...userNavigation(actor), ...administratorNavigation(actor)]
  return {
    layout: live.kind === 'staff' ? 'helpdesk' : 'portal',
    ...entry,
    ...login,
    ...helpdesk,
    header: {
      companyName: live.company?.name ?? t('navigation.bank'),
      userId: actor.loginId,
      userName: actor.name,
      ...(live.previousLogin && { lastLogin: live.previousLogin }),
      ...(opened && { passwordHref: live.kind === 'staff' ? '/helpdesk/password' : '/password' }),
      logoutAction: live.kind === 'staff' ? '/helpdesk/logout' : '/logout',
    },
    navigation: opened
      ? items.map(({ href, text, covers = [] }: Destination) => ({
          href,
          text: t(`navigation.${text}`),
          current: [href, ...covers].some(path => isBelow(request.url, path)),
        }))
      : [],
    homeHref: live.kind === 'staff' ? '/helpdesk/home' : opened ? '/home' : entranceHref,
    idleSeconds: live.idleSeconds,
    ...(live.kind === 'staff'
      ? { extendUrl: '/helpdesk/session/extend', timeoutUrl: '/helpdesk/timeout' }
      : { timeoutUrl: `${path}/timeout${here}` }),
  }
}
