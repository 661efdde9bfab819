import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { businessDayOf } from '../../kernel/business-day.ts'
import { staff, staffActor } from '../../platform/http/policy.ts'
import type { FieldError } from '../../platform/http/view.ts'
import { findEntrance, listEntrances } from '../entrances/index.ts'
import { publishTerms } from './commands.ts'
import { readTerms, typedTerms } from './forms.ts'
import { listTerms, termsInForce } from './queries.ts'

/** The bank's editors publish the 利用規定 of each entrance, a version at a time (B-15). */
export const termsPublishingRoutes = (app: FastifyInstance, deps: Deps): void => {
  const listConfig = { policy: staff('terms:publish'), screen: 'HD0060' }
  app.get('/helpdesk/terms', { config: listConfig }, async (request, reply) => {
    const { t } = request
    const entrances = await listEntrances(deps)
    const inForce = await Promise.all(entrances.map(({ id }) => termsInForce(deps, deps.db, id)))
    return reply.page('terms/entrances', {
      screen: 'HD0060',
      title: t('terms.publish.title'),
      rows: entrances.map(({ slug, name }, index) => ({
        label: name,
        value: inForce[index]
          ? t('terms.publish.version', { version: inForce[index].version })
          : t('terms.publish.none'),
        changeHref: `/helpdesk/terms/${slug}`,
      })),
    })
  })

  const config = { policy: staff('terms:publish'), screen: 'HD0061' }
  type Named = { Params: { slug: string } }

  const page = async (
    request: FastifyRequest<Named>,
    reply: FastifyReply,
    values: Record<string, unknown>,
    errors: FieldError[] = [],
  ) => {
    const { t } = request
    const entrance = await findEntrance(deps, request.params.slug)
    if (!entrance) return reply.refuse({ ok: false, reason: 'terms.noEntrance' })
    const versions = await listTerms(deps, staffActor(request), entrance.id)
    return reply.page(
      'terms/publish',
      {
        screen: 'HD0061',
        title: t('terms.publish.of', { name: entrance.name }),
        action: `/helpdesk/terms/${entrance.slug}`,
        versions,
        values,
        errors,
      },
      errors.length > 0 ? 422 : 200,
    )
  }

  app.get<Named>('/helpdesk/terms/:slug', { config }, (request, reply) =>
    page(request, reply, { effectiveOn: businessDayOf(deps.clock.now()), mustAccept: 'yes' }),
  )

  app.post<Named>('/helpdesk/terms/:slug', { config }, async (request, reply) => {
    const read = readTerms(request.body, deps.clock.now(), request.t)
    if ('errors' in read) return page(request, reply, typedTerms(request.body), read.errors)
    const done = await publishTerms(deps, staffActor(request), request.params.slug, read.terms)
    if (done.ok) return reply.redirect(`/helpdesk/terms/${request.params.slug}`, 303)
    return done.reason === 'terms.noEntrance'
      ? reply.refuse(done)
      : page(request, reply, typedTerms(request.body), [
          { field: '', message: request.t('reasons.terms.changed') },
        ])
  })
}
