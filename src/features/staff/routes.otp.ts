import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { toString as qrCode } from 'qrcode'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import type { Refusal } from '../../kernel/result.ts'
import { liveOf, staffActor, staffDuring } from '../../platform/http/policy.ts'
import { keepToken } from '../login/index.ts'
import { pendingKey } from '../otp/index.ts'
import { registerToken } from './login.ts'
import { landingOf } from './routes.visit.ts'

const address = '/helpdesk/otp/registration'
const config = { policy: staffDuring('second_factor'), screen: 'HD0008' }
const form = z.object({ oneTimePassword: z.string().max(100).catch('') })

/** The name that an authenticator app shows beside the code. */
const issuer = 'Sekisho Helpdesk'

/** An officer's one-time password, registered within the first login and after its recovery by two others (H-01). */
export const staffOtpRoutes = (app: FastifyInstance, deps: Deps): void => {
  const entrance = `${deps.settings.portalOrigin}/helpdesk`

  const keyOf = (request: FastifyRequest) => pendingKey(deps, staffActor(request), liveOf(request).id, issuer)

  const page = async (request: FastifyRequest, reply: FastifyReply, refusal?: Refusal) => {
    const key = await keyOf(request)
    // Another login has registered one meanwhile, or this one took a day: it begins anew at the entrance.
    if (!key) return reply.redirect(entrance, 303)
    return reply.page(
      'otp/registration',
      {
        screen: 'HD0008',
        title: request.t('staff.otp.title'),
        lead: request.t('staff.otp.lead'),
        key: key.text,
        base: address,
        backHref: entrance,
        errors: refusal
          ? [{ field: 'oneTimePassword', message: request.t(`reasons.${refusal.reason}`, refusal.params) }]
          : [],
      },
      refusal ? 422 : 200,
    )
  }

  app.get(address, { config }, (request, reply) => page(request, reply))

  // An image of its own, since the pages take no inline data.
  app.get(`${address}/qr.svg`, { config: { policy: config.policy } }, async (request, reply) => {
    const key = await keyOf(request)
    if (!key) return reply.callNotFound()
    return reply
      .header('cache-control', 'no-store')
      .type('image/svg+xml')
      .send(await qrCode(key.address, { type: 'svg', errorCorrectionLevel: 'M', margin: 2 }))
  })

  // A reload of the answer, or another language, comes back to the page.
  app.get(`${address}/check`, { config }, (_request, reply) => reply.redirect(address, 303))

  app.post(`${address}/check`, { config }, async (request, reply) => {
    const typed = form.parse(request.body ?? {}).oneTimePassword
    const done = await registerToken(deps, staffActor(request), liveOf(request), typed)
    if (done.ok) {
      keepToken(request, done.value.token)
      return reply.redirect(landingOf(done.value.stage), 303)
    }
    return done.reason.startsWith('otp.') ? page(request, reply, done) : reply.refuse(done)
  })
}
