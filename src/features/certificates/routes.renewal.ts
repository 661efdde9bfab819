import type {} from '@fastify/secure-session'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { refuse } from '../../kernel/result.ts'
import { originOf } from '../../platform/http/guard.ts'
import { takeLoginTry } from '../../platform/http/login-rate.ts'
import { open } from '../../platform/http/policy.ts'
import { longestTyped, typedText } from '../../platform/http/typed-text.ts'
import { policyOf } from '../../policy/policy.ts'
import { entranceOf, entrancePath } from '../entrances/index.ts'
import { namedTo, type PresentedUser } from './presented.ts'
import { hindranceOf, type RenewalRefusal, renew } from './renewal.ts'
import { toDelivery } from './routes.delivery.ts'
import { renewalOpensAt } from './window.ts'

const passwordForm = z.object({ password: typedText })

/** What the routes need of the login, handed in because the login stands on this feature. */
export type RenewalRouteOptions = {
  keepToken: (request: FastifyRequest, token: string) => void
  /** The user whom the certificate names; otherwise it has answered with which certificate is wrong (B-02). */
  presentedUser: (
    deps: Deps,
    request: FastifyRequest,
    reply: FastifyReply,
  ) => Promise<PresentedUser | undefined>
}

/** 証明書更新 (C-04): on the certificate's door, for whom the certificate names. */
export const renewalRoutes = (
  app: FastifyInstance,
  deps: Deps,
  { keepToken, presentedUser }: RenewalRouteOptions,
): void => {
  const config = { policy: open('certificate'), screen: 'CRT011' }

  app.get('/renewal', { config }, async (request, reply) => {
    const presented = await presentedUser(deps, request, reply)
    if (!presented) return reply
    // Whom the certificate names comes in by another door: their words and their links are that one's (B-00).
    const path = entrancePath(presented.company.entrance, deps.settings.defaultEntrance)
    if (path !== entranceOf(request).path) return reply.redirect(`${path}/renewal`, 303)
    const hindrance = hindranceOf(deps, presented)
    return hindrance
      ? refusedPage(request, reply, presented, hindrance.reason)
      : renewalPage(request, reply, presented)
  })

  app.post('/renewal', { config }, async (request, reply) => {
    const presented = await presentedUser(deps, request, reply)
    if (!presented) return reply
    const { password } = passwordForm.parse(request.body ?? {})
    if (password === '')
      return renewalPage(request, reply, presented, request.t('reasons.login.passwordMissing'))
    if (password.length > longestTyped)
      return renewalPage(request, reply, presented, request.t('reasons.login.tooLong'))
    const taken = await takeLoginTry(deps, request)
    if (!taken.ok) return reply.refuse(taken)
    const done = await renew(deps, presented, password, {
      host: request.hostname,
      origin: originOf(request),
    })
    if (!done.ok)
      return isTriedAgain(done.reason)
        ? renewalPage(request, reply, presented, request.t(`reasons.${done.reason}`))
        : refusedPage(request, reply, presented, done.reason)
    await taken.value.giveBack()
    keepToken(request, done.value.token)
    return toDelivery(reply, done.value)
  })
}

/** What is mended by typing the password again, now or in a while, is said beside it. */
const isTriedAgain = (reason: RenewalRefusal): boolean =>
  reason === 'login.wrong' || reason === 'login.waiting' || reason === 'login.busy'

const renewalPage = (
  request: FastifyRequest,
  reply: FastifyReply,
  presented: PresentedUser,
  error?: string,
) =>
  reply.page(
    'enrolment/renewal',
    {
      screen: 'CRT011',
      title: request.t('enrolment.renewal.title'),
      named: namedTo(presented),
      notAfter: presented.notAfter,
      errors: error ? [{ field: 'password', message: error }] : [],
    },
    error ? 422 : 200,
  )

const refusedPage = (
  request: FastifyRequest,
  reply: FastifyReply,
  presented: PresentedUser,
  reason: RenewalRefusal,
) => {
  const { renewalWindow } = policyOf(presented.company).certificate
  return reply.page(
    'enrolment/renewal-refused',
    {
      screen: 'CRT012',
      title: request.t('enrolment.renewal.refused.title'),
      message: request.t(`reasons.${refuse(reason).reason}`),
      notAfter: presented.notAfter,
      opensAt: reason === 'renewal.notInWindow' ? renewalOpensAt(presented.notAfter, renewalWindow) : null,
    },
    reason.startsWith('login.') ? 403 : 409,
  )
}
