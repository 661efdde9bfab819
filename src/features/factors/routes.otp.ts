import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { toString as qrCode } from 'qrcode'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import type { Refusal } from '../../kernel/result.ts'
import { liveOf, userActor, userDuring } from '../../platform/http/policy.ts'
import { beginRegistration, finishRegistration, pendingKey, removeOwnToken } from '../otp/index.ts'
import type { FactorRouteOptions } from './routes.login.ts'
import { reauthenticationFirst } from './routes.reauthentication.ts'
import { choiceOf, factorsOfSession } from './visit.ts'

const address = '/otp/registration'
const config = { policy: userDuring('second_factor', 'open'), screen: 'OTP001' }
const form = z.object({ oneTimePassword: z.string().max(100).catch('') })

/** The name that an authenticator app shows beside the code. */
const issuer = 'Sekisho'

/**
 * Registration of a one-time password (B-17): QR code, check code. Reached within the login by who holds no factor yet,
 * and from the security settings by who has just authenticated anew (B-22).
 */
export const otpRegistrationRoutes = (
  app: FastifyInstance,
  deps: Deps,
  options: FactorRouteOptions,
): void => {
  /** Where to go instead of registering here and now; undefined where nothing stands in the way. */
  const elsewhereFor = async (request: FastifyRequest): Promise<string | undefined> => {
    const live = liveOf(request)
    if (live.stage === 'second_factor') {
      const { registrable } = await choiceOf(deps, live)
      return registrable.includes('totp') ? undefined : '/login/second-factor'
    }
    if (!factorsOfSession(live).includes('totp')) return '/security'
    return reauthenticationFirst(deps, request, '/security')
  }

  const page = async (request: FastifyRequest, reply: FastifyReply, refusal?: Refusal) => {
    const key = await pendingKey(deps, userActor(request), liveOf(request).id, issuer)
    const during = liveOf(request).stage === 'second_factor'
    if (!key) return reply.redirect(during ? '/login/second-factor' : '/security', 303)
    return reply.page(
      'otp/registration',
      {
        screen: 'OTP001',
        title: request.t('factors.otp.registration.title'),
        key: key.text,
        base: address,
        backHref: during ? '/login/second-factor' : '/security',
        errors: refusal
          ? [{ field: 'oneTimePassword', message: request.t(`reasons.${refusal.reason}`, refusal.params) }]
          : [],
      },
      refusal ? 422 : 200,
    )
  }

  app.post(address, { config }, async (request, reply) => {
    const elsewhere = await elsewhereFor(request)
    if (elsewhere) return reply.redirect(elsewhere, 303)
    const begun = await beginRegistration(deps, userActor(request), liveOf(request))
    return begun.ok ? reply.redirect(address, 303) : reply.refuse(begun)
  })

  app.get(address, { config }, async (request, reply) => {
    const elsewhere = await elsewhereFor(request)
    return elsewhere ? reply.redirect(elsewhere, 303) : page(request, reply)
  })

  // An image of its own, since the pages take no inline data.
  app.get(`${address}/qr.svg`, { config: { policy: config.policy } }, async (request, reply) => {
    const elsewhere = await elsewhereFor(request)
    if (elsewhere) return reply.redirect(elsewhere, 303)
    const key = await pendingKey(deps, userActor(request), liveOf(request).id, issuer)
    if (!key) return reply.callNotFound()
    return reply
      .header('cache-control', 'no-store')
      .type('image/svg+xml')
      .send(await qrCode(key.address, { type: 'svg', errorCorrectionLevel: 'M', margin: 2 }))
  })

  app.post(`${address}/check`, { config }, async (request, reply) => {
    const elsewhere = await elsewhereFor(request)
    if (elsewhere) return reply.redirect(elsewhere, 303)
    const live = liveOf(request)
    const actor = userActor(request)
    const done = await finishRegistration(deps, actor, live, form.parse(request.body ?? {}).oneTimePassword)
    if (!done.ok) return done.reason.startsWith('otp.') ? page(request, reply, done) : reply.refuse(done)
    if (live.stage === 'open') return reply.redirect('/security?done=otp', 303)
    // The check code proved the token a moment ago: that is this login's second factor.
    return options.goOn(request, reply, { recovered: false })
  })

  app.post(
    '/security/otp-removal',
    { config: { policy: userDuring('open'), screen: 'SEC001' } },
    async (request, reply) => {
      const elsewhere = reauthenticationFirst(deps, request, '/security')
      if (elsewhere) return reply.redirect(elsewhere, 303)
      const removed = await removeOwnToken(deps, userActor(request), liveOf(request))
      return removed.ok ? reply.redirect('/security?done=otp-removed', 303) : reply.refuse(removed)
    },
  )
}
