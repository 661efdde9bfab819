import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import type { Refusal } from '../../kernel/result.ts'
import { formatsOf } from '../../platform/formats.ts'
import { nameBearer } from '../../platform/http/guard.ts'
import type { LiveSession } from '../../platform/http/live-session.ts'
import { liveOf, open, user, userActor } from '../../platform/http/policy.ts'
import { returnQuery } from '../../platform/http/return-path.ts'
import { requestedAt } from '../../platform/oidc/provider.ts'
import { entrancePath } from '../entrances/index.ts'
import { reauthenticationHref } from '../factors/index.ts'
import { articleInTheWay } from '../information/index.ts'
import { rememberedHost } from '../login/index.ts'
import { endWords } from '../postings/index.ts'
import { enterService } from './commands.ts'
import { issuerOf, serviceProvider } from './provider.ts'
import { entranceSlugOf, livesOn, loginUriOf } from './queries.clients.ts'
import { findEntryClient } from './queries.entry.ts'
import {
  answer,
  answerSilently,
  isRecentEnough,
  isSilent,
  type SilentError,
  silentErrors,
} from './routes.answer.ts'
import { serviceLogoutRoutes } from './routes.logout.ts'
import { goingOn } from './routes.onward.ts'

const asText = z.string().max(200).catch('')
const namedUid = z.object({ uid: asText })
const namedClient = z.object({ clientId: asText })
const namedService = z.object({ code: asText })
const givenAnswer = z.object({ ticket: asText, error: z.enum(silentErrors).optional().catch(undefined) })
const saidError = z.object({ error: asText, during: asText })

const screen = 'SSO001'

/** When the holder of a session last proved who they are. */
const provedAt = ({ stepUpAt, startedAt }: LiveSession): Date => stepUpAt ?? startedAt

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
  const answerAddress = (uid: string, answer: { ticket: string } | { error: SilentError }) =>
    `${portalOrigin}/sso/${encodeURIComponent(uid)}/answer?${new URLSearchParams(answer)}`
  /** The host where this browser's session is: complete, where no page may be shown that completes it. */
  const sessionOrigin = async (request: FastifyRequest, complete: boolean): Promise<string | undefined> => {
    const { live } = request
    if (live?.kind === 'user' && (!complete || live.stage === 'open')) return portalOrigin
    const remembered = rememberedHost({ certDomain }, request)
    return remembered && (await livesOn(deps, remembered, complete)) ? certOrigin(remembered) : undefined
  }

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
    const waiting = await (await serviceProvider(deps)).Interaction.find(uid)
    if (!waiting) return reply.refuse({ ok: false, reason: 'service.requestGone' })
    const decision = `/authorization/${encodeURIComponent(uid)}`
    const silent = isSilent(waiting.params)
    const there = await sessionOrigin(request, silent)
    if (there) return reply.redirect(there + decision + (silent ? '/silently' : ''), 303)
    if (silent) return reply.redirect(answerAddress(uid, { error: 'login_required' }), 303)
    // Nobody is logged in: the login is at the entrance of the company whose client asks (B-00).
    const slug = await entranceSlugOf(deps, String(waiting.params.client_id))
    if (!slug) return reply.refuse({ ok: false, reason: 'service.requestGone' })
    const entrance = entrancePath(slug, deps.settings.defaultEntrance) || '/'
    return reply.redirect(portalOrigin + entrance + returnQuery(decision), 303)
  })

  app.get('/authorization/:uid', { config: { policy: user(), screen } }, async (request, reply) => {
    const { uid } = namedUid.parse(request.params)
    const waiting = await (await serviceProvider(deps)).Interaction.find(uid)
    if (!waiting) return reply.refuse({ ok: false, reason: 'service.requestGone' })
    const { params } = waiting
    const live = liveOf(request)
    if (!isRecentEnough(params, provedAt(live), await requestedAt(deps, uid)))
      return reply.redirect(reauthenticationHref(`/authorization/${encodeURIComponent(uid)}`), 303)
    const asked = { clientId: String(params.client_id), interaction: uid }
    const entered = await enterService(deps, userActor(request), live, asked)
    return entered.ok
      ? reply.redirect(answerAddress(uid, entered.value), 303)
      : refuseEntry(request, reply, entered)
  })

  // For anyone: what the guard shows to whoever has no session, or not all of one, nobody may see here (`prompt=none`).
  app.get(
    '/authorization/:uid/silently',
    { config: { policy: open('either'), screen } },
    async (request, reply) => {
      const { uid } = namedUid.parse(request.params)
      const waiting = await (await serviceProvider(deps)).Interaction.find(uid)
      if (!waiting || !isSilent(waiting.params))
        return reply.refuse({ ok: false, reason: 'service.requestGone' })
      const { params } = waiting
      const failed = (error: SilentError) => reply.redirect(answerAddress(uid, { error }), 303)
      const { live, heldElsewhere } = request
      if (heldElsewhere) {
        // What the guard does where a page may be shown: whoever carries the cookie is not its owner (C-15).
        nameBearer(request, heldElsewhere)
        await reply.recordRefusal({ ok: false, reason: 'session.otherCertificate' })
        return failed('login_required')
      }
      if (live?.kind !== 'user' || live.stage !== 'open') return failed('login_required')
      if (!isRecentEnough(params, provedAt(live), await requestedAt(deps, uid)))
        return failed('login_required')
      if (await articleInTheWay(deps, request)) return failed('interaction_required')
      const asked = { clientId: String(params.client_id), interaction: uid }
      const entered = await enterService(deps, userActor(request), live, asked)
      return entered.ok ? reply.redirect(answerAddress(uid, entered.value), 303) : failed('access_denied')
    },
  )

  app.get('/sso/:uid/answer', { config: { policy: open('portal'), screen } }, async (request, reply) => {
    const { uid } = namedUid.parse(request.params)
    const { ticket, error } = givenAnswer.parse(request.query)
    const to = error
      ? await answerSilently(deps, request, reply, { uid, error })
      : await answer(deps, request, reply, { uid, ticket })
    if (!to) return reply.refuse({ ok: false, reason: 'service.requestGone' })
    return error ? reply.redirect(to, 303) : goingOn(request, reply, to)
  })

  app.get('/sso/failed', { config: { policy: open('portal'), screen } }, (request, reply) => {
    const { error, during } = saidError.parse(request.query)
    return reply.refuse({
      ok: false,
      reason: during === 'logout' ? 'service.logoutRequest' : 'service.request',
      params: { error: /^[a-z_]{1,40}$/.exec(error)?.[0] ?? '' },
    })
  })

  serviceLogoutRoutes(app, deps)
}
