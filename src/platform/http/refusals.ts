import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import plugin from 'fastify-plugin'
import type { Refusal } from '../../kernel/result.ts'
import { isDatabaseAway, isDatabaseBusy, isOfEndedContract } from '../db/errors.ts'
import { HasherOverloaded } from '../hasher.ts'

declare module 'fastify' {
  interface FastifyReply {
    /**
     * Answers an expected refusal with its page and records it in the history: status and words follow from the
     * reason. For refusals that a form shows at its fields, answer the form again instead.
     */
    refuse(refusal: Refusal): Promise<FastifyReply>
    /** Records a refusal as `refuse` does, where the answer is none of our pages. */
    recordRefusal(refusal: Refusal): Promise<void>
    /** The address of a page that tells its reader more of a refusal, for forms that show it themselves (E-06). */
    whyOf(refusal: Refusal): string | undefined
  }
}

export type RefusalOptions = {
  /** HTTP status of a reason code; 422 where the table is silent. */
  statusOf: (reason: string) => number
  /**
   * Writes the refused try into the history, in a transaction of its own. Gives the refusal to be answered: another one where a
   * session has been refused too often.
   */
  record: (request: FastifyRequest, refusal: Refusal) => Promise<Refusal>
  /** The address of a page that tells more of why, where the portal has one for this refusal and this reader. */
  explain: (request: FastifyRequest, refusal: Refusal) => string | undefined
}

/** View and text of an error page by status; what is missing here is a bad request or, from 500 on, our mistake. */
const pages: Record<number, { view: string; text: string }> = {
  401: { view: 'errors/session-ended', text: 'sessionEnded' },
  403: { view: 'errors/forbidden', text: 'forbidden' },
  404: { view: 'errors/not-found', text: 'notFound' },
  409: { view: 'errors/conflict', text: 'conflict' },
  413: { view: 'errors/too-large', text: 'tooLarge' },
  429: { view: 'errors/too-many-tries', text: 'tooManyTries' },
  503: { view: 'errors/unavailable', text: 'unavailable' },
}
/** Titles of reasons that the status alone names wrongly. */
const titles: Record<string, string> = { 'session.missing': 'loginNeeded' }
/** Pages of reasons that have more to say than their status; what they say it with are the refusal's `params`. */
const ownPages: Record<string, { view: string; text: string }> = {
  'service.closed': { view: 'errors/closed', text: 'closed' },
}
const badRequest = { view: 'errors/bad-request', text: 'badRequest' }
const unexpected = { view: 'errors/unexpected', text: 'unexpected' }

type Said = {
  reason?: string
  title?: string | undefined
  why?: string | undefined
  own?: { view: string; text: string } | undefined
  /** Whether it is for want of a right: whom to ask for one, no other reason's remedy is. */
  lacksRight?: boolean
  params?: Refusal['params']
}

const errorPage = (
  reply: FastifyReply,
  status: number,
  { reason, title, why, own, lacksRight = true, params }: Said = {},
): FastifyReply => {
  const { view, text } = own ?? pages[status] ?? (status < 500 ? badRequest : unexpected)
  return reply.page(
    view,
    {
      screen: `ERR${status}`,
      title: reply.request.t(`errors.${title ?? text}.title`),
      ...(reason && { reason }),
      ...(why && { why }),
      ...(own && { params }),
      lacksRight,
      reference: reply.request.id,
    },
    status,
  )
}

/** Reasons for what Fastify could not read; each of them is recorded (F-02). */
const unreadable: Record<number, string> = {
  413: 'request.tooLarge',
  415: 'request.mediaType',
}

type Thrown = Error & { statusCode?: number; code?: string }

/** What Fastify and its plugins throw for input they could not read, and the page it deserves. */
const statusOfError = (error: Thrown): number => {
  if (error instanceof HasherOverloaded || isDatabaseAway(error) || isDatabaseBusy(error)) return 503
  return error.statusCode ?? 500
}

/**
 * Refusals, errors and unknown addresses: every one ends in a page in the reader's language, none in a stack trace,
 * and only what nobody expected is a 500.
 */
export const refusals = plugin(async (app: FastifyInstance, options: RefusalOptions) => {
  app.decorateReply('refuse', async function refuse(this: FastifyReply, tried: Refusal) {
    return answer(this, await options.record(this.request, tried))
  })

  app.decorateReply('recordRefusal', async function recordRefusal(this: FastifyReply, tried: Refusal) {
    await options.record(this.request, tried)
  })

  const answer = (reply: FastifyReply, refusal: Refusal): FastifyReply => {
    const status = options.statusOf(refusal.reason)
    reply.request.log.info({ reason: refusal.reason, status }, 'refused')
    if (status === 429) reply.header('retry-after', String(refusal.params?.seconds ?? 60))
    return errorPage(reply, status, {
      reason: reply.request.t(`reasons.${refusal.reason}`, refusal.params),
      title: titles[refusal.reason],
      why: reply.whyOf(refusal),
      own: ownPages[refusal.reason],
      lacksRight: refusal.reason === 'access.forbidden',
      params: refusal.params,
    })
  }

  app.decorateReply('whyOf', function whyOf(this: FastifyReply, refusal: Refusal) {
    return options.explain(this.request, refusal)
  })

  app.setNotFoundHandler(async (request, reply) => {
    // A mistyped address is nobody's attack; a second slash at the front is how other hosts are smuggled into redirects.
    if (request.originalUrl.startsWith('//'))
      await options.record(request, { ok: false, reason: 'request.doubleSlash' })
    return errorPage(reply, 404)
  })

  app.setErrorHandler(async (thrown: Thrown, request, reply) => {
    let error = thrown
    // A file that failed at its first line has named itself already: the page must not be saved under that name.
    reply.removeHeader('content-disposition').raw.removeHeader('content-disposition')
    const expired = error.code?.startsWith('FST_CSRF_') ?? false
    if (expired || statusOfError(error) < 500)
      try {
        const reason = expired ? 'form.expired' : (unreadable[statusOfError(error)] ?? 'request.malformed')
        const told = await options.record(request, { ok: false, reason })
        if (told.reason !== reason) return answer(reply, told)
        if (expired)
          return reply.page(
            'errors/expired-form',
            { screen: 'ERR403', title: request.t('errors.expiredForm.title'), reference: request.id },
            403,
          )
      } catch (second) {
        // A refused try that can't be written down is not answered as if it were.
        error = second as Thrown
      }
    // What a command has not asked for itself the database refuses: nobody comes into a company whose contract has ended, and
    // its people have no sessions any more (H-06).
    if (isOfEndedContract(error))
      return reply.refuse({
        ok: false,
        reason: request.actor?.kind === 'user' ? 'session.ended.contract' : 'contract.ended',
      })
    const status = statusOfError(error)
    if (status === 503) {
      request.log.warn({ err: error }, 'cannot answer now')
      return errorPage(reply.header('retry-after', '5'), 503)
    }
    if (status >= 500) {
      request.log.error({ err: error }, 'unexpected')
      return errorPage(reply, 500)
    }
    request.log.info({ err: error }, 'bad request')
    return errorPage(reply, status)
  })
})
