import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { toHalfWidth } from '../../kernel/width.ts'
import { originOf } from '../../platform/http/guard.ts'
import { companyOf } from '../../platform/http/live-session.ts'
import { takeLoginTry } from '../../platform/http/login-rate.ts'
import { liveOf, open, userActor, userDuring } from '../../platform/http/policy.ts'
import { tooLongFields, typedText } from '../../platform/http/typed-text.ts'
import type { FieldError } from '../../platform/http/view.ts'
import type { Translate } from '../../platform/i18n.ts'
import { isMailAddress } from '../../platform/mail/address.ts'
import { policyOf, presetOf } from '../../policy/policy.ts'
import { findCandidate, readIdentifier } from '../candidates/index.ts'
import { entranceOf } from '../entrances/index.ts'
import { keepToken } from '../login/index.ts'
import { passwordRuleWords } from '../passwords/index.ts'
import {
  beginRegistration,
  completeRegistration,
  confirmRegistrationMail,
  type RegistrationOf,
  registerMailAnew,
  sendRegistrationCode,
} from './commands.ts'
import { registrationStep } from './queries.ts'

const text = (longest: number) => z.string().max(longest).catch('')
const loginForm = z.object({ loginId: typedText, password: typedText })
const mailForm = z.object({ email: text(200), emailAgain: text(200) })
const codeForm = z.object({ code: text(100) })
const passwordForm = z.object({
  loginId: typedText,
  loginIdAgain: typedText,
  password: typedText,
  passwordAgain: typedText,
})

const longestMail = 64

/** 初期登録 (B-16): the initial password opens it; address, code, then ID and password. */
export const registrationRoutes = (app: FastifyInstance, deps: Deps): void => {
  registrationLogin(app, deps, 'master')
  registrationLogin(app, deps, 'user')
  registrationSteps(app, deps)
}

const registrationLogin = (app: FastifyInstance, deps: Deps, of: RegistrationOf): void => {
  const screen = of === 'master' ? 'REG001' : 'REG002'
  const config = { policy: open('portal'), screen }
  const address = `/registration/${of}`

  const page = (request: FastifyRequest, reply: FastifyReply, errors: FieldError[] = []) => {
    const entrance = entranceOf(request)
    // Where the preset knows no first registration, there is no such page.
    if (!presetOf(entrance.preset).initialRegistration)
      return reply.refuse({ ok: false, reason: 'registration.notHere' })
    return reply.page(
      'registration/login',
      {
        screen,
        title: request.t(`registration.login.${of}.title`),
        lead: request.t(`registration.login.${of}.lead`),
        action: `${entrance.path}${address}`,
        values: { loginId: loginForm.parse(request.body ?? {}).loginId },
        errors,
      },
      errors.length > 0 ? 422 : 200,
    )
  }

  app.get(address, { config }, (request, reply) => page(request, reply))

  app.post(address, { config }, async (request, reply) => {
    const entrance = entranceOf(request)
    const otherwise = presetOf(entrance.preset)
    const { loginId: typed, password } = loginForm.parse(request.body ?? {})
    const loginId = readIdentifier(typed)
    const errors = [
      ...tooLongFields(request, { loginId: typed, password }),
      ...(loginId === '' ? [{ field: 'loginId', message: request.t('reasons.login.idMissing') }] : []),
      ...(password === ''
        ? [{ field: 'password', message: request.t('reasons.login.passwordMissing') }]
        : []),
    ]
    if (errors.length > 0 || !otherwise.initialRegistration) return page(request, reply, errors)
    const taken = await takeLoginTry(deps, request, `${entrance.slug} registration ${loginId}`)
    if (!taken.ok) return reply.refuse(taken)
    const candidate = await findCandidate(deps, loginId, { entranceId: entrance.id })
    const begun = await beginRegistration(
      deps,
      { of, candidate, loginId, password, otherwise },
      { host: request.hostname, origin: originOf(request) },
    )
    if (!begun.ok)
      return page(request, reply, [{ field: 'loginId', message: request.t(`reasons.${begun.reason}`) }])
    await taken.value.giveBack()
    keepToken(request, begun.value.token)
    return reply.redirect('/registration', 303)
  })
}

const registrationSteps = (app: FastifyInstance, deps: Deps): void => {
  const config = { policy: userDuring('registration'), screen: 'REG003' }

  const page = async (request: FastifyRequest, reply: FastifyReply, errors: FieldError[] = []) => {
    const { t } = request
    const actor = userActor(request)
    const step = await registrationStep(deps, actor)
    const { loginId } = passwordForm.parse(request.body ?? {})
    const { email } = mailForm.parse(request.body ?? {})
    return reply.page(
      `registration/${step.step}`,
      {
        screen: 'REG003',
        title: t(`registration.${step.step}.title`),
        progress: progressOf(t, step.step),
        ...step,
        asksLoginId: actor.role !== 'user',
        rules: passwordRuleWords(t, policyOf(companyOf(liveOf(request)))),
        loginIdRule: t(`users.basic.loginIdHints.${policyOf(companyOf(liveOf(request))).loginId.shape}`),
        values: { loginId, email },
        errors,
      },
      errors.length > 0 ? 422 : 200,
    )
  }
  const back = (reply: FastifyReply) => reply.redirect('/registration', 303)

  app.get('/registration', { config }, (request, reply) => page(request, reply))

  app.post('/registration/mail', { config }, async (request, reply) => {
    const form = mailForm.parse(request.body ?? {})
    const email = toHalfWidth(form.email).trim()
    const errors = mailErrors(request, email, toHalfWidth(form.emailAgain).trim())
    if (errors.length > 0) return page(request, reply, errors)
    const sent = await sendRegistrationCode(deps, userActor(request), email)
    return sent.ok
      ? back(reply)
      : page(request, reply, [{ field: 'email', message: request.t(`reasons.${sent.reason}`) }])
  })

  app.post('/registration/mail/correction', { config }, async (request, reply) => {
    await registerMailAnew(deps, userActor(request))
    return back(reply)
  })

  app.post('/registration/code/dispatch', { config }, async (request, reply) => {
    const actor = userActor(request)
    const step = await registrationStep(deps, actor)
    if (step.step !== 'code') return back(reply)
    const sent = await sendRegistrationCode(deps, actor, step.email)
    return sent.ok
      ? back(reply)
      : page(request, reply, [{ field: 'code', message: request.t(`reasons.${sent.reason}`) }])
  })

  app.post('/registration/code', { config }, async (request, reply) => {
    const { code } = codeForm.parse(request.body ?? {})
    const confirmed = await confirmRegistrationMail(deps, userActor(request), code)
    if (!confirmed.ok && confirmed.reason === 'session.stage') return reply.refuse(confirmed)
    return confirmed.ok
      ? back(reply)
      : page(request, reply, [{ field: 'code', message: request.t(`reasons.${confirmed.reason}`) }])
  })

  app.post('/registration', { config }, async (request, reply) => {
    const form = passwordForm.parse(request.body ?? {})
    const actor = userActor(request)
    const errors = twiceErrors(request, form, actor.role !== 'user')
    if (errors.length > 0) return page(request, reply, errors)
    const done = await completeRegistration(deps, actor, liveOf(request), {
      loginId: readIdentifier(form.loginId),
      password: form.password,
    })
    if (!done.ok) {
      if (done.reason === 'session.stage' || done.reason === 'registration.mailDue') return reply.refuse(done)
      const field = done.reason.startsWith('user.loginId') ? 'loginId' : 'password'
      return page(request, reply, [{ field, message: request.t(`reasons.${done.reason}`, done.params) }])
    }
    request.session.delete()
    const issue = ['/certificate-issue', '/enrolment'].find(url => app.hasRoute({ method: 'GET', url })) ?? ''
    return reply.page('registration/done', {
      screen: 'REG004',
      title: request.t('registration.done.title'),
      loginId: done.value.loginId,
      next: issue,
    })
  })
}

const stepNames = ['mail', 'code', 'password'] as const

const progressOf = (t: Translate, at: (typeof stepNames)[number]) => {
  const current = stepNames.indexOf(at)
  return {
    steps: stepNames.map((name, index) => ({
      name,
      title: t(`registration.${name}.short`),
      state:
        index < current ? ('done' as const) : index === current ? ('current' as const) : ('todo' as const),
    })),
    current: current + 1,
    total: stepNames.length,
  }
}

const mailErrors = (request: FastifyRequest, email: string, again: string): FieldError[] => {
  const { t } = request
  if (email === '') return [{ field: 'email', message: t('registration.errors.mailMissing') }]
  if (!isMailAddress(email) || email.length > longestMail)
    return [{ field: 'email', message: t('registration.errors.mailShape') }]
  return email === again ? [] : [{ field: 'emailAgain', message: t('registration.errors.mailNotSame') }]
}

const twiceErrors = (
  request: FastifyRequest,
  form: z.output<typeof passwordForm>,
  asksLoginId: boolean,
): FieldError[] => {
  const { t } = request
  const { loginId, password } = form
  const errors = tooLongFields(request, { password, ...(asksLoginId && { loginId }) })
  if (asksLoginId && readIdentifier(form.loginId) !== readIdentifier(form.loginIdAgain))
    errors.push({ field: 'loginIdAgain', message: t('registration.errors.loginIdNotSame') })
  if (form.password === '') errors.push({ field: 'password', message: t('reasons.login.passwordMissing') })
  else if (form.password !== form.passwordAgain)
    errors.push({ field: 'passwordAgain', message: t('passwords.errors.notTheSame') })
  return errors
}
