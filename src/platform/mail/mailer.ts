import type { NodemailerError } from 'nodemailer'
import { createTransport } from 'nodemailer'
import type { Letter } from './letter.ts'

/** What happened to a mail: handed to the mail server, or refused because its address does not exist. */
export type Delivery =
  | { ok: true; response: string }
  | { ok: false; reason: 'undeliverable'; response: string }

export type Mailer = {
  /**
   * Hands one letter to the mail server. A failure that may pass (server away, busy, or refusing for a reason of its
   * own) throws a MailServerError, to be tried again.
   * @param mail.id the outbox row's: the Message-ID `<id@host>` is made from it, so that a duplicate shows as one
   */
  send(mail: { id: string; to: string; letter: Letter; at: Date }): Promise<Delivery>
  /** Ends the connections that are open; call it when nothing is being sent any more. */
  close(): void
}

/** The mail server could not take a mail this time. */
export class MailServerError extends Error {}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/**
 * Speaks to the mail server over SMTP (RFC 5321). Mails that follow each other share a connection: greeting, TLS and login
 * take longer than a mail does. Times out before pg-boss's own limit.
 * @param options.url `smtp://user:password@host:port` or `smtps://…`; STARTTLS is used where it is offered, and
 *   `?requireTLS=true` insists on it
 * @param options.from the sender, as it stands in the header
 * @param options.host the portal's host, for Message-IDs
 * @param options.connections as many as mails may be sent at once; one unless said otherwise
 */
export const createMailer = (options: {
  url: string
  from: string
  host: string
  connections?: number
}): Mailer => {
  const transport = createTransport({
    url: options.url,
    pool: true,
    maxConnections: options.connections ?? 1,
    // Where the server has ended an idle connection, and not a byte of the mail was sent: once more over a new one.
    maxRequeues: 1,
    idleTimeout: 5_000,
    connectionTimeout: 5_000,
    greetingTimeout: 5_000,
    dnsTimeout: 5_000,
    socketTimeout: 20_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    close: () => transport.close(),
    send: async ({ id, to, letter, at }) => {
      try {
        const sent = await transport.sendMail({
          from: options.from,
          // An object, since text would be read as a list of addresses.
          to: { name: '', address: to },
          subject: letter.subject,
          text: letter.text,
          html: letter.html,
          ...(letter.calendar !== undefined && {
            attachments: [
              {
                filename: 'sekisho.ics',
                content: letter.calendar,
                contentType: 'text/calendar; charset=utf-8; method=PUBLISH',
              },
            ],
          }),
          date: at,
          messageId: `<${id}@${options.host}>`,
          headers: {
            'Content-Language': letter.language,
            // No out-of-office answers to an address that nobody reads (RFC 3834).
            'Auto-Submitted': 'auto-generated',
            'X-Auto-Response-Suppress': 'All',
          },
        })
        return { ok: true, response: sent.response }
      } catch (error) {
        const response = addressRefusal(error as NodemailerError)
        // The log gets the server's words, not the customer's address.
        if (response === undefined) throw new MailServerError(wordsOf(error).replaceAll(to, 'the recipient'))
        return { ok: false, reason: 'undeliverable', response }
      }
    },
  }
}

/**
 * The server's words when it says that the address itself is wrong. Only the answer to RCPT TO speaks about the
 * address, and there only the codes 5.1.x and 5.2.1 (RFC 3463); without such a code, 550, 551 and 553 do (RFC 5321,
 * 4.2.3). Everything else, such as a relay that is denied (5.7.1) or a full mailbox (5.2.2), may pass: a mistake in
 * the mail server's settings must not brand every customer's address.
 */
const addressRefusal = (error: NodemailerError): string | undefined => {
  const refusal = error.rejectedErrors?.[0] ?? error
  const { command, response = '', responseCode = 0 } = refusal
  if (command !== 'RCPT TO' || responseCode < 500) return undefined
  const enhanced = /^5\d\d[ -](5\.\d{1,3}\.\d{1,3})\b/.exec(response)?.[1]
  const wrongAddress = enhanced
    ? enhanced.startsWith('5.1.') || enhanced === '5.2.1'
    : [550, 551, 553].includes(responseCode)
  return wrongAddress ? response : undefined
}
