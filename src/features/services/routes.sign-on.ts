import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { errors, type InteractionResults } from 'oidc-provider'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import type { Refusal } from '../../kernel/result.ts'
import { formatsOf } from '../../platform/formats.ts'
import { originOf } from '../../platform/http/guard.ts'
import { open, user, userActor } from '../../platform/http/policy.ts'
import { returnQuery } from '../../platform/http/return-path.ts'
import { entrancePath } from '../entrances/index.ts'
import { liveOf, rememberedHost } from '../login/index.ts'
import { endWords } from '../postings/index.ts'
import { type Entered, enterService, logOutFromService, redeemTicket } from './commands.ts'
import { issuerOf, providerPath, serviceProvider } from './provider.ts'
import { entranceSlugOf, livesOn, loginUriOf } from './queries.clients.ts'
import { findEntryClient } from './queries.entry.ts'

const asText = z.string().max(200).catch('')
const namedUid = z.object({ uid: asText })
const namedClient = z.object({ clientId: asText })
const namedService = z.object({ code: asText })
const givenTicket = z.object({ ticket: asText })
const saidError = z.object({ error: asText })

const screen = 'SSO001'

/**
 * Answers with a page that goes on by itself. Chrome holds `form-action` against every redirect that follows a form, and a
 * login is one: what leads to another site begins anew here.
 */
const goingOn = (request: FastifyRequest, reply: FastifyReply, href: string): FastifyReply =>
  reply
    .header('refresh', `0; url=${href}`)
    .page('services/going-on', { screen, title: request.t('services.goingOn.title'), href })

/** Says why a service can't be entered; of one that is closed, until when (G-01). */
const refuseEntry = (
  request: FastifyRequest,
  reply: FastifyReply,
  refusal: Refusal,
): Promise<FastifyReply> => {
  const { until, nameJa = '', nameEn = '' } = refusal.params ?? {}
  if (until === undefined) return reply.refuse(refusal)
  const { t, language } = request
  const reader = { t, language, formats: formatsOf(language) }
  const service = language === 'ja' ? nameJa : nameEn
  return reply.refuse({ ...refusal, params: { service, until: endWords(reader, new Date(until)) } })
}

/** Single sign-on (G-04, G-05): from a tile to its service, and from a service's request to the portal's session and back. */
export const signOnRoutes = (app: FastifyInstance, deps: Deps): void => {
  const { portalOrigin, certDomain, certPort } = deps.settings
  const certOrigin = (host: string) => `https://${host}${certPort === 443 ? '' : `:${certPort}`}`

  app.get('/services/:code', { config: { policy: user(), screen } }, async (request, reply) => {
    const { code } = namedService.parse(request.params)
    const found = await findEntryClient(deps, userActor(request), liveOf(request), code)
    if (!found.ok) return refuseEntry(request, reply, found)
    return reply.redirect(`${portalOrigin}/sso/entry/${found.value.clientId}`, 303)
  })

  app.get('/sso/entry/:clientId', { config: { policy: open('portal'), screen } }, async (request, reply) => {
    const loginUri = await loginUriOf(deps, namedClient.parse(request.params).clientId)
    if (!loginUri) return reply.refuse({ ok: false, reason: 'service.notContracted' })
    const there = new URL(loginUri)
    there.searchParams.set('iss', issuerOf(deps))
    return goingOn(request, reply, there.href)
  })

  // Where the provider sends every authorization request: on to the session, wherever it lives.
  app.get('/sso/:uid', { config: { policy: open('portal'), screen } }, async (request, reply) => {
    const { uid } = namedUid.parse(request.params)
    const decision = `/authorization/${encodeURIComponent(uid)}`
    if (request.live?.kind === 'user') return reply.redirect(portalOrigin + decision, 303)
    const remembered = rememberedHost({ certDomain }, request)
    if (remembered && (await livesOn(deps, remembered)))
      return reply.redirect(certOrigin(remembered) + decision, 303)
    // Nobody is logged in: the login is at the entrance of the company whose client asks (B-00).
    const waiting = await (await serviceProvider(deps)).Interaction.find(uid)
    const slug = waiting && (await entranceSlugOf(deps, String(waiting.params.client_id)))
    if (!slug) return reply.refuse({ ok: false, reason: 'service.requestGone' })
    const entrance = entrancePath(slug, deps.settings.defaultEntrance) || '/'
    return reply.redirect(portalOrigin + entrance + returnQuery(decision), 303)
  })

  app.get('/authorization/:uid', { config: { policy: user(), screen } }, async (request, reply) => {
    const { uid } = namedUid.parse(request.params)
    const waiting = await (await serviceProvider(deps)).Interaction.find(uid)
    if (!waiting) return reply.refuse({ ok: false, reason: 'service.requestGone' })
    const clientId = String(waiting.params.client_id)
    const asked = { clientId, interaction: uid }
    const entered = await enterService(deps, userActor(request), liveOf(request), asked)
    if (!entered.ok) return refuseEntry(request, reply, entered)
    return reply.redirect(
      `${portalOrigin}/sso/${encodeURIComponent(uid)}/answer?ticket=${entered.value.ticket}`,
      303,
    )
  })

  app.get('/sso/:uid/answer', { config: { policy: open('portal'), screen } }, async (request, reply) => {
    const { uid } = namedUid.parse(request.params)
    const { ticket } = givenTicket.parse(request.query)
    const to = await answer(deps, request, reply, { uid, ticket })
    return to ? goingOn(request, reply, to) : reply.refuse({ ok: false, reason: 'service.requestGone' })
  })

  app.get('/sso/failed', { config: { policy: open('portal'), screen } }, (request, reply) => {
    const { error } = saidError.parse(request.query)
    return reply.refuse({
      ok: false,
      reason: 'service.request',
      params: { error: /^[a-z_]{1,40}$/.exec(error)?.[0] ?? '' },
    })
  })

  logoutRoutes(app, deps)
}

/** Puts the ticket's answer to the request of this very browser; gives where the provider goes on. */
const answer = async (
  deps: Deps,
  { raw }: FastifyRequest,
  reply: FastifyReply,
  { uid, ticket }: { uid: string; ticket: string },
): Promise<string | undefined> => {
  const provider = await serviceProvider(deps)
  // Its cookie says whose request this is: a ticket alone answers nobody's.
  const request = await provider.interactionDetails(raw, reply.raw).catch((error: Error) => {
    if (error instanceof errors.SessionNotFound) return undefined
    throw error
  })
  if (request?.uid !== uid) return undefined
  const entered = await redeemTicket(deps, { ticket, interaction: uid })
  if (!entered || entered.clientId !== request.params.client_id) return undefined
  if (request.session && request.session.accountId !== entered.userId) {
    // Somebody else was here before: the provider forgets them, and the service's request begins again.
    const before = await provider.Session.get(provider.createContext(raw, reply.raw))
    await before.destroy()
    await request.destroy()
    const params = Object.entries(request.params).map(([name, value]): [string, string] => [
      name,
      String(value),
    ])
    return `${deps.settings.portalOrigin}${providerPath}/auth?${new URLSearchParams(params)}`
  }
  return provider.interactionResult(raw, reply.raw, await resultOf(deps, provider, request.params, entered))
}

type Asked = Awaited<ReturnType<Awaited<ReturnType<typeof serviceProvider>>['interactionDetails']>>['params']

const resultOf = async (
  deps: Deps,
  provider: Awaited<ReturnType<typeof serviceProvider>>,
  { max_age, prompt, scope, client_id }: Asked,
  { entryId, userId, acr, amr, authenticatedAt }: Entered,
): Promise<InteractionResults> => {
  const seconds = (deps.clock.now().getTime() - authenticatedAt.getTime()) / 1000
  // A service that wants a login newer than the session's gets none: another login would end the session (B-13).
  if (String(prompt ?? '').includes('login') || (max_age !== undefined && seconds > Number(max_age)))
    return { error: 'login_required', error_description: 'the login is older than this' }
  const grant = new provider.Grant({ accountId: userId, clientId: String(client_id) })
  grant.jti = entryId
  grant.addOIDCScope(String(scope))
  await grant.save()
  const ts = Math.floor(authenticatedAt.getTime() / 1000)
  return { login: { accountId: userId, acr, amr, ts, remember: false }, consent: { grantId: entryId } }
}

/** The logout that begins at a service (RP-initiated logout, G-05): asked on a page of ours, it ends the portal's session. */
const logoutRoutes = (app: FastifyInstance, deps: Deps): void => {
  const logoutScreen = 'SSO002'
  const providerSession = async ({ raw }: FastifyRequest, reply: FastifyReply) => {
    const provider = await serviceProvider(deps)
    return provider.Session.get(provider.createContext(raw, reply.raw))
  }
  const config = { policy: open('portal'), screen: logoutScreen }

  app.get('/sso/logout', { config }, async (request, reply) => {
    const { accountId, state } = await providerSession(request, reply)
    if (!accountId || !state) return reply.refuse({ ok: false, reason: 'service.requestGone' })
    return reply.page('services/logout', { screen: logoutScreen, title: request.t('services.logout.title') })
  })

  app.post('/sso/logout', { config }, async (request, reply) => {
    const session = await providerSession(request, reply)
    const { accountId, authorizations, state } = session
    if (!accountId || !state) return reply.refuse({ ok: false, reason: 'service.requestGone' })
    const entryIds = Object.values(authorizations ?? {}).flatMap(({ grantId }) => grantId ?? [])
    const clientId = typeof state.clientId === 'string' ? state.clientId : undefined
    await logOutFromService(deps, originOf(request), { entryIds, clientId })
    await session.destroy()
    request.session.delete()
    const to = afterLogout(state)
    return to ? goingOn(request, reply, to) : loggedOut(request, reply)
  })

  app.get('/sso/logout/done', { config }, loggedOut)
}

const loggedOut = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  reply.page('login/logged-out', { screen: 'LGN006', title: request.t('login.loggedOut.title') })

/** Where the service wanted the logout to lead; the provider has compared it with what the contract says. */
const afterLogout = ({ postLogoutRedirectUri, state }: Record<string, unknown>): string | undefined => {
  if (typeof postLogoutRedirectUri !== 'string') return undefined
  const to = new URL(postLogoutRedirectUri)
  if (typeof state === 'string') to.searchParams.set('state', state)
  return to.href
}
