import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import type { Refusal, Result } from '../../kernel/result.ts'
import { liveOf, userActor, userDuring } from '../../platform/http/policy.ts'
import { isCodeAwaited } from '../codes/index.ts'
import { authenticationOptions } from '../passkeys/index.ts'
import { lockedUser } from '../passwords/index.ts'
import type { AdvanceRefusal } from '../sessions/index.ts'
import { sendContactCode } from './commands.contacts.ts'
import { type ProofRefusal, proveFirstMobile, proveSecondFactor, sendLoginCode } from './commands.ts'
import { maskedMobile, readMobile } from './mobile.ts'
import { choiceOf, policyOfSession } from './visit.ts'

/** What the routes need of the login, handed in because the login stands beside this feature. */
export type FactorRouteOptions = {
  /** Ends the stage `second_factor`: a new token in the cookie, and on to the page of the next stage. */
  goOn: (request: FastifyRequest, reply: FastifyReply, how: { recovered: boolean }) => Promise<FastifyReply>
  keepToken: (request: FastifyRequest, token: string) => void
}

const address = '/login/second-factor'
const config = { policy: userDuring('second_factor'), screen: 'LGN010' }

const typed = z.string().max(20_000).catch('')
const form = z.object({
  proof: z.enum(['totp', 'sms', 'passkey', 'recovery', 'mobile']).catch('totp'),
  oneTimePassword: typed,
  code: typed,
  passkey: typed,
  recoveryCode: typed,
  mobile: typed,
})

const fieldOf = {
  totp: 'oneTimePassword',
  sms: 'code',
  passkey: 'passkey',
  recovery: 'recoveryCode',
  mobile: 'code',
} as const

/** Who registers another mobile number for whom this login is: somebody of their company, or the bank (B-18, D-14). */
const numberHelper = async (deps: Deps, request: FastifyRequest): Promise<'administrator' | 'helpdesk'> => {
  const { id: userId, companyId } = userActor(request)
  const policy = policyOfSession(liveOf(request))
  const { helpless } = await lockedUser(deps, deps.db, policy, { companyId, userId })
  return helpless ? 'helpdesk' : 'administrator'
}

/** The stage between the right password and the portal: TOTP, short message, passkey, recovery code (B-17 to B-19). */
export const secondFactorRoutes = (app: FastifyInstance, deps: Deps, options: FactorRouteOptions): void => {
  const page = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { field, refusal }: { field?: string; refusal?: Refusal } = {},
  ) => {
    const { holdings, usable, recovery, registrable } = await choiceOf(deps, liveOf(request))
    const { t } = request
    const { id: userId, companyId } = userActor(request)
    // Asked of the code itself: a page loaded again, or in the other language, still has the field for it.
    const awaited = (purpose: 'login-sms' | 'mobile-change') =>
      isCodeAwaited(deps, { companyId, userId }, purpose)
    const sent =
      usable.includes('sms') && (await awaited('login-sms'))
        ? 'sms'
        : registrable.includes('sms') && (await awaited('mobile-change'))
          ? 'mobile'
          : undefined
    return reply.page(
      'factors/second-factor',
      {
        screen: 'LGN010',
        title: t('factors.secondFactor.title'),
        totp: usable.includes('totp'),
        suspended: holdings.totp.standing === 'suspended',
        sms: usable.includes('sms') && holdings.mobile ? maskedMobile(holdings.mobile) : undefined,
        // Who has lost the number has no other way in but through somebody who registers another (B-18).
        numberBy: usable.includes('sms') ? await numberHelper(deps, request) : undefined,
        passkey: usable.includes('passkey'),
        recovery,
        registrable,
        nothing: usable.length === 0 && registrable.length === 0,
        sent,
        errors: refusal
          ? [{ field: field ?? '', message: t(`reasons.${refusal.reason}`, refusal.params) }]
          : [],
      },
      refusal ? 422 : 200,
    )
  }

  app.get(address, { config }, (request, reply) => page(request, reply))

  app.post(address, { config }, async (request, reply) => {
    const actor = userActor(request)
    const live = liveOf(request)
    const given = form.parse(request.body ?? {})
    const { usable, recovery, registrable } = await choiceOf(deps, live)
    const field = fieldOf[given.proof]
    const allowed =
      given.proof === 'recovery'
        ? recovery
        : given.proof === 'mobile'
          ? registrable.includes('sms')
          : usable.includes(given.proof)
    if (!allowed) return page(request, reply, { refusal: { ok: false, reason: 'secondFactor.notOffered' } })
    const proved: Result<unknown, ProofRefusal | AdvanceRefusal> =
      given.proof === 'mobile'
        ? await proveFirstMobile(deps, actor, live, given.code)
        : await proveSecondFactor(deps, actor, live, given.proof, given[field])
    if (proved.ok) return options.goOn(request, reply, { recovered: given.proof === 'recovery' })
    if (proved.reason.startsWith('session.')) return reply.refuse(proved)
    return page(request, reply, { field, refusal: proved })
  })

  // 「SMSで認証コードを送る」: to the registered number, or to the first one, typed here.
  app.post(`${address}/message`, { config }, async (request, reply) => {
    const actor = userActor(request)
    const { holdings, usable, registrable } = await choiceOf(deps, liveOf(request))
    if (usable.includes('sms') && holdings.mobile) {
      const sent = await sendLoginCode(deps, actor, holdings.mobile)
      return sent.ok ? reply.redirect(address, 303) : page(request, reply, { refusal: sent })
    }
    if (!registrable.includes('sms'))
      return page(request, reply, { refusal: { ok: false, reason: 'secondFactor.notOffered' } })
    const mobile = readMobile(form.parse(request.body ?? {}).mobile)
    if (!mobile)
      return page(request, reply, { field: 'mobile', refusal: { ok: false, reason: 'mobile.unreadable' } })
    const sent = await sendContactCode(deps, actor, liveOf(request), 'mobile', mobile)
    if (!sent.ok && sent.reason.startsWith('session.')) return reply.refuse(sent)
    return sent.ok ? reply.redirect(address, 303) : page(request, reply, { field: 'mobile', refusal: sent })
  })

  app.post(`${address}/passkey`, { config: { policy: config.policy } }, async request =>
    authenticationOptions(deps, userActor(request), { purpose: 'login', sessionId: liveOf(request).id }),
  )
}
