import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { originOf } from '../../platform/http/guard.ts'
import { keepLanguage } from '../../platform/http/language.ts'
import { open, staff, staffActor, staffDuring } from '../../platform/http/policy.ts'
import { longestTyped, typedText } from '../../platform/http/typed-text.ts'
import type { PageData } from '../../platform/http/view.ts'
import { isLanguage } from '../../platform/i18n.ts'
import type { PresentedStaff } from '../certificates/index.ts'
import { freshCertificateHost, keepToken } from '../login/index.ts'
import { findOtherSession } from '../sessions/index.ts'
import { logInStaff, logOutStaff, presentedStaff, type StaffLoginRefusal, takeOverStaff } from './login.ts'
import { officersRoutes } from './routes.officers.ts'
import { staffOtpRoutes } from './routes.otp.ts'
import { staffPasswordRoutes } from './routes.password.ts'
import { officerRevocationRoutes } from './routes.revocation.ts'
import { landingOf, liveOf } from './routes.visit.ts'

const passwordForm = z.object({ password: typedText })

/** The staff's entrance: entry page, certificate login, takeover, logout (H-01, B-12 to B-14). */
export const staffRoutes = (app: FastifyInstance, deps: Deps): void => {
  const entrance = `${deps.settings.portalOrigin}/helpdesk`
  /** A page of this entrance, whose product name leads back to it. */
  const page = (reply: FastifyReply, view: string, data: PageData, status = 200) =>
    reply.page(`staff/${view}`, { homeHref: entrance, entrance, ...data }, status)

  app.get('/helpdesk', { config: { policy: open('portal'), screen: 'HD0001' } }, (request, reply) =>
    page(reply, 'entry', { screen: 'HD0001', title: request.t('staff.entry.title') }),
  )

  app.get('/helpdesk/login/certificate', { config: { policy: open('portal') } }, (request, reply) =>
    reply
      .header('cache-control', 'no-store')
      .redirect(`${freshCertificateHost(deps)}/helpdesk/login?lang=${request.language}`, 303),
  )

  staffOtpRoutes(app, deps)
  staffPasswordRoutes(app, deps)
  officersRoutes(app, deps)
  officerRevocationRoutes(app, deps)

  const loginConfig = { policy: open('certificate'), screen: 'HD0002' }

  app.get('/helpdesk/login', { config: loginConfig }, async (request, reply) => {
    keepLanguageAcross(request, reply)
    const presented = await presentedOrProblem(request, reply)
    return presented ? loginPage(request, reply, presented) : reply
  })

  app.post('/helpdesk/login', { config: loginConfig }, async (request, reply) => {
    const presented = await presentedOrProblem(request, reply)
    if (!presented) return reply
    const { password } = passwordForm.parse(request.body ?? {})
    if (password === '') return loginPage(request, reply, presented, 'login.passwordMissing')
    if (password.length > longestTyped) return loginPage(request, reply, presented, 'login.tooLong')
    const visit = { host: request.hostname, origin: originOf(request) }
    const done = await logInStaff(deps, presented, password, visit)
    if (!done.ok)
      return done.reason === 'login.wrong'
        ? loginPage(request, reply, presented, done.reason)
        : refusedPage(request, reply, done.reason)
    keepToken(request, done.value.token)
    return reply.redirect(landingOf(done.value.stage), 303)
  })

  const takeoverConfig = { policy: staffDuring('takeover'), screen: 'HD0004' }

  app.get('/helpdesk/takeover', { config: takeoverConfig }, async (request, reply) => {
    const other = await findOtherSession(deps.db, { staffId: staffActor(request).id }, liveOf(request))
    return page(reply, 'takeover', { screen: 'HD0004', title: request.t('staff.takeover.title'), other })
  })

  app.post('/helpdesk/takeover', { config: takeoverConfig }, async (request, reply) => {
    const done = await takeOverStaff(deps, staffActor(request), liveOf(request))
    if (!done.ok) return reply.refuse(done)
    keepToken(request, done.value.token)
    return reply.redirect(landingOf(done.value.stage), 303)
  })

  app.post(
    '/helpdesk/logout',
    {
      config: {
        policy: staffDuring('open', 'takeover', 'second_factor', 'password_change'),
        screen: 'HD0006',
      },
    },
    async (request, reply) => {
      await logOutStaff(deps, staffActor(request), liveOf(request))
      request.session.delete()
      request.live = null
      return page(reply, 'logged-out', { screen: 'HD0006', title: request.t('staff.loggedOut.title') })
    },
  )

  // The dialog's button: the guard has already counted this request as activity (B-12).
  app.post('/helpdesk/session/extend', { config: { policy: staff() } }, (_request, reply) =>
    reply.status(204).send(),
  )

  app.get('/helpdesk/timeout', { config: { policy: open('either'), screen: 'HD0007' } }, (request, reply) =>
    page(reply, 'timeout', { screen: 'HD0007', title: request.t('staff.timeout.title') }),
  )

  /** The officer whom the certificate names; otherwise answers with what is wrong and what to do next (B-02). */
  const presentedOrProblem = async (
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<PresentedStaff | undefined> => {
    const presented = await presentedStaff(deps, request.peer, request.actor)
    if (presented.ok) return presented.value
    const problem = presented.reason.slice('certificate.'.length)
    const title = request.t(`staff.problem.${problem}.title`)
    page(reply, 'certificate-problem', { screen: 'HD0003', title, problem }, 403)
    return undefined
  }

  const loginPage = (
    request: FastifyRequest,
    reply: FastifyReply,
    { staff: officer, notAfter }: PresentedStaff,
    mistake?: string,
  ) =>
    page(
      reply,
      'login',
      {
        screen: 'HD0002',
        title: request.t('staff.login.title'),
        officer: { loginId: officer.loginId, name: officer.name, role: officer.role },
        notAfter,
        errors: mistake ? [{ field: 'password', message: request.t(`reasons.${mistake}`) }] : [],
      },
      mistake ? 422 : 200,
    )

  const refusedPage = (request: FastifyRequest, reply: FastifyReply, reason: StaffLoginRefusal) => {
    const refused = reason === 'login.locked' ? 'locked' : 'suspended'
    const title = request.t(`staff.refused.${refused}.title`)
    return page(reply, 'refused', { screen: 'HD0005', title, refused }, 403)
  }
}

/** The language chosen at the entrance goes along to the host of this login, which has no cookie yet. */
const keepLanguageAcross = (request: FastifyRequest, reply: FastifyReply): void => {
  const { lang } = request.query as { lang?: unknown }
  if (isLanguage(lang)) keepLanguage(reply, lang)
}
