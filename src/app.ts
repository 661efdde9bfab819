import { join } from 'node:path'
import fastifyCookie from '@fastify/cookie'
import csrfProtection from '@fastify/csrf-protection'
import fastifyFormbody from '@fastify/formbody'
import secureSession from '@fastify/secure-session'
import Fastify, { type FastifyInstance, type FastifyReply, LogController } from 'fastify'
import { adminRoutes } from './audiences/admin.ts'
import { frameOf } from './audiences/frame.ts'
import { helpdeskRoutes, staffStagePages } from './audiences/helpdesk.ts'
import { publicRoutes } from './audiences/public.ts'
import { userRoutes } from './audiences/user.ts'
import type { Deps } from './deps.ts'
import { presetAt, resolveEntrances, rewriteEntrance } from './features/entrances/index.ts'
import { keepHoursAtHand } from './features/helpdesk-hours/index.ts'
import { recordPrint, recordRefusal } from './features/history/index.ts'
import { userStagePages } from './features/login/index.ts'
import { whyHref } from './features/obstacles/index.ts'
import { keepLanguageOfMails } from './features/personal-information/index.ts'
import { sessionStore } from './features/sessions/index.ts'
import assets from './platform/http/assets.ts'
import { guard } from './platform/http/guard.ts'
import { healthRoutes } from './platform/http/health.ts'
import language from './platform/http/language.ts'
import { open, requirePolicies } from './platform/http/policy.ts'
import { print } from './platform/http/print.ts'
import { refusals } from './platform/http/refusals.ts'
import { securityHeaders } from './platform/http/security-headers.ts'
import { uploads } from './platform/http/uploads.ts'
import view from './platform/http/view.ts'
import { createTranslations } from './platform/i18n.ts'
import { handshakeTimeout } from './platform/tls/listeners.ts'
import { doorOf } from './platform/tls/peer.ts'
import { can, isAction } from './policy/can.ts'
import { statusOf } from './reasons.ts'

export type ServerKeys = { key: string; cert: string }

const root = join(import.meta.dirname, '..')
/** A form with every box of the matrix ticked is 10 kB; nothing a person types comes near this. */
const bodyLimit = 256 * 1024

/**
 * The portal as one Fastify application, without listening: the composition root. Both listeners hand their requests
 * to it (`app.routing`); which door one came in by, the guard asks the socket.
 */
export const buildApp = async (deps: Deps, tls?: ServerKeys): Promise<FastifyInstance> => {
  const { settings } = deps
  const development = !settings.production
  const app = Fastify({
    https: tls ? { ...tls, minVersion: 'TLSv1.2' as const, handshakeTimeout } : null,
    loggerInstance: deps.log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit,
    requestTimeout: 20_000,
    connectionTimeout: 0,
    keepAliveTimeout: 72_000,
    forceCloseConnections: 'idle',
    // Only a Unix socket has no address of its own; what nginx says there is the browser's. Without a front, nobody's word
    // is taken: a connection that has gone away has no address either.
    trustProxy: settings.frontSocket
      ? (address: string | undefined, hop: number) => address === undefined && hop === 0
      : false,
    rewriteUrl: rewriteEntrance,
    // Bytes that are no address at all: the one answer that can't have a page, since no hook has run.
    frameworkErrors: (_error, _request, reply: FastifyReply) => {
      void reply
        .status(400)
        .type('text/plain; charset=utf-8')
        .send('400 アドレスが正しくありません。 Malformed address.\n')
    },
  }) as unknown as FastifyInstance
  requirePolicies(app, isAction)

  await app.register(fastifyCookie)
  await app.register(fastifyFormbody, { bodyLimit })
  // Pages send forms. What a route does not read it does not parse: nested deep enough, JSON ends whoever walks it.
  app.removeContentTypeParser(['application/json', 'text/plain'])
  await app.register(securityHeaders, protection(deps))
  await app.register(secureSession, {
    cookieName: '__Host-sekisho',
    key: deps.secretBox.derive('session-cookie', 32),
    expiry: 24 * 60 * 60,
    cookie: { path: '/', httpOnly: true, secure: true, sameSite: 'lax' },
  })
  await app.register(csrfProtection, { sessionPlugin: '@fastify/secure-session' })
  await app.register(assets, {
    root: join(root, 'public'),
    cache: true,
    config: { policy: open('either'), machine: true },
  })
  await app.register(print, {
    pdf: deps.pdf,
    clock: deps.clock,
    record: (request, screen, about) => recordPrint(deps, request, screen, about),
  })
  await app.register(view, {
    root: join(root, 'views'),
    cache: settings.production || !process.execArgv.includes('--watch'),
    translations: createTranslations({
      root: join(root, 'locales'),
      onMissingKey: (lang, key) => {
        if (development) throw new Error(`There is no text ${key} in ${lang}`)
        deps.log.error({ lang, key }, 'a text is missing')
      },
    }),
    presetOf: presetAt,
    frame: request => frameOf(deps, request),
    // Each certificate login has a host of its own: files from the portal's are fetched once, not at every login.
    assetOrigin: request => (doorOf(request.raw) === 'certificate' ? settings.portalOrigin : ''),
    csrfToken: (_request, reply) => reply.generateCsrf(),
  })
  await app.register(refusals, {
    statusOf,
    record: (request, refusal) => recordRefusal(deps, request, refusal),
    // Only an open session reaches the page that tells more.
    explain: ({ live }, refusal) => (live?.stage === 'open' ? whyHref(live.actor, refusal) : undefined),
  })
  await app.register(uploads)
  await app.register(guard, {
    store: sessionStore(deps),
    can,
    portalOrigin: settings.portalOrigin,
    stagePages: { user: userStagePages, staff: staffStagePages, enrolment: {} },
    entrances: { user: '/', staff: '/helpdesk', enrolment: '/enrolment' },
  })
  resolveEntrances(app, deps)
  keepHoursAtHand(app, deps)
  let closing = false
  app.addHook('preClose', done => {
    closing = true
    done()
  })
  app.addHook('onSend', (request, reply, payload, done) => {
    // What is under way is answered, and its connection then waits for no further request.
    if (closing) reply.header('connection', 'close')
    // Back after logout shows nothing of the session, nor does any cache on the way (B-14).
    if (!reply.hasHeader('cache-control') && !request.url.startsWith('/assets/'))
      reply.header('cache-control', 'no-store')
    done(null, payload)
  })
  await app.register(language, {
    config: { policy: open('either') },
    chosen: async ({ live, actor }, chosen) => {
      if (live?.stage === 'open' && actor.kind === 'user') await keepLanguageOfMails(deps, actor, chosen)
    },
  })

  healthRoutes(app, deps)
  publicRoutes(app, deps)
  userRoutes(app, deps)
  adminRoutes(app, deps)
  helpdeskRoutes(app, deps)
  return app
}

/** For helmet. */
const protection = ({ settings }: Deps) => {
  const local = new URL(settings.portalOrigin).hostname === 'localhost'
  const certPort = settings.certPort === 443 ? '' : `:${settings.certPort}`
  return {
    // Chrome holds form-action against every redirect that follows: a login leads to a certificate host and back.
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'", settings.portalOrigin],
        styleSrc: ["'self'", settings.portalOrigin],
        imgSrc: ["'self'", settings.portalOrigin],
        fontSrc: ["'self'", settings.portalOrigin],
        connectSrc: ["'self'"],
        formAction: ["'self'", settings.portalOrigin, `https://*.${settings.certDomain}${certPort}`],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
    },
    // Browsers would hold it against everything else on localhost.
    hsts: local ? (false as const) : { maxAge: 63_072_000, includeSubDomains: true },
    // helmet's own default makes the portal's forms send `Origin: null`.
    referrerPolicy: { policy: 'same-origin' as const },
  }
}
