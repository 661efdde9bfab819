import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { originOf } from '../../platform/http/guard.ts'
import { keepLanguage } from '../../platform/http/language.ts'
import { open } from '../../platform/http/policy.ts'
import { findTicket, type TicketHolder } from './commands.tickets.ts'
import { registerPasskey, registrationOptions } from './commands.ts'
import { longestName } from './passkey.ts'

const config = { policy: open('portal'), screen: 'PKY001' }
const text = z.string().max(20_000).catch('')
const form = z.object({ ticket: text, name: text, passkey: text })

/** Registration of a passkey on the portal's origin, for who comes with a ticket from their session (decision 0014). */
export const passkeyRoutes = (app: FastifyInstance, deps: Deps): void => {
  const { portalOrigin, certPort } = deps.settings

  const backTo = (host: string): string =>
    host === new URL(portalOrigin).hostname
      ? `${portalOrigin}/security`
      : `https://${host}${certPort === 443 ? '' : `:${certPort}`}/security`

  const holderOf = (request: FastifyRequest, ticket: string) => findTicket(deps, ticket, originOf(request))

  const gone = (request: FastifyRequest, reply: FastifyReply) =>
    reply.page('passkeys/gone', { screen: 'PKY002', title: request.t('factors.passkey.gone.title') }, 403)

  const page = (
    request: FastifyRequest,
    reply: FastifyReply,
    { host }: TicketHolder,
    shown: { ticket: string; name?: string; error?: { field: string; message: string } },
  ) =>
    reply.page(
      'passkeys/registration',
      {
        screen: 'PKY001',
        title: request.t('factors.passkey.registration.title'),
        ticket: shown.ticket,
        longestName,
        backHref: backTo(host),
        values: { name: shown.name ?? '' },
        errors: shown.error ? [shown.error] : [],
      },
      shown.error ? 422 : 200,
    )

  app.get('/passkeys/registration', { config }, async (request, reply) => {
    const { ticket } = form.parse(request.query ?? {})
    const holder = await holderOf(request, ticket)
    keepLanguage(reply, request.language)
    return holder ? page(request, reply, holder, { ticket }) : gone(request, reply)
  })

  app.post(
    '/passkeys/registration/options',
    { config: { policy: config.policy } },
    async (request, reply) => {
      const { ticket } = form.parse(request.body ?? {})
      const holder = await holderOf(request, ticket)
      return holder ? registrationOptions(deps, holder.actor) : reply.status(403).send({})
    },
  )

  app.post('/passkeys/registration', { config }, async (request, reply) => {
    const { ticket, name, passkey } = form.parse(request.body ?? {})
    const holder = await holderOf(request, ticket)
    if (!holder) return gone(request, reply)
    const done = await registerPasskey(deps, holder.actor, { ticket, name, response: passkey })
    if (!done.ok && done.reason === 'passkey.ticketUsed') return gone(request, reply)
    if (!done.ok)
      return page(request, reply, holder, {
        ticket,
        name,
        error: {
          field: done.reason === 'passkey.nameMissing' ? 'name' : 'passkey',
          message: request.t(`reasons.${done.reason}`, done.params),
        },
      })
    return reply.page('passkeys/registered', {
      screen: 'PKY003',
      title: request.t('factors.passkey.registered.title'),
      name: done.value.name,
      backHref: `${backTo(holder.host)}?done=passkey`,
    })
  })
}
