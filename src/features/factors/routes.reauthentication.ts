import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import type { Refusal } from '../../kernel/result.ts'
import { liveOf, user, userActor } from '../../platform/http/policy.ts'
import { safePath } from '../../platform/http/return-path.ts'
import { authenticationOptions } from '../passkeys/index.ts'
import { reauthenticate } from './commands.ts'
import { isFresh } from './fresh.ts'
import { type Holdings, heldAmong, holdingsOf } from './queries.ts'
import type { FactorRouteOptions } from './routes.login.ts'
import { factorsOfSession } from './visit.ts'

const address = '/reauthentication'
const config = { policy: user(), screen: 'SEC002' }

const typed = z.string().max(20_000).catch('')
const form = z.object({
  proof: z.enum(['totp', 'passkey', 'password']).catch('password'),
  oneTimePassword: typed,
  passkey: typed,
  loginPassword: typed,
  next: typed,
})

const fieldOf = { totp: 'oneTimePassword', passkey: 'passkey', password: 'loginPassword' } as const

/** Where the user proves once more who they are, and comes back from to `next`, a path of this host. */
export const reauthenticationHref = (next: string): string => `${address}?next=${encodeURIComponent(next)}`

/**
 * Where the user authenticates anew before a change of a factor or an address (B-22), or undefined where they have just
 * done so: call it first in the handler of such a change, and redirect there.
 * @param next the page to come back to
 */
export const reauthenticationFirst = (
  deps: Deps,
  request: FastifyRequest,
  next: string,
): string | undefined => (isFresh(deps, liveOf(request)) ? undefined : reauthenticationHref(next))

/** Passkeys belong to the portal's own host; a certificate session elsewhere can't ask for one. */
const reachesPasskeys = (deps: Deps, request: FastifyRequest): boolean =>
  request.hostname === new URL(deps.settings.portalOrigin).hostname

/** The strongest of what the user holds and this page can ask for; the password where they hold nothing more. */
const proofsOf = (deps: Deps, request: FastifyRequest, holdings: Holdings) => {
  const kinds = factorsOfSession(liveOf(request)).filter(
    kind => kind === 'totp' || (kind === 'passkey' && reachesPasskeys(deps, request)),
  )
  const held = heldAmong(holdings, kinds)
  return held.length > 0 ? held : (['password'] as const)
}

/** A service may ask for a newer proof than the login's (G-05). */
const isOfService = (next: string): boolean => next.startsWith('/authorization/')

/** 「ご本人の再確認」 before a change of a factor or an address (B-22). */
export const reauthenticationRoutes = (
  app: FastifyInstance,
  deps: Deps,
  options: Pick<FactorRouteOptions, 'keepToken'>,
): void => {
  const page = async (
    request: FastifyRequest,
    reply: FastifyReply,
    next: string,
    shown?: { field: string; refusal: Refusal },
  ) => {
    const { companyId, id: userId } = userActor(request)
    const holdings = await holdingsOf(deps.db, { companyId, userId })
    const proofs: readonly string[] = proofsOf(deps, request, holdings)
    return reply.page(
      'factors/reauthentication',
      {
        screen: 'SEC002',
        title: request.t('factors.reauthentication.title'),
        totp: proofs.includes('totp'),
        passkey: proofs.includes('passkey'),
        password: proofs.includes('password'),
        passkeyElsewhere:
          !reachesPasskeys(deps, request) &&
          factorsOfSession(liveOf(request)).includes('passkey') &&
          heldAmong(holdings, ['passkey']).length > 0,
        next,
        lead: request.t(`factors.reauthentication.${isOfService(next) ? 'leadOfService' : 'lead'}`),
        backHref: isOfService(next) ? '/home' : '/security',
        errors: shown
          ? [
              {
                field: shown.field,
                message: request.t(`reasons.${shown.refusal.reason}`, shown.refusal.params),
              },
            ]
          : [],
      },
      shown ? 422 : 200,
    )
  }

  app.get(address, { config }, (request, reply) =>
    page(request, reply, safePath((request.query as { next?: unknown }).next)),
  )

  app.post(address, { config }, async (request, reply) => {
    const actor = userActor(request)
    const { proof, next, ...given } = form.parse(request.body ?? {})
    const { companyId, id: userId } = actor
    const proofs: readonly string[] = proofsOf(
      deps,
      request,
      await holdingsOf(deps.db, { companyId, userId }),
    )
    const field = fieldOf[proof]
    if (!proofs.includes(proof))
      return page(request, reply, safePath(next), {
        field,
        refusal: { ok: false, reason: 'secondFactor.notOffered' },
      })
    const done = await reauthenticate(deps, actor, liveOf(request), proof, given[field])
    if (!done.ok)
      return done.reason === 'session.stage'
        ? reply.refuse(done)
        : page(request, reply, safePath(next), { field, refusal: done })
    options.keepToken(request, done.value.token)
    return reply.redirect(safePath(next), 303)
  })

  app.post(`${address}/passkey`, { config: { policy: config.policy } }, async request =>
    authenticationOptions(deps, userActor(request), { purpose: 'step_up', sessionId: liveOf(request).id }),
  )
}
