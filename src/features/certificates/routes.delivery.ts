import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { minute } from '../../kernel/clock.ts'
import { enrolment, userActor } from '../../platform/http/policy.ts'
import { policyOf, type SecurityPolicy } from '../../policy/policy.ts'
import { certificateLoginKey, entrancePath } from '../entrances/index.ts'
import { type Delivery, downloadFile, findDelivery, showFilePassword } from './delivery.ts'
import { filePasswordKind } from './file-password.ts'
import { guidesFor } from './guides.ts'
import { certificateWay, goesByMailedCode, journeyAt } from './journey.ts'

type Params = { Params: { certificateId: string } }

/** Without JavaScript the waiting page asks again by itself this often, in seconds. */
const refreshSeconds = 3
/** After as many seconds the waiting page says that it takes longer than usual. */
const usualSeconds = 1 * minute

/** From the request to the file: the waiting page, the result page, the download (C-02, C-03, C-11); by both doors. */
export const deliveryRoutes = (app: FastifyInstance, deps: Deps): void => {
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
    { config: { policy: enrolment(), screen: 'CRT003', file: true }, exposeHeadRoute: false },
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

  const secret = { policy: enrolment(), screen: 'CRT005' }
  // What was shown is gone: a reload or another language comes back to the certificate, which says so.
  app.get<Params>('/enrolment/:certificateId/file-password', { config: secret }, (request, reply) =>
    toDelivery(reply, { certificateId: encodeURIComponent(request.params.certificateId) }),
  )

  app.post<Params>('/enrolment/:certificateId/file-password', { config: secret }, async (request, reply) => {
    const found = await findDelivery(deps, userActor(request), request.params.certificateId)
    if (!found.ok) return reply.refuse(found)
    const filePassword = await showFilePassword(deps, userActor(request), found.value)
    if (filePassword === undefined) return toDelivery(reply, found.value)
    return reply.header('cache-control', 'no-store').page('enrolment/file-password', {
      screen: 'CRT005',
      title: request.t('enrolment.filePassword.title'),
      filePassword,
      onHref: `/enrolment/${found.value.certificateId}`,
    })
  })
}

/** Leads on to the waiting page, from which everything else of a certificate can be reached again. */
export const toDelivery = (reply: FastifyReply, { certificateId }: { certificateId: string }): FastifyReply =>
  reply.redirect(`/enrolment/${certificateId}`, 303)

const policyAt = (request: FastifyRequest) => {
  const company = request.live?.company
  if (!company) throw new Error(`${request.routeOptions.url} is reached without a company`)
  return policyOf(company)
}

const entrancePathOf = (deps: Deps, request: FastifyRequest): string =>
  entrancePath(request.live?.company?.entrance ?? '', deps.settings.defaultEntrance)

const deliveryPage = (deps: Deps, request: FastifyRequest, reply: FastifyReply, delivery: Delivery) => {
  const { t } = request
  const address = `/enrolment/${delivery.certificateId}`
  const policy = policyAt(request)
  const byCode = goesByMailedCode(policy)
  const login = t(certificateLoginKey(request.live?.company?.preset))
  switch (delivery.progress) {
    case 'issuing':
      return reply.page('enrolment/waiting', {
        screen: 'CRT002',
        title: t('enrolment.waiting.title'),
        refreshSeconds,
        waiting: { text: waitingText(deps, request, delivery), pollUrl: `${address}/state` },
        ...(byCode && { progress: journeyAt(t, 'issuing') }),
      })
    case 'ready': {
      const kind = filePasswordKind(policy.certificate, delivery.purpose)
      // C-03: it downloads by itself, with or without JavaScript, once; the button is there for every other time. A password
      // that is shown once comes first: a download that begins while it is on its way would take its page's place.
      const byItself = byCode && delivery.state === 'signed' && delivery.madePassword !== 'kept'
      if (byItself) reply.header('refresh', `1; url=${address}/file`)
      return reply.page('enrolment/download', {
        screen: 'CRT003',
        title: t(byCode ? 'enrolment.download.resultTitle' : 'enrolment.download.title'),
        byItself,
        loginId: userActor(request).loginId,
        notAfter: delivery.notAfter,
        until: delivery.until,
        // One is made as well where what was typed can't protect a file (C-12).
        filePassword: t(`enrolment.download.passwords.${delivery.madePassword ? 'one-time' : kind}`),
        madePassword: delivery.madePassword,
        secretHref: `${address}/file-password`,
        renewal: delivery.purpose === 'renewal',
        overlap:
          delivery.purpose === 'renewal' && t(`enrolment.download.overlap.${policy.certificate.overlap}`),
        fileHref: `${address}/file`,
        guides: guidesFor(t, entrancePathOf(deps, request), byCode),
        portal: deps.settings.portalOrigin,
        login,
        ...(byCode && { progress: journeyAt(t, 'result') }),
      })
    }
    case 'gone':
      return reply.page('enrolment/gone', {
        screen: 'CRT004',
        title: t('enrolment.gone.title'),
        why: whyGone(delivery),
        next: t(nextKey(policy, delivery), { login }),
        madePassword: whyGone(delivery) === 'late' ? delivery.madePassword : undefined,
        secretHref: `${address}/file-password`,
        renewal: delivery.purpose === 'renewal',
        portal: deps.settings.portalOrigin,
      })
  }
}

const whyGone = ({ state }: Delivery): 'used' | 'ended' | 'late' => {
  if (state === 'active') return 'used'
  return state === 'revoked' || state === 'superseded' || state === 'void' ? 'ended' : 'late'
}

/** What its owner does next: where the file was not had in time, that depends on how they get another (C-02 to C-05). */
const nextKey = (policy: SecurityPolicy, delivery: Delivery): string => {
  const why = whyGone(delivery)
  if (why !== 'late') return `enrolment.gone.${why}.next`
  if (delivery.purpose !== 'renewal') return `enrolment.gone.late.by.${certificateWay(policy)}`
  return `enrolment.gone.late.by.${goesByMailedCode(policy) ? 'renewalByCode' : 'renewal'}`
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
