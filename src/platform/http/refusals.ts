import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import plugin from 'fastify-plugin'
import type { Refusal } from '../../kernel/result.ts'
import { isDatabaseAway } from '../db/client.ts'
import { HasherOverloaded } from '../hasher.ts'

declare module 'fastify' {
  interface FastifyReply {
    /**
     * Answers an expected refusal with its page and records it in the history: status and words follow from the
     * reason. For refusals that a form shows at its fields, answer the form again instead.
     */
    refuse(refusal: Refusal): Promise<FastifyReply>
  }
  interface FastifyRequest {
    /** Fields for the log and the history when this request is refused. */
    refused?: string
  }
}

export type RefusalOptions = {
  /** HTTP status of a reason code; 422 where the table is silent. */
  statusOf: (reason: string) => number
  /** Writes the refused try into the history, in a transaction of its own. */
  record: (request: FastifyRequest, refusal: Refusal) => Promise<void>
}

const viewOf: Record<number, string> = {
  400: 'errors/bad-request',
  401: 'errors/session-ended',
  403: 'errors/forbidden',
  404: 'errors/not-found',
  409: 'errors/conflict',
  413: 'errors/too-large',
  429: 'errors/too-many',
  503: 'errors/unavailable',
}

/** Shows an error page; without a database or a working view, a plain one. */
const errorPage = (reply: FastifyReply, status: number, message?: string): FastifyReply => {
  const view = viewOf[status] ?? (status < 500 ? 'errors/bad-request' : 'errors/unexpected')
  const { t } = reply.request
  return reply.page(
    view,
    {
      screen: `E${status}`,
      title: t(`errors.${view.slice('errors/'.length)}.title`),
      message,
      requestId: reply.request.id,
    },
    status,
  )
}

/** What Fastify and its plugins throw for input they could not read, and the page it deserves. */
const statusOfError = (error: { statusCode?: number; code?: string }): number => {
  if (error instanceof HasherOverloaded || isDatabaseAway(error)) return 503
  return error.statusCode ?? 500
}

/**
 * Refusals, errors and unknown addresses: every one ends in a page in the reader's language, none in a stack trace,
 * and only what nobody expected is a 500.
 */
export const refusals = plugin(async (app: FastifyInstance, options: RefusalOptions) => {
  app.decorateReply('refuse', async function refuse(this: FastifyReply, refusal: Refusal) {
    const status = options.statusOf(refusal.reason)
    await options.record(this.request, refusal)
    this.request.log.info({ reason: refusal.reason, status }, 'refused')
    return errorPage(this, status, this.request.t(`reasons.${refusal.reason}`, refusal.params))
  })

  app.setNotFoundHandler((_request, reply) => errorPage(reply, 404))

  app.setErrorHandler(async (error: Error & { statusCode?: number; code?: string }, request, reply) => {
    const status = statusOfError(error)
    if (status === 503) {
      request.log.warn({ err: error }, 'cannot answer now')
      return errorPage(reply.header('retry-after', '5'), 503)
    }
    if (status >= 500) {
      request.log.error({ err: error }, 'unexpected')
      return errorPage(reply, 500)
    }
    if (error.code?.startsWith('FST_CSRF_')) {
      await options.record(request, { ok: false, reason: 'form.expired' })
      return reply.page(
        'errors/expired-form',
        { screen: 'E403', title: request.t('errors.expired-form.title') },
        403,
      )
    }
    request.log.info({ err: error }, 'bad request')
    return errorPage(reply, status)
  })
})
