import type {} from '@fastify/cookie'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { formatsOf } from '../../platform/formats.ts'
import { keepLanguage } from '../../platform/http/language.ts'
import { open } from '../../platform/http/policy.ts'
import { protocolOf } from '../../platform/tls/peer.ts'
import { findPresented } from '../certificates/index.ts'
import { entranceOf } from '../entrances/index.ts'
import { freshCertificateHost } from '../login/index.ts'
import { type CertificateOutcome, certificateOutcomes, checkItems } from './check.ts'

const cookieName = '__Host-check'

const query = z.object({
  /** The cookie has been set before: without it now, the browser keeps none. */
  tried: z.string().optional().catch(undefined),
  certificate: z.enum(certificateOutcomes).optional().catch(undefined),
})

/**
 * ご利用環境の確認 (C-17): what a manual spends twenty pages on, looked at by the portal itself, each item with its remedy.
 * Nothing is recorded and nobody need be known.
 */
export const selfCheckRoutes = (app: FastifyInstance, deps: Deps): void => {
  app.get('/check', { config: { policy: open('portal'), screen: 'CHK001' } }, (request, reply) => {
    const { tried, certificate } = query.parse(request.query)
    const { path } = entranceOf(request)
    const cookies = request.cookies[cookieName] !== undefined
    if (!cookies && tried === undefined) {
      const asked = new URLSearchParams({
        tried: '1',
        lang: request.language,
        ...(certificate && { certificate }),
      })
      return reply
        .setCookie(cookieName, '1', { path: '/', secure: true, httpOnly: true, sameSite: 'lax', maxAge: 600 })
        .redirect(`${path}/check?${asked}`, 303)
    }
    const now = deps.clock.now()
    return reply.page('self-check/check', {
      screen: 'CHK001',
      title: request.t('check.title'),
      items: checkItems({ protocol: protocolOf(request.raw), cookies, certificate }),
      now: formatsOf(request.language).dateTime(now),
      // For the script, which compares it with the computer's own.
      milliseconds: now.getTime(),
      path,
    })
  })

  // On a host of its own, so that the browser asks which certificate to show (B-03).
  app.get('/check/certificate', { config: { policy: open('portal') } }, (request, reply) =>
    reply
      .header('cache-control', 'no-store')
      .redirect(
        `${freshCertificateHost(deps)}${entranceOf(request).path}/check/presented?lang=${request.language}`,
        303,
      ),
  )

  app.get('/check/presented', { config: { policy: open('certificate') } }, async (request, reply) => {
    keepLanguage(reply, request.language)
    const presented = await findPresented(deps, request.peer)
    const outcome: CertificateOutcome = presented.ok
      ? presented.value.kind === 'staff'
        ? 'staff'
        : 'usable'
      : (presented.reason.slice('certificate.'.length) as CertificateOutcome)
    return reply.redirect(
      `${deps.settings.portalOrigin}${entranceOf(request).path}/check?tried=1&certificate=${outcome}#certificate`,
      303,
    )
  })

  app.get('/check/file', { config: { policy: open('portal') } }, (request, reply) =>
    reply
      .type('text/plain; charset=utf-8')
      .header('content-disposition', 'attachment; filename="sekisho-check.txt"')
      .send(`${request.t('check.file')}\r\n`),
  )
}
