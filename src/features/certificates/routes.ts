import type {} from '@fastify/secure-session'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { minute } from '../../kernel/clock.ts'
import { originOf } from '../../platform/http/guard.ts'
import { enrolment, open, userActor } from '../../platform/http/policy.ts'
import type { FieldError } from '../../platform/http/view.ts'
import { type Delivery, downloadFile, findDelivery } from './delivery.ts'
import { type EnrolmentForm, enrol } from './enrolment.ts'

const text = z.string().max(1024).catch('')
const enrolmentForm = z.object({ loginId: text, password: text, acquisitionPassword: text })
type Params = { Params: { certificateId: string } }

/** What the routes need of the login, handed in because the login stands on this feature. */
export type EnrolmentRouteOptions = { keepToken: (request: FastifyRequest, token: string) => void }

/** Without JavaScript the waiting page asks again by itself this often, in seconds. */
const refreshSeconds = 3
/** After as many seconds the waiting page says that it takes longer than usual. */
const usualSeconds = 1 * minute

/** 電子証明書取得 (C-02, C-11): the form, the waiting page, the download. All on the portal's door. */
export const enrolmentRoutes = (
  app: FastifyInstance,
  deps: Deps,
  { keepToken }: EnrolmentRouteOptions,
): void => {
  app.get('/enrolment', { config: { policy: open('portal'), screen: 'CRT001' } }, (request, reply) =>
    formPage(request, reply, '', []),
  )

  app.post('/enrolment', { config: { policy: open('portal'), screen: 'CRT001' } }, async (request, reply) => {
    const form = enrolmentForm.parse(request.body ?? {})
    const missing = blanks(request, form)
    if (missing.length > 0) return formPage(request, reply, form.loginId, missing)
    const done = await enrol(deps, form, { host: request.hostname, origin: originOf(request) })
    if (!done.ok)
      return formPage(request, reply, form.loginId, [
        { field: '', message: request.t(`reasons.${done.reason}`) },
      ])
    keepToken(request, done.value.token)
    return reply.redirect(`/enrolment/${done.value.certificateId}`, 303)
  })

  app.get<Params>(
    '/enrolment/:certificateId',
    { config: { policy: enrolment(), screen: 'CRT002' } },
    async (request, reply) => {
      const found = await findDelivery(deps, userActor(request), request.params.certificateId)
      return found.ok ? deliveryPage(deps, request, reply, found.value) : reply.refuse(found)
    },
  )

  app.get<Params>(
    '/enrolment/:certificateId/state',
    { config: { policy: enrolment(), screen: 'CRT002' } },
    async (request, reply) => {
      const found = await findDelivery(deps, userActor(request), request.params.certificateId)
      if (!found.ok) return reply.refuse(found)
      return reply.send(
        found.value.progress === 'issuing'
          ? { done: false, message: waitingText(deps, request, found.value) }
          : { done: true, href: `/enrolment/${found.value.certificateId}` },
      )
    },
  )

  app.get<Params>(
    '/enrolment/:certificateId/file',
    // Asking for the headers alone is no delivery.
    { config: { policy: enrolment(), screen: 'CRT003' }, exposeHeadRoute: false },
    async (request, reply) => {
      const { certificateId } = request.params
      const done = await downloadFile(deps, userActor(request), certificateId)
      if (done.ok)
        return reply
          .type('application/x-pkcs12')
          .header('content-disposition', attachment(done.value.name))
          .send(done.value.file)
      return done.reason === 'certificate.notFound'
        ? reply.refuse(done)
        : reply.redirect(`/enrolment/${certificateId}`, 303)
    },
  )
}

const formPage = (request: FastifyRequest, reply: FastifyReply, loginId: string, errors: FieldError[]) =>
  reply.page(
    'enrolment/form',
    { screen: 'CRT001', title: request.t('enrolment.form.title'), values: { loginId }, errors },
    errors.length > 0 ? 422 : 200,
  )

const blanks = ({ t }: FastifyRequest, form: EnrolmentForm): FieldError[] => {
  const errors: FieldError[] = []
  if (form.loginId.trim() === '')
    errors.push({ field: 'loginId', message: t('enrolment.errors.loginIdMissing') })
  if (form.password === '') errors.push({ field: 'password', message: t('enrolment.errors.passwordMissing') })
  if (form.acquisitionPassword === '')
    errors.push({ field: 'acquisitionPassword', message: t('enrolment.errors.acquisitionPasswordMissing') })
  return errors
}

const deliveryPage = (deps: Deps, request: FastifyRequest, reply: FastifyReply, delivery: Delivery) => {
  const { t } = request
  const address = `/enrolment/${delivery.certificateId}`
  switch (delivery.progress) {
    case 'issuing':
      return reply.page('enrolment/waiting', {
        screen: 'CRT002',
        title: t('enrolment.waiting.title'),
        refreshSeconds,
        waiting: { text: waitingText(deps, request, delivery), pollUrl: `${address}/state` },
      })
    case 'ready':
      return reply.page('enrolment/download', {
        screen: 'CRT003',
        title: t('enrolment.download.title'),
        loginId: userActor(request).loginId,
        notAfter: delivery.notAfter,
        until: delivery.until,
        fileHref: `${address}/file`,
      })
    case 'gone':
      return reply.page('enrolment/gone', {
        screen: 'CRT004',
        title: t('enrolment.gone.title'),
        used: delivery.state === 'active',
      })
  }
}

const waitingText = (deps: Deps, { t }: FastifyRequest, { requestedAt }: Delivery): string => {
  const waited = (deps.clock.now().getTime() - requestedAt.getTime()) / 1000
  return t(waited > usualSeconds ? 'enrolment.waiting.longer' : 'enrolment.waiting.text')
}

/** A file's name in the header: plain where it can be, and encoded for login IDs that are not (RFC 6266, 8187). */
const attachment = (name: string): string => {
  const plain = name.replaceAll(/[^\w.-]/g, '_')
  const encoded = encodeURIComponent(name).replaceAll(
    /['()*]/g,
    letter => `%${letter.charCodeAt(0).toString(16)}`,
  )
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`
}
