import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { liveOf, open, type Stage, userActor, userDuring } from '../../platform/http/policy.ts'
import type { FieldError } from '../../platform/http/view.ts'
import { entranceOf } from '../entrances/index.ts'
import { acceptTerms } from './commands.ts'
import { type TermsVersion, termsDue, termsInForce } from './queries.ts'

/** What the routes need of the login, handed in because the login stands on this feature. */
export type TermsRouteOptions = {
  goOn: (request: FastifyRequest, reply: FastifyReply, next: { token: string; stage: Stage }) => FastifyReply
}

const acceptForm = z.object({ terms: z.string().catch(''), accept: z.string().optional().catch(undefined) })

/** A version in the reader's language, a paragraph each. */
export const paragraphsOf = (terms: Pick<TermsVersion, 'textJa' | 'textEn'>, language: string): string[] =>
  (language === 'ja' ? terms.textJa : terms.textEn)
    .split(/\r?\n/)
    .map(line => line.trim())
    .filter(line => line !== '')

/** 「利用規定」: for everybody to read, and for users to accept where a version demands it (B-15). */
export const termsRoutes = (app: FastifyInstance, deps: Deps, { goOn }: TermsRouteOptions): void => {
  app.get(
    '/terms-of-use',
    { config: { policy: open('either'), screen: 'TRM001' } },
    async (request, reply) => {
      const terms = await termsInForce(deps, deps.db, entranceOf(request).id)
      return terms
        ? reply.page('terms/read', {
            screen: 'TRM001',
            title: request.t('terms.title'),
            ...shown(request, terms),
          })
        : reply.refuse({ ok: false, reason: 'terms.none' })
    },
  )

  const config = { policy: userDuring('terms'), screen: 'TRM002' }

  const page = async (request: FastifyRequest, reply: FastifyReply, errors: FieldError[] = []) => {
    const terms = await termsDue(deps, deps.db, userActor(request).id)
    return reply.page(
      'terms/accept',
      {
        screen: 'TRM002',
        title: request.t('terms.accept.title'),
        ...(terms ? shown(request, terms) : { id: '', paragraphs: [] }),
        errors,
      },
      errors.length > 0 ? 422 : 200,
    )
  }

  app.get('/terms', { config }, (request, reply) => page(request, reply))

  app.post('/terms', { config }, async (request, reply) => {
    const form = acceptForm.parse(request.body ?? {})
    if (form.accept !== 'yes' && form.terms !== '')
      return page(request, reply, [{ field: 'accept', message: request.t('terms.errors.notAccepted') }])
    const done = await acceptTerms(deps, userActor(request), liveOf(request), form.terms)
    if (done.ok) return goOn(request, reply, done.value)
    return done.reason === 'terms.changed'
      ? page(request, reply, [{ field: 'accept', message: request.t('reasons.terms.changed') }])
      : reply.refuse(done)
  })
}

const shown = (request: FastifyRequest, terms: TermsVersion) => ({
  id: terms.id,
  version: terms.version,
  effectiveAt: terms.effectiveAt,
  paragraphs: paragraphsOf(terms, request.language),
})
