import type {} from '@fastify/secure-session'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { originOf } from '../../platform/http/guard.ts'
import { takeLoginTry } from '../../platform/http/login-rate.ts'
import { open } from '../../platform/http/policy.ts'
import { tooLongFields, typedText } from '../../platform/http/typed-text.ts'
import type { FieldError } from '../../platform/http/view.ts'
import { presetOf } from '../../policy/policy.ts'
import { entranceOf } from '../entrances/index.ts'
import { type EnrolmentForm, enrol } from './enrolment.ts'
import { toDelivery } from './routes.delivery.ts'

const enrolmentForm = z.object({
  contractNumber: typedText,
  loginId: typedText,
  password: typedText,
  acquisitionPassword: typedText,
})

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
    const typed = enrolmentForm.parse(request.body ?? {})
    const asked = askedBy(request)
    // What the page does not ask for is no part of the form, whatever was sent.
    const form = {
      ...typed,
      contractNumber: asked.contractNumber ? typed.contractNumber : '',
      password: asked.password ? typed.password : '',
    }
    const missing = blanks(request, form)
    if (missing.length > 0) return formPage(request, reply, form, missing)
    const taken = await takeLoginTry(deps, request, `enrolment ${form.contractNumber} ${form.loginId}`)
    if (!taken.ok) return reply.refuse(taken)
    const done = await enrol(deps, form, { host: request.hostname, origin: originOf(request) })
    if (!done.ok)
      return formPage(request, reply, form, [{ field: '', message: request.t(`reasons.${done.reason}`) }])
    await taken.value.giveBack()
    keepToken(request, done.value.token)
    return toDelivery(request, reply, done.value)
  })
}

/** Which of the fields the entrance's preset has beside user ID and acquisition password. */
const askedBy = (request: FastifyRequest): { contractNumber: boolean; password: boolean } => {
  const { loginId, certificate } = presetOf(entranceOf(request).preset)
  return {
    contractNumber: loginId.uniqueWithin === 'contract',
    password: certificate.proofs.every(proofs => proofs.includes('login-password')),
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
      values: { contractNumber, loginId },
      errors,
    },
    errors.length > 0 ? 422 : 200,
  )

const blanks = (request: FastifyRequest, form: EnrolmentForm): FieldError[] => {
  const { t } = request
  const asked = askedBy(request)
  const errors = tooLongFields(request, form)
  if (asked.contractNumber && (form.contractNumber ?? '').trim() === '')
    errors.push({ field: 'contractNumber', message: t('enrolment.errors.contractNumberMissing') })
  if (form.loginId.trim() === '')
    errors.push({ field: 'loginId', message: t('enrolment.errors.loginIdMissing') })
  if (asked.password && form.password === '')
    errors.push({ field: 'password', message: t('enrolment.errors.passwordMissing') })
  if (form.acquisitionPassword === '')
    errors.push({ field: 'acquisitionPassword', message: t('enrolment.errors.acquisitionPasswordMissing') })
  return errors
}
