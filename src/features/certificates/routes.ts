import type {} from '@fastify/secure-session'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { originOf } from '../../platform/http/guard.ts'
import { earlierTry, takeLoginTry } from '../../platform/http/login-rate.ts'
import { open } from '../../platform/http/policy.ts'
import { tooLongFields, typedText } from '../../platform/http/typed-text.ts'
import type { FieldError } from '../../platform/http/view.ts'
import { presetOf } from '../../policy/policy.ts'
import { entranceOf } from '../entrances/index.ts'
import { passkeyForEnrolment } from '../passkeys/index.ts'
import { type EnrolmentForm, enrol } from './enrolment.ts'
import { toDelivery } from './routes.delivery.ts'

const enrolmentForm = z.object({
  contractNumber: typedText,
  loginId: typedText,
  password: typedText,
  acquisitionPassword: typedText,
  passkey: z.string().max(20_000).catch(''),
})

declare module '@fastify/secure-session' {
  interface SessionData {
    /** The enrolment for which this browser was asked to sign with a passkey: nobody else's answer counts in it. */
    enrolmentAttempt: string
  }
}

/** What the routes need of the login, handed in because the login stands on this feature. */
export type EnrolmentRouteOptions = { keepToken: (request: FastifyRequest, token: string) => void }

/** 電子証明書取得 (C-02) on the portal's door; the waiting page and the download are `deliveryRoutes`. */
export const enrolmentRoutes = (
  app: FastifyInstance,
  deps: Deps,
  { keepToken }: EnrolmentRouteOptions,
): void => {
  app.get('/enrolment', { config: { policy: open('portal'), screen: 'CRT001' } }, (request, reply) =>
    formPage(request, reply, {}, []),
  )

  app.post('/enrolment', { config: { policy: open('portal'), screen: 'CRT001' } }, async (request, reply) => {
    const { passkey, ...typed } = enrolmentForm.parse(request.body ?? {})
    const asked = askedBy(request)
    const attempt = request.session.get('enrolmentAttempt')
    // What the page does not ask for is no part of the form, whatever was sent.
    const form = {
      ...typed,
      contractNumber: asked.contractNumber ? typed.contractNumber : '',
      password: asked.password ? typed.password : '',
      ...(asked.passkey && passkey !== '' && { passkey: { attempt: attempt ?? '', response: passkey } }),
    }
    const missing = blanks(request, form)
    if (missing.length > 0) return formPage(request, reply, form, missing)
    const taken = await takeLoginTry(deps, request, `enrolment ${form.contractNumber} ${form.loginId}`)
    if (!taken.ok) return reply.refuse(taken)
    const done = await enrol(deps, form, { host: request.hostname, origin: originOf(request) })
    if (!done.ok)
      return formPage(request, reply, form, [{ field: '', message: request.t(`reasons.${done.reason}`) }])
    await taken.value.giveBack()
    // The challenge took one, too: nobody gets this far by a passkey without having asked for it.
    if (form.passkey) await earlierTry(deps, request).giveBack()
    request.session.set('enrolmentAttempt', undefined)
    keepToken(request, done.value.token)
    return toDelivery(reply, done.value)
  })

  // The same answer for everybody: who holds a passkey is not asked before the password is right (B-05).
  app.post('/enrolment/passkey', { config: { policy: open('portal') } }, async (request, reply) => {
    const taken = await takeLoginTry(deps, request)
    if (!taken.ok || !askedBy(request).passkey) return reply.status(taken.ok ? 404 : 429).send({})
    const attempt = deps.ids.next()
    request.session.set('enrolmentAttempt', attempt)
    return passkeyForEnrolment(deps, attempt)
  })
}

/** Which of the fields the entrance's preset has beside user ID and acquisition password. */
const askedBy = (
  request: FastifyRequest,
): { contractNumber: boolean; password: boolean; passkey: boolean } => {
  const { loginId, certificate } = presetOf(entranceOf(request).preset)
  return {
    contractNumber: loginId.uniqueWithin === 'contract',
    password: certificate.proofs.every(proofs => proofs.includes('login-password')),
    passkey: certificate.proofs.some(proofs => proofs.includes('passkey')),
  }
}

const formPage = (
  request: FastifyRequest,
  reply: FastifyReply,
  { contractNumber = '', loginId = '' }: Partial<EnrolmentForm>,
  errors: FieldError[],
) =>
  reply.page(
    'enrolment/form',
    {
      screen: 'CRT001',
      title: request.t('enrolment.form.title'),
      asks: askedBy(request),
      action: `${entranceOf(request).path}/enrolment`,
      passkeyAddress: `${entranceOf(request).path}/enrolment/passkey`,
      values: { contractNumber, loginId },
      errors,
    },
    errors.length > 0 ? 422 : 200,
  )

const blanks = (request: FastifyRequest, form: EnrolmentForm): FieldError[] => {
  const { t } = request
  const asked = askedBy(request)
  const { passkey, ...texts } = form
  const errors = tooLongFields(request, texts)
  if (asked.contractNumber && (form.contractNumber ?? '').trim() === '')
    errors.push({ field: 'contractNumber', message: t('enrolment.errors.contractNumberMissing') })
  if (form.loginId.trim() === '')
    errors.push({ field: 'loginId', message: t('enrolment.errors.loginIdMissing') })
  if (asked.password && form.password === '')
    errors.push({ field: 'password', message: t('enrolment.errors.passwordMissing') })
  if (form.acquisitionPassword === '' && !passkey)
    errors.push({ field: 'acquisitionPassword', message: t('enrolment.errors.acquisitionPasswordMissing') })
  return errors
}
