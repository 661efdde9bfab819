import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import type { Refusal } from '../../kernel/result.ts'
import { liveOf, user, userActor } from '../../platform/http/policy.ts'
import { proveOwnAddress, sendProofCode } from './commands.contacts.ts'
import { doneWord } from './routes.contacts.ts'

const address = '/security/contacts/email/proof'
const config = { policy: user(), screen: 'SEC006' }
const form = z.object({ code: z.string().max(300).catch('') })
const query = z.object({
  sent: z.literal('1').optional().catch(undefined),
  from: z.literal('personal-information').optional().catch(undefined),
})

/** An address of this page's, with where one came from. */
const within = (request: FastifyRequest, path: string, sent = '') => {
  const { from } = query.parse(request.query)
  const asked = new URLSearchParams({ ...(sent && { sent }), ...(from && { from }) })
  return asked.size > 0 ? `${path}?${asked}` : path
}
const homeOf = (request: FastifyRequest) => `/${query.parse(request.query).from ?? 'security'}`

/**
 * メールアドレスの確認 (D-15): an address that somebody else wrote down, or that mails did not reach, is its owner's once they
 * have typed the code that was sent there. Nothing changes by it, so nobody is asked anew who they are.
 */
export const emailProofRoutes = (app: FastifyInstance, deps: Deps): void => {
  const page = async (
    request: FastifyRequest,
    reply: FastifyReply,
    shown: { sent: boolean; field?: string; refusal?: Refusal },
  ) => {
    const { companyId, id } = userActor(request)
    const { email } = await deps.db.user.findUniqueOrThrow({
      where: { companyId_id: { companyId, id } },
      select: { email: true },
    })
    return reply.page(
      'factors/email-proof',
      {
        screen: config.screen,
        title: request.t('factors.proof.title'),
        path: within(request, address, shown.sent ? '1' : ''),
        email,
        sent: shown.sent,
        action: within(request, address),
        codeAction: within(request, `${address}/code`),
        backHref: homeOf(request),
        errors: shown.refusal
          ? [
              {
                field: shown.field ?? '',
                message: request.t(`reasons.${shown.refusal.reason}`, shown.refusal.params),
              },
            ]
          : [],
      },
      shown.refusal ? 422 : 200,
    )
  }

  app.get(address, { config }, (request, reply) =>
    page(request, reply, { sent: query.parse(request.query).sent === '1' }),
  )

  app.post(address, { config }, async (request, reply) => {
    const sent = await sendProofCode(deps, userActor(request), liveOf(request))
    if (sent.ok) return reply.redirect(within(request, address, '1'), 303)
    return sent.reason.startsWith('session.')
      ? reply.refuse(sent)
      : page(request, reply, { sent: false, refusal: sent })
  })

  app.post(`${address}/code`, { config }, async (request, reply) => {
    const { code } = form.parse(request.body ?? {})
    const done = await proveOwnAddress(deps, userActor(request), liveOf(request), code)
    if (done.ok) return reply.redirect(`${homeOf(request)}?done=${doneWord('email', 'proved')}`, 303)
    return done.reason.startsWith('session.')
      ? reply.refuse(done)
      : page(request, reply, { sent: true, field: 'code', refusal: done })
  })
}
