import type {} from '@fastify/secure-session'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { originOf } from '../../platform/http/guard.ts'
import { keepLanguage } from '../../platform/http/language.ts'
import type { LiveSession } from '../../platform/http/live-session.ts'
import { open, type Stage, user, userActor, userDuring } from '../../platform/http/policy.ts'
import { randomLabel } from '../../platform/random.ts'
import { findPresented, offersRenewal, type PresentedUser } from '../certificates/index.ts'
import { entranceOf } from '../entrances/index.ts'
import { findOtherSession } from '../sessions/index.ts'
import { logIn, logOut, takeOver } from './commands.ts'

/** Where each stage of a user's session goes on. */
export const userStagePages: Record<Stage, string> = {
  takeover: '/login/takeover',
  second_factor: '/login/second-factor',
  registration: '/registration',
  password_change: '/password',
  confirmation_password: '/confirmation-password',
  terms: '/terms',
  open: '/home',
}

/** Whoever has begun to log in may end it at any step. */
const duringOrAfterLogin = Object.keys(userStagePages) as Stage[]

/** A host that no browser has seen: it asks which certificate to present anew, without a restart (B-03). */
export const freshCertificateHost = (deps: Pick<Deps, 'settings'>): string => {
  const { certDomain, certPort } = deps.settings
  return `https://${randomLabel()}.${certDomain}${certPort === 443 ? '' : `:${certPort}`}`
}

/** Puts a session's new token into the cookie; whatever the cookie held before belongs to another session. */
export const keepToken = (request: FastifyRequest, token: string): void => {
  request.session.regenerate()
  request.session.set('token', token)
}

const passwordForm = z.object({ password: z.string().max(1024).catch('') })

/** Entry page, certificate login, takeover, logout (B-01 to B-03, B-12 to B-14). */
export const loginRoutes = (app: FastifyInstance, deps: Deps): void => {
  // The button leads through the portal, so that the address of the page stays the same and each press gets a host.
  app.get('/login/certificate', { config: { policy: open('portal') } }, (request, reply) =>
    reply
      .header('cache-control', 'no-store')
      .redirect(
        `${freshCertificateHost(deps)}${entranceOf(request).path}/login?lang=${request.language}`,
        303,
      ),
  )

  app.get('/login', { config: { policy: open('certificate'), screen: 'LGN002' } }, async (request, reply) => {
    // Cookies belong to one host and this one is new: the language came along in the address.
    keepLanguage(reply, request.language)
    const presented = await presentedUser(deps, request, reply)
    return presented ? certificateLoginPage(deps, request, reply, presented) : reply
  })

  app.post(
    '/login',
    { config: { policy: open('certificate'), screen: 'LGN002' } },
    async (request, reply) => {
      const presented = await presentedUser(deps, request, reply)
      if (!presented) return reply
      const { password } = passwordForm.parse(request.body ?? {})
      if (password === '')
        return certificateLoginPage(
          deps,
          request,
          reply,
          presented,
          request.t('reasons.login.passwordMissing'),
        )
      const done = await logIn(deps, presented, password, {
        host: request.hostname,
        origin: originOf(request),
      })
      if (!done.ok)
        return done.reason === 'login.wrong'
          ? certificateLoginPage(deps, request, reply, presented, request.t('reasons.login.wrong'))
          : reply.page(
              'login/refused',
              {
                screen: 'LGN004',
                title: request.t(
                  `login.refused.${done.reason === 'login.locked' ? 'locked' : 'suspended'}.title`,
                ),
                message: request.t(`reasons.${done.reason}`),
                refused: done.reason === 'login.locked' ? 'locked' : 'suspended',
                portal: deps.settings.portalOrigin,
              },
              403,
            )
      keepToken(request, done.value.token)
      return reply.redirect(userStagePages[done.value.stage], 303)
    },
  )

  app.get(
    '/login/takeover',
    { config: { policy: userDuring('takeover'), screen: 'LGN005' } },
    async (request, reply) => {
      const other = await findOtherSession(deps.db, { userId: userActor(request).id }, liveOf(request))
      return reply.page('login/takeover', {
        screen: 'LGN005',
        title: request.t('login.takeover.title'),
        other,
        portal: deps.settings.portalOrigin,
      })
    },
  )

  app.post(
    '/login/takeover',
    { config: { policy: userDuring('takeover'), screen: 'LGN005' } },
    async (request, reply) => {
      const done = await takeOver(deps, userActor(request), liveOf(request))
      if (!done.ok) return reply.refuse(done)
      keepToken(request, done.value.token)
      return reply.redirect(userStagePages[done.value.stage], 303)
    },
  )

  app.post('/logout', { config: { policy: userDuring(...duringOrAfterLogin) } }, async (request, reply) => {
    await logOut(deps, userActor(request), liveOf(request))
    request.session.delete()
    return reply.page('login/logged-out', {
      screen: 'LGN006',
      title: request.t('login.loggedOut.title'),
      portal: deps.settings.portalOrigin,
    })
  })

  // The dialog's button: the guard has already counted this request as activity (B-12).
  app.post('/session/extend', { config: { policy: user() } }, (_request, reply) => reply.status(204).send())

  app.get('/timeout', { config: { policy: open('either'), screen: 'LGN007' } }, (request, reply) =>
    reply.page('login/timeout', {
      screen: 'LGN007',
      title: request.t('login.timeout.title'),
      portal: deps.settings.portalOrigin,
    }),
  )
}

const liveOf = (request: FastifyRequest): LiveSession => {
  if (!request.live) throw new Error(`${request.routeOptions.url} is reached without a session`)
  return request.live
}

/** The user whom the certificate names; otherwise answers with which certificate is wrong and what to do next (B-02). */
export const presentedUser = async (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<PresentedUser | undefined> => {
  const presented = await findPresented(deps, request.peer)
  if (presented.ok && presented.value.kind === 'user') return presented.value
  const problem = presented.ok ? 'staff' : presented.reason.slice('certificate.'.length)
  await reply.page(
    'login/certificate-problem',
    {
      screen: 'LGN003',
      title: request.t(`login.problem.${problem}.title`),
      problem,
      portal: deps.settings.portalOrigin,
    },
    403,
  )
  return undefined
}

const certificateLoginPage = (
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  presented: PresentedUser,
  error?: string,
) =>
  reply.page(
    'login/certificate',
    {
      screen: 'LGN002',
      title: request.t('login.certificate.title'),
      named: { company: presented.company.name, loginId: presented.user.loginId, name: presented.user.name },
      notAfter: presented.notAfter,
      renewalHref: offersRenewal(deps, presented) ? '/renewal' : undefined,
      errors: error ? [{ field: 'password', message: error }] : [],
    },
    error ? 422 : 200,
  )
