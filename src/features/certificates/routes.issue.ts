import type {} from '@fastify/secure-session'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { originOf } from '../../platform/http/guard.ts'
import { takeLoginTry } from '../../platform/http/login-rate.ts'
import { enrolment, liveOf, open, userActor } from '../../platform/http/policy.ts'
import type { FieldError } from '../../platform/http/view.ts'
import { policyOf, presetOf } from '../../policy/policy.ts'
import { codeRules } from '../codes/index.ts'
import { entranceOf } from '../entrances/index.ts'
import { goesByMailedCode, journeyAt } from './journey.ts'
import { beginIssue, issueByCode, proveCode, sendCodeAgain } from './mailed-issue.ts'
import { toDelivery } from './routes.delivery.ts'
import type { EnrolmentRouteOptions } from './routes.ts'

const loginForm = z.object({
  loginId: z.string().max(128).catch(''),
  password: z.string().max(1024).catch(''),
})
const codeForm = z.object({ code: z.string().max(100).catch('') })
type Params = { Params: { draft: string } }

/** 電子証明書発行 (C-01, C-03): user authentication, mailed code, 「発行」; then as every delivery. */
export const issueRoutes = (app: FastifyInstance, deps: Deps, { keepToken }: EnrolmentRouteOptions): void => {
  const first = { policy: open('portal'), screen: 'CRT031' }

  app.get('/certificate-issue', { config: first }, (request, reply) => loginPage(request, reply, '', []))

  app.post('/certificate-issue', { config: first }, async (request, reply) => {
    const entrance = entranceOf(request)
    if (!goesByMailedCode(presetOf(entrance.preset))) return loginPage(request, reply, '', [])
    const form = loginForm.parse(request.body ?? {})
    const missing = blanks(request, form)
    if (missing.length > 0) return loginPage(request, reply, form.loginId, missing)
    const taken = await takeLoginTry(deps, request, `issue ${form.loginId}`)
    if (!taken.ok) return reply.refuse(taken)
    const visit = { host: request.hostname, origin: originOf(request) }
    const begun = await beginIssue(deps, form, visit, presetOf(entrance.preset))
    if (!begun.ok)
      return loginPage(request, reply, form.loginId, [
        { field: '', message: request.t(`reasons.${begun.reason}`) },
      ])
    await taken.value.giveBack()
    keepToken(request, begun.value.token)
    return reply.redirect(`/certificate-issue/${begun.value.draftId}/code`, 303)
  })

  const code = { policy: enrolment('second_factor', 'open'), screen: 'CRT032' }
  app.get<Params>('/certificate-issue/:draft/code', { config: code }, (request, reply) =>
    isProved(request) ? reply.redirect(pageOf(request, 'confirmation'), 303) : codePage(request, reply, []),
  )

  app.post<Params>('/certificate-issue/:draft/code', { config: code }, async (request, reply) => {
    if (isProved(request)) return reply.redirect(pageOf(request, 'confirmation'), 303)
    const typed = codeForm.parse(request.body ?? {})
    const proved = await proveCode(deps, userActor(request), liveOf(request), typed.code)
    if (!proved.ok)
      return codePage(request, reply, [
        { field: 'code', message: request.t(`reasons.${proved.reason}`, proved.params) },
      ])
    keepToken(request, proved.value.token)
    return reply.redirect(pageOf(request, 'confirmation'), 303)
  })

  app.post<Params>('/certificate-issue/:draft/code-request', { config: code }, async (request, reply) => {
    if (isProved(request)) return reply.redirect(pageOf(request, 'confirmation'), 303)
    const sent = await sendCodeAgain(deps, userActor(request))
    return sent.ok
      ? codePage(request, reply, [], request.t('enrolment.code.sentAgain'))
      : codePage(request, reply, [{ field: '', message: request.t(`reasons.${sent.reason}`) }])
  })

  const confirm = { policy: enrolment('second_factor', 'open'), screen: 'CRT033' }
  app.get<Params>('/certificate-issue/:draft/confirmation', { config: confirm }, (request, reply) =>
    isProved(request)
      ? reply.page('enrolment/issue', {
          screen: 'CRT033',
          title: request.t('enrolment.issue.title'),
          progress: journeyAt(request.t, 'issue'),
          loginId: userActor(request).loginId,
          name: userActor(request).name,
          action: pageOf(request, 'confirmation'),
        })
      : reply.redirect(pageOf(request, 'code'), 303),
  )

  app.post<Params>('/certificate-issue/:draft/confirmation', { config: confirm }, async (request, reply) => {
    // The code comes first: who has only the password has no certificate asked for (C-03).
    if (!isProved(request)) return reply.refuse({ ok: false, reason: 'session.stage' })
    const { company } = liveOf(request)
    if (!company) throw new Error('an enrolment has no company')
    const done = await issueByCode(deps, userActor(request), request.params.draft, policyOf(company))
    return done.ok ? toDelivery(reply, done.value) : reply.refuse(done)
  })
}

/** Whether the mailed code has been typed: the session stands at `second_factor` until then. */
const isProved = (request: FastifyRequest): boolean => liveOf(request).stage === 'open'

const pageOf = (request: FastifyRequest<Params>, page: 'code' | 'confirmation'): string =>
  `/certificate-issue/${encodeURIComponent(request.params.draft)}/${page}`

const loginPage = (request: FastifyRequest, reply: FastifyReply, loginId: string, errors: FieldError[]) => {
  const { t } = request
  const entrance = entranceOf(request)
  // Where the preset knows another way, there is no such page.
  if (!goesByMailedCode(presetOf(entrance.preset)))
    return reply.refuse({ ok: false, reason: 'issue.notHere' })
  return reply.page(
    'enrolment/issue-login',
    {
      screen: 'CRT031',
      title: t('enrolment.issueLogin.title'),
      progress: journeyAt(t, 'authentication'),
      action: `${entrance.path}/certificate-issue`,
      values: { loginId },
      errors,
    },
    errors.length > 0 ? 422 : 200,
  )
}

const blanks = ({ t }: FastifyRequest, form: z.output<typeof loginForm>): FieldError[] => [
  ...(form.loginId.trim() === ''
    ? [{ field: 'loginId', message: t('enrolment.errors.loginIdMissing') }]
    : []),
  ...(form.password === '' ? [{ field: 'password', message: t('enrolment.errors.passwordMissing') }] : []),
]

const codePage = (
  request: FastifyRequest<Params>,
  reply: FastifyReply,
  errors: FieldError[],
  notice?: string,
) => {
  const { tries, validSeconds } = codeRules['certificate-issue']
  return reply.page(
    'enrolment/code',
    {
      screen: 'CRT032',
      title: request.t('enrolment.code.title'),
      progress: journeyAt(request.t, 'code'),
      tries,
      minutes: validSeconds / 60,
      action: pageOf(request, 'code'),
      again: `/certificate-issue/${encodeURIComponent(request.params.draft)}/code-request`,
      errors,
      ...(notice && { notice }),
    },
    errors.length > 0 ? 422 : 200,
  )
}
