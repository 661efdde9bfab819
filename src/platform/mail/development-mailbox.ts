import { existsSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import fastifyStatic from '@fastify/static'
import Fastify from 'fastify'
import PostalMime from 'postal-mime'
import { SMTPServer } from 'smtp-server'
import type { Clock } from '../../kernel/clock.ts'
import type { Ids } from '../../kernel/ids.ts'
import { formatsOf } from '../formats.ts'
import { createTemplates } from '../http/view.ts'
import type { MailPreview } from './preview.ts'

/** A mail as the mailbox shows it; times in JSON are ISO text. */
export type MailboxMail = {
  id: string
  at: Date
  from: string
  to: string[]
  subject: string
  text: string
  html: string
  /** With its angle brackets: two mails with the same one are the same mail sent twice. */
  messageId: string
}

export type MailboxSms = { id: string; at: Date; to: string; text: string }

export type DevelopmentMailbox = {
  /** Where the mailer sends to, in place of SMTP_URL. */
  smtpUrl: string
  /** The page that people open. */
  url: string
  /** Newest first. */
  mails(): readonly MailboxMail[]
  /** Shows a short message among the received ones. */
  showSms(sms: { to: string; text: string; at: Date }): void
  close(): Promise<void>
}

/** Enough to look back over an afternoon, little enough to stay in memory. */
const kept = 200
const longestMail = 1024 * 1024

// A mail is somebody else's markup: it gets a frame of its own that may show styles and do nothing else.
const framePolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
const pagePolicy =
  "default-src 'none'; style-src 'self'; font-src 'self'; frame-src 'self'; frame-ancestors 'none'"

/**
 * Receives the portal's mails where there is no mail server: an SMTP server on a free loopback port, and pages that
 * show what came in. `/messages.json` lists the mails (`?to=` narrows it to one recipient), `/messages/<id>.json` is
 * one, `/sms.json` lists short messages. `/previews` shows samples of every kind of mail in both languages. Nothing outlives
 * the program.
 *
 * Refuses to run in production, where mails must reach people. Rejects with the listener's error (EADDRINUSE) when
 * the port is taken.
 * @param options.views the folder of templates
 * @param options.publicDir the folder `public`; its style sheet is used where it has been built
 */
export const startDevelopmentMailbox = async (options: {
  production: boolean
  host: string
  port: number
  clock: Clock
  ids: Ids
  views: string
  publicDir: string
  /** Samples of every kind of mail; written when somebody looks at them. */
  previews?: () => MailPreview[]
}): Promise<DevelopmentMailbox> => {
  if (options.production) throw new Error('The development mailbox does not run in production: set SMTP_URL.')
  const mails: MailboxMail[] = []
  const messages: MailboxSms[] = []
  const keep = <T>(list: T[], item: T) => {
    list.unshift(item)
    list.length = Math.min(list.length, kept)
  }

  const smtp = new SMTPServer({
    name: 'mailbox.localhost',
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    size: longestMail,
    closeTimeout: 500,
    onData: (stream, session, done) => {
      buffer(stream)
        .then(async raw => {
          if (stream.sizeExceeded) return done(new Error('Message too large'))
          const mail = await PostalMime.parse(raw)
          keep(mails, {
            id: options.ids.next(),
            at: options.clock.now(),
            from: mail.from?.address ?? '',
            to: session.envelope.rcptTo.map(({ address }) => address),
            subject: mail.subject ?? '',
            text: mail.text ?? '',
            html: mail.html ?? '',
            messageId: mail.messageId ?? '',
          })
          done()
        })
        .catch(done)
    },
  })
  smtp.on('error', () => {})
  await new Promise<void>((resolve, reject) => {
    smtp.server.once('error', reject)
    smtp.listen(0, '127.0.0.1', resolve)
  })
  const closeSmtp = () => new Promise<void>(resolve => smtp.close(resolve))

  const pages = createTemplates(options.views, true)
  const { dateTimeCompact } = formatsOf('ja')
  const app = Fastify({ forceCloseConnections: true })
  app.addHook('onSend', async (_request, reply) => {
    reply.headers({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
    if (!reply.hasHeader('content-security-policy')) reply.header('content-security-policy', pagePolicy)
  })
  // The same addresses as the portal's, so that its style sheets find their fonts.
  for (const [prefix, folder] of [
    ['/assets/fonts/', 'build/fonts'],
    ['/assets/', ''],
  ] as const) {
    const root = join(options.publicDir, folder)
    if (existsSync(root)) await app.register(fastifyStatic, { root, prefix, decorateReply: false })
  }
  const html = (name: string, data: object) =>
    pages.render(`./mailbox/${name}`, { t: undefined, formatDateTime: dateTimeCompact, ...data })
  const find = (id: string) => mails.find(mail => mail.id === id)

  app.get('/', (_request, reply) => reply.type('text/html').send(html('list', { mails, messages })))
  app.get<{ Querystring: { to?: string } }>('/messages.json', ({ query }) =>
    query.to === undefined ? mails : mails.filter(mail => mail.to.includes(query.to ?? '')),
  )
  app.get('/sms.json', () => messages)
  app.get<{ Params: { name: string } }>('/messages/:name', ({ params: { name } }, reply) => {
    const asJson = name.endsWith('.json')
    const mail = find(asJson ? name.slice(0, -'.json'.length) : name)
    if (!mail) return reply.callNotFound()
    return asJson ? reply.send(mail) : reply.type('text/html').send(html('mail', { mail }))
  })
  app.get<{ Params: { id: string } }>('/messages/:id/html', ({ params }, reply) => {
    const mail = find(params.id)
    if (!mail) return reply.callNotFound()
    return reply.header('content-security-policy', framePolicy).type('text/html').send(mail.html)
  })
  const preview = (name: string, language: string) =>
    options.previews?.().find(each => each.name === name && each.language === language)
  app.get('/previews', (_request, reply) =>
    reply.type('text/html').send(html('previews', { previews: options.previews?.() ?? [] })),
  )
  type PreviewParams = { Params: { name: string; language: string } }
  app.get<PreviewParams>('/previews/:name/:language', ({ params }, reply) => {
    const found = preview(params.name, params.language)
    return found ? reply.type('text/html').send(html('preview', { preview: found })) : reply.callNotFound()
  })
  app.get<PreviewParams>('/previews/:name/:language/html', ({ params }, reply) => {
    const found = preview(params.name, params.language)
    if (!found) return reply.callNotFound()
    return reply.header('content-security-policy', framePolicy).type('text/html').send(found.html)
  })
  app.setNotFoundHandler((_request, reply) => reply.status(404).type('text/html').send(html('missing', {})))

  try {
    await app.listen({ host: options.host, port: options.port })
  } catch (error) {
    await closeSmtp()
    throw error
  }
  const { port } = app.server.address() as AddressInfo
  return {
    smtpUrl: `smtp://127.0.0.1:${(smtp.server.address() as AddressInfo).port}`,
    url: `http://localhost:${port}`,
    mails: () => mails,
    showSms: sms => keep(messages, { id: options.ids.next(), ...sms }),
    close: async () => {
      await Promise.all([app.close(), closeSmtp()])
    },
  }
}
