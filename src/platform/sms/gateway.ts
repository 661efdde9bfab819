/** What happened to a short message: taken by the gateway, or refused because its number can't be reached. */
export type SmsDelivery =
  | { ok: true; response: string }
  | { ok: false; reason: 'undeliverable'; response: string }

export type SmsGateway = {
  /**
   * Hands one message over. A failure that may pass throws a SmsGatewayError, to be tried again.
   * @param sms.id the outbox row's: a gateway that knows it sends a repeated request once
   * @param sms.to E.164
   */
  send(sms: { id: string; to: string; text: string; at: Date }): Promise<SmsDelivery>
}

/** The gateway could not take a message this time. Never holds the message or the number. */
export class SmsGatewayError extends Error {}

/** Whoever waits for a code waits a minute, not two. */
const timeoutMilliseconds = 10_000

/**
 * An SMS gateway over HTTP: `POST url` with `{ id, to, text }` as JSON, the token as `Authorization: Bearer`, and the
 * id once more as `Idempotency-Key`. 2xx is taken; 400, 404, 410 and 422 say that the number can't be reached; anything
 * else is tried again. Redirects are not followed: a code goes where the settings say and nowhere else.
 */
export const createHttpSmsGateway = (options: { url: string; token?: string }): SmsGateway => ({
  send: async ({ id, to, text }) => {
    const answer = await fetch(options.url, {
      method: 'POST',
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMilliseconds),
      headers: {
        'content-type': 'application/json',
        'idempotency-key': id,
        ...(options.token && { authorization: `Bearer ${options.token}` }),
      },
      body: JSON.stringify({ id, to, text }),
    }).catch((error: Error) => {
      throw new SmsGatewayError(`The SMS gateway could not be reached: ${error.name}`)
    })
    await answer.body?.cancel()
    const response = `HTTP ${answer.status}`
    if (answer.ok) return { ok: true, response }
    if ([400, 404, 410, 422].includes(answer.status)) return { ok: false, reason: 'undeliverable', response }
    throw new SmsGatewayError(`The SMS gateway answered ${response}`)
  },
})

/** Shows messages where no gateway is set: in development, beside the mails. */
export const createShownSms = (show: (sms: { to: string; text: string; at: Date }) => void): SmsGateway => ({
  send: async ({ to, text, at }) => {
    show({ to, text, at })
    return { ok: true, response: 'shown' }
  },
})
