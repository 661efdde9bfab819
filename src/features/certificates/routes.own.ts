import type {} from '@fastify/secure-session'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { formatsOf } from '../../platform/formats.ts'
import { liveOf, user, userActor } from '../../platform/http/policy.ts'
import { policyOf } from '../../policy/policy.ts'
import { entrancePath } from '../entrances/index.ts'
import { deletionGuidesFor } from './guides.ts'
import { goesByMailedCode } from './journey.ts'
import { findOwn, listOwn, type OwnCertificate, reportLoss } from './own.ts'
import type { Revoked } from './revocation.ts'

type Params = { Params: { id: string } }

const tones = {
  requested: 'info',
  prepared: 'info',
  signed: 'info',
  delivered: 'info',
  active: 'good',
  void: 'neutral',
  revoked: 'stopped',
  superseded: 'neutral',
  expired: 'neutral',
} as const satisfies Record<OwnCertificate['state'], string>

/** 私の証明書 (C-19): states, days left, last use; renewal, and the report of a lost computer. */
export const ownCertificateRoutes = (app: FastifyInstance, deps: Deps): void => {
  app.get('/certificates', { config: { policy: user(), screen: 'CRT021' } }, async (request, reply) => {
    const live = liveOf(request)
    const { t } = request
    const formats = formatsOf(request.language)
    const certificates = await listOwn(deps, userActor(request), live)
    const byCode = live.company !== undefined && goesByMailedCode(policyOf(live.company))
    const portal = deps.settings.portalOrigin
    const renewal = `${entrancePath(live.company?.entrance ?? '', deps.settings.defaultEntrance)}/renewal`
    return reply.page('certificates/own', {
      screen: 'CRT021',
      title: t('certificates.own.title'),
      rows: certificates.map(each => [
        {
          text: each.serial ?? t('certificates.own.noSerial'),
          ...(each.present && { sub: t('certificates.own.present') }),
        },
        {
          tag: {
            text: t(`certificates.states.${each.state}`),
            tone: each.usable || each.state !== 'active' ? tones[each.state] : 'neutral',
          },
        },
        each.notAfter ? formats.dateTimeCompact(each.notAfter) : '',
        each.daysLeft === null ? '' : t('certificates.own.days', { days: each.daysLeft }),
        each.lastUsedAt ? formats.dateTimeCompact(each.lastUsedAt) : t('certificates.own.neverUsed'),
        [
          // A renewal shows the certificate: only the one in use can be renewed from here.
          ...(each.renewable && (each.present || byCode)
            ? [
                {
                  text: t('certificates.own.renew'),
                  href: byCode ? `${portal}/e/${live.company?.entrance}/certificate-issue` : renewal,
                  label: each.serial ?? '',
                },
              ]
            : []),
          ...(each.usable
            ? [
                {
                  text: t('certificates.own.loss'),
                  href: `/certificates/${each.id}/loss-report`,
                  label: each.serial ?? '',
                },
              ]
            : []),
        ],
      ]),
    })
  })

  app.get<Params>(
    '/certificates/:id/loss-report',
    { config: { policy: user(), screen: 'CRT022' } },
    async (request, reply) => {
      const live = liveOf(request)
      const own = await listOwn(deps, userActor(request), live)
      const found = await findOwn(deps, userActor(request), live, request.params.id)
      if (!found.ok) return reply.refuse(found)
      if (!found.value.usable) return reply.refuse({ ok: false, reason: 'certificate.state' })
      return reply.page('certificates/loss-confirm', {
        screen: 'CRT022',
        title: request.t('certificates.loss.title'),
        rows: rowsOf(request, found.value),
        // All of them end: whichever of them this session was opened with.
        present: own.some(each => each.present),
        action: `/certificates/${found.value.id}/loss-report`,
      })
    },
  )

  app.post<Params>(
    '/certificates/:id/loss-report',
    { config: { policy: user(), screen: 'CRT023' } },
    async (request, reply) => {
      const actor = userActor(request)
      const live = liveOf(request)
      const done = await reportLoss(deps, actor, request.params.id)
      if (!done.ok) return reply.refuse(done)
      const ended = done.value.some(each => each.certificateId === live.certificateId)
      if (ended) request.session.delete()
      return lossPage(request, reply, { revoked: done.value, ended })
    },
  )
}

/** Where the report ends; where it has ended this very session, as a page before login (C-18). */
const lossPage = (
  request: FastifyRequest,
  reply: FastifyReply,
  { revoked, ended }: { revoked: Revoked[]; ended: boolean },
) => {
  const { t } = request
  return reply.page('certificates/loss-result', {
    screen: 'CRT023',
    title: t('certificates.loss.done'),
    rows: revoked.flatMap(({ serial, revokedAt }) => [
      { label: t('certificates.own.serial'), value: serial },
      { label: t('certificates.own.state'), value: t('certificates.states.revoked') },
      { label: t('certificates.loss.at'), value: formatsOf(request.language).dateTime(revokedAt) },
    ]),
    guides: deletionGuidesFor(t),
    ended,
    ...(ended && { layout: 'plain' as const, header: undefined, navigation: [], idleSeconds: undefined }),
  })
}

const rowsOf = (request: FastifyRequest, certificate: OwnCertificate) => {
  const { t } = request
  const formats = formatsOf(request.language)
  return [
    { label: t('certificates.own.serial'), value: certificate.serial ?? '' },
    {
      label: t('certificates.own.notAfter'),
      value: certificate.notAfter ? formats.dateTime(certificate.notAfter) : '',
    },
    {
      label: t('certificates.own.lastUsedAt'),
      value: certificate.lastUsedAt
        ? formats.dateTime(certificate.lastUsedAt)
        : t('certificates.own.neverUsed'),
    },
  ]
}
