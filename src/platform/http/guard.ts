import type {} from '@fastify/csrf-protection'
import type {} from '@fastify/secure-session'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import plugin from 'fastify-plugin'
import type { Actor, Origin, StaffActor, UserActor } from '../../kernel/actor.ts'
import { frontedOf, frontHeaders } from '../tls/front.ts'
import { doorOf, type Peer, peerOf, signedOf } from '../tls/peer.ts'
import type { LiveSession, SessionAnswer, SessionStore } from './live-session.ts'
import type { Policy, Stage } from './policy.ts'
import { returnQuery, wantedReturn } from './return-path.ts'

declare module '@fastify/secure-session' {
  interface SessionData {
    /** The random token whose hash a session's row holds. */
    token: string
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    /** What the connection's certificate proved. */
    peer: Peer
    /** The session of this request; null for strangers. */
    live: LiveSession | null
    /** Whose session the cookie of this request is of, where whoever sent it is not known to be them (C-15). */
    cookieOf: UserActor | StaffActor | null
    /** On a page for anyone: whose session came over another certificate or host, or over none. The page goes on without it. */
    heldElsewhere: UserActor | StaffActor | null
    /** The slug of the entrance that a session of this request began at, also of one that has ended. */
    cameBy: string | null
  }
}

export type GuardOptions = {
  store: SessionStore
  can: (actor: Actor, action: string) => boolean
  /** `https://portal.example.jp`: where pages before login live. */
  portalOrigin: string
  /** The page a session's stage leads to, by kind: where somebody is sent who is not where they should be. */
  stagePages: Record<LiveSession['kind'], Partial<Record<Stage, string>>>
  /** Paths on the portal where each kind of session begins. */
  entrances: Record<LiveSession['kind'], string>
}

/**
 * Headers by which fronts pass client certificates on. Only nginx over its Unix socket may speak for a connection;
 * from anywhere else they are an attempt to pose as somebody.
 */
const certificateHeaders = [
  'x-client-cert',
  'x-ssl-client-cert',
  'x-ssl-client-verify',
  'x-ssl-client-dn',
  'x-forwarded-client-cert',
  'ssl-client-cert',
  'client-cert',
]

const passedOn: string[] = Object.values(frontHeaders)

/** Whether a request speaks for its connection without being the front, or as the front speaks wrongly (C-15). */
const isForged = (request: FastifyRequest): boolean => {
  const fronted = frontedOf(request.raw)
  const forbidden = fronted ? certificateHeaders : [...certificateHeaders, ...passedOn]
  return fronted?.broken === true || forbidden.some(name => request.headers[name] !== undefined)
}

const unsafe = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

const changes = (request: FastifyRequest): boolean =>
  unsafe.has(request.method) && !request.routeOptions.config.machine && !request.is404

const nulInside = (value: unknown): boolean =>
  typeof value === 'string'
    ? value.includes('\u0000')
    : typeof value === 'object' && value !== null && Object.values(value).some(nulInside)

/** From where a request comes, as the history records it. */
export const originOf = (request: FastifyRequest): Origin => ({
  ip: request.ip,
  userAgent: (request.headers['user-agent'] ?? '').slice(0, 300),
  ...certificateOf(request.peer),
})

const certificateOf = (peer: Peer): Pick<Origin, 'certificateSerial'> => {
  const signed = signedOf(peer)
  return signed ? { certificateSerial: signed.serial } : {}
}

/** The path of an address; one in the absolute form (RFC 9112, 3.2.2) names a host that is the sender's own idea. */
const pathOf = ({ originalUrl }: FastifyRequest): string => {
  if (originalUrl.startsWith('/')) return originalUrl
  if (!URL.canParse(originalUrl)) return '/'
  const { pathname, search } = new URL(originalUrl)
  return pathname + search
}

/**
 * Sends somebody without a session to where one begins. What they wanted to change is not done, nor is a file given
 * out (F-02): that is told on a page, and recorded.
 */
const toEntrance = (options: GuardOptions, policy: Policy, request: FastifyRequest, reply: FastifyReply) => {
  if (unsafe.has(request.method) || request.routeOptions.config.file)
    return reply.refuse({ ok: false, reason: 'session.missing' })
  const kind = policy.audience === 'anyone' ? 'user' : policy.audience
  // A user's link into the portal is followed once they are in (B-12).
  const next = kind === 'user' && request.method === 'GET' ? returnQuery(request.url) : ''
  return reply.redirect(options.portalOrigin + options.entrances[kind] + next, 303)
}

/** Over another certificate or host, or over none, a cookie says whose session it is of and not who holds it (C-15). */
export const nameBearer = (request: FastifyRequest, owner: UserActor | StaffActor): void => {
  request.cookieOf = owner
  request.actor = { kind: 'stranger', loginId: owner.loginId, origin: originOf(request) }
}

const refuseEnded = (
  answer: SessionAnswer & { found: 'ended' },
  request: FastifyRequest,
  reply: FastifyReply,
) => {
  if (answer.elsewhere) nameBearer(request, answer.actor)
  else request.actor = { ...answer.actor, origin: originOf(request) }
  request.cameBy = answer.entrance ?? null
  request.session.set('token', undefined)
  return reply.refuse({ ok: false, reason: `session.ended.${answer.why}` })
}

/**
 * What somebody asks for on the way through a login, in another window or when they come back to it: they are led there
 * once they are in, as without a session (B-12, G-04). Home is where they come to anyway.
 */
const pageAfterLogin = (
  { stagePages }: GuardOptions,
  request: FastifyRequest,
  policy: Policy,
): string | undefined => {
  const { url, config } = request.routeOptions
  const leads = policy.audience === 'user' && policy.stages.includes('open') && !config.file
  return leads && url !== stagePages.user.open ? wantedReturn({ next: request.url }) : undefined
}

const audienceMatches = (policy: Policy, live: LiveSession): boolean => policy.audience === live.kind

/**
 * The guard before every route: which door, which session, which stage, which right. It runs at `onRequest`, before
 * a body is read. GET and POST of a page share it, for both carry a policy (house rule 8).
 */
export const guard = plugin(async (app: FastifyInstance, options: GuardOptions) => {
  app.decorateRequest('peer')
  app.decorateRequest('live', null)
  app.decorateRequest('cookieOf', null)
  app.decorateRequest('heldElsewhere', null)
  app.decorateRequest('cameBy', null)
  app.decorateRequest('actor')

  app.addHook('onRequest', async (request, reply) => {
    request.peer = peerOf(request.raw)
    request.actor = { kind: 'stranger', origin: originOf(request) }
    const policy = request.routeOptions.config.policy
    if (isForged(request)) return reply.refuse({ ok: false, reason: 'request.forgedCertificate' })
    if (!policy) return // the 404 page
    if (policy.audience === 'anyone' && policy.door !== 'either' && policy.door !== doorOf(request.raw))
      return policy.door === 'portal' && request.method === 'GET'
        ? reply.redirect(options.portalOrigin + pathOf(request), 303)
        : reply.callNotFound()
    if (request.routeOptions.config.machine) return

    const token: unknown = request.session.get('token')
    if (typeof token === 'string') {
      const answer = await options.store.find(token, {
        host: request.hostname,
        peer: request.peer,
        ip: request.ip,
        userAgent: request.headers['user-agent'] ?? '',
      })
      if (answer.found === 'live') {
        request.live = answer.session
        request.cameBy = answer.session.company?.entrance ?? null
        request.actor = { ...answer.session.actor, origin: originOf(request) }
      } else if (answer.found === 'elsewhere') {
        if (policy.audience === 'anyone') request.heldElsewhere = answer.actor
        else {
          nameBearer(request, answer.actor)
          return reply.refuse({ ok: false, reason: 'session.otherCertificate' })
        }
      } else if (answer.found === 'ended' && policy.audience !== 'anyone') {
        return refuseEnded(answer, request, reply)
      }
    }
    if (policy.audience === 'anyone') return

    const live = request.live
    if (!live) return toEntrance(options, policy, request, reply)
    if (!audienceMatches(policy, live)) return reply.refuse({ ok: false, reason: 'access.otherAudience' })
    if (!policy.stages.includes(live.stage)) {
      const page = options.stagePages[live.kind][live.stage]
      if (!page || request.method !== 'GET') return reply.refuse({ ok: false, reason: 'session.stage' })
      const wanted = pageAfterLogin(options, request, policy)
      if (wanted) await options.store.leadTo(live, wanted)
      return reply.redirect(page, 303)
    }
    if (policy.action && !options.can(request.actor, policy.action))
      return reply.refuse({ ok: false, reason: 'access.forbidden', params: { action: policy.action } })
  })

  // After the body is read: a form must come from a page of ours, and no text of it may hold a NUL, which no
  // database column takes.
  app.addHook('preValidation', async (request, reply) => {
    if (nulInside(request.body) || nulInside(request.query) || nulInside(request.params))
      return reply.refuse({ ok: false, reason: 'request.controlCharacters' })
    const { origin } = request.headers
    if (changes(request) && origin !== undefined && origin !== `https://${request.host}`)
      return reply.refuse({ ok: false, reason: 'request.otherOrigin' })
  })
  app.addHook('preValidation', (request, reply, done) =>
    changes(request) ? app.csrfProtection(request, reply, done) : done(),
  )
})
