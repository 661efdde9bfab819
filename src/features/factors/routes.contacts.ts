import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import type { Refusal } from '../../kernel/result.ts'
import { toHalfWidth } from '../../kernel/width.ts'
import { liveOf, user, userActor } from '../../platform/http/policy.ts'
import { isMailAddress } from '../../platform/mail/address.ts'
import { isCodeAwaited } from '../codes/index.ts'
import {
  type Contact,
  type ContactProof,
  proveContact,
  purposeOf,
  sendContactCode,
} from './commands.contacts.ts'
import { readMobile } from './mobile.ts'
import { reauthenticationFirst } from './routes.reauthentication.ts'

const screens = { email: 'SEC004', mobile: 'SEC005' } as const
const text = z.string().max(300).catch('')
const form = z.object({ address: text, addressAgain: text, code: text })
const query = z.object({
  sent: z.literal('1').optional().catch(undefined),
  /** 「個人情報」 (G-06) leads here too, and is where its users come back to. */
  from: z.literal('personal-information').optional().catch(undefined),
})

const shortestEmail = 4
const longestEmail = 64

/** An address as it was meant, or why it can be none. */
const readAddress = (contact: Contact, typed: string): { address: string } | { reason: string } => {
  if (typed.trim() === '') return { reason: `contact.${contact}Blank` }
  if (contact === 'mobile') {
    const mobile = readMobile(typed)
    return mobile ? { address: mobile } : { reason: 'mobile.unreadable' }
  }
  const email = toHalfWidth(typed).trim()
  return email.length >= shortestEmail && email.length <= longestEmail && isMailAddress(email)
    ? { address: email }
    : { reason: 'contact.emailUnreadable' }
}

/** What the page that one comes back to says of it. */
export const doneWord = (contact: Contact, proof: ContactProof): string =>
  proof === 'changed' ? contact : `${contact}-proved`

/** メールアドレス and 携帯電話番号: typed twice, proved by a code, told to the old and the new one (B-18, B-22). */
export const contactRoutes = (app: FastifyInstance, deps: Deps): void => {
  for (const contact of ['email', 'mobile'] as const) {
    const address = `/security/contacts/${contact}`
    const config = { policy: user(), screen: screens[contact] }
    const here = (request: FastifyRequest, sent = '') => {
      const { from } = query.parse(request.query)
      const asked = new URLSearchParams({ ...(sent && { sent }), ...(from && { from }) })
      return asked.size > 0 ? `${address}?${asked}` : address
    }
    const homeOf = (request: FastifyRequest) => `/${query.parse(request.query).from ?? 'security'}`
    // Whoever asked for the code has proved who they are, and a mail takes longer to arrive than that proof is good for.
    const codeAwaited = (request: FastifyRequest) => {
      const { companyId, id: userId } = userActor(request)
      return isCodeAwaited(deps, { companyId, userId }, purposeOf[contact])
    }

    const page = (
      request: FastifyRequest,
      reply: FastifyReply,
      shown: { sent: boolean; field?: string; refusal?: Refusal; values?: Record<string, string> },
    ) =>
      reply.page(
        'factors/contact',
        {
          screen: screens[contact],
          title: request.t(`factors.contact.${contact}.title`),
          path: here(request, shown.sent ? '1' : ''),
          contact,
          action: here(request),
          codeAction: here(request).replace(address, `${address}/code`),
          backHref: homeOf(request),
          sent: shown.sent,
          values: shown.values ?? {},
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

    app.get(address, { config }, async (request, reply) => {
      const sent = query.parse(request.query).sent === '1'
      if (sent && (await codeAwaited(request))) return page(request, reply, { sent })
      const elsewhere = reauthenticationFirst(deps, request, here(request))
      return elsewhere ? reply.redirect(elsewhere, 303) : page(request, reply, { sent })
    })

    app.post(address, { config }, async (request, reply) => {
      const elsewhere = reauthenticationFirst(deps, request, here(request))
      if (elsewhere) return reply.redirect(elsewhere, 303)
      const values = form.parse(request.body ?? {})
      const read = readAddress(contact, values.address)
      const again = readAddress(contact, values.addressAgain)
      const wrong = (field: string, reason: string) =>
        page(request, reply, { sent: false, field, values, refusal: { ok: false, reason } })
      if ('reason' in read) return wrong('address', read.reason)
      if (!('address' in again) || again.address !== read.address)
        return wrong('addressAgain', 'contact.notTheSame')
      const sent = await sendContactCode(deps, userActor(request), liveOf(request), contact, read.address)
      if (sent.ok) return reply.redirect(here(request, '1'), 303)
      return sent.reason.startsWith('session.') ? reply.refuse(sent) : wrong('address', sent.reason)
    })

    // Without a code on its way nothing is opened, and the page says why, such as that the code came too late (I-03).
    app.post(`${address}/code`, { config }, async (request, reply) => {
      const { code } = form.parse(request.body ?? {})
      const done = await proveContact(deps, userActor(request), liveOf(request), contact, code)
      if (done.ok) return reply.redirect(`${homeOf(request)}?done=${doneWord(contact, done.value)}`, 303)
      return done.reason.startsWith('session.')
        ? reply.refuse(done)
        : page(request, reply, { sent: true, field: 'code', refusal: done })
    })
  }
}
