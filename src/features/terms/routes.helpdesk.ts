import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { businessDayOf } from '../../kernel/business-day.ts'
import { staff, staffActor } from '../../platform/http/policy.ts'
import type { FieldError } from '../../platform/http/view.ts'
import { can } from '../../policy/can.ts'
import { findEntrance, listEntrances } from '../entrances/index.ts'
import { publishTerms } from './commands.ts'
import { readTerms, typedTerms } from './forms.ts'
import { findTerms, listTerms, termsInForce } from './queries.ts'

/** Two texts of the greatest length, as a form encodes Japanese. */
const bodyLimit = 1024 * 1024

/** The bank's editors publish the 利用規定 of each entrance, a version at a time; every officer reads them (B-15, H-01). */
export const termsPublishingRoutes = (app: FastifyInstance, deps: Deps): void => {
  const view = staff('posting:view')
  const listConfig = { policy: view, screen: 'HD0060' }
  app.get('/helpdesk/terms', { config: listConfig }, async (request, reply) => {
    const { t } = request
    const entrances = await listEntrances(deps)
    const inForce = await Promise.all(entrances.map(({ id }) => termsInForce(deps, deps.db, id)))
    return reply.page('terms/entrances', {
      screen: 'HD0060',
      title: t('terms.publish.title'),
      lead: t(`terms.publish.${can(staffActor(request), 'terms:publish') ? 'lead' : 'readLead'}`),
      rows: entrances.map(({ slug, name }, index) => [
        [{ text: name, href: `/helpdesk/terms/${slug}` }],
        inForce[index]
          ? t('terms.publish.version', { version: inForce[index].version })
          : t('terms.publish.none'),
      ]),
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
        title: t(`terms.publish.${can(staffActor(request), 'terms:publish') ? 'of' : 'readOf'}`, {
          name: entrance.name,
        }),
        action: `/helpdesk/terms/${entrance.slug}`,
        publishes: can(staffActor(request), 'terms:publish'),
        versions,
        values,
        errors,
      },
      errors.length > 0 ? 422 : 200,
    )
  }

  app.get<Named>('/helpdesk/terms/:slug', { config: { ...config, policy: view } }, (request, reply) =>
    page(request, reply, { effectiveOn: businessDayOf(deps.clock.now()), mustAccept: 'yes' }),
  )

  app.post<Named>('/helpdesk/terms/:slug', { config, bodyLimit }, async (request, reply) => {
    const read = readTerms(request.body, deps.clock.now(), request.t)
    if ('errors' in read) return page(request, reply, typedTerms(request.body), read.errors)
    const done = await publishTerms(deps, staffActor(request), request.params.slug, read.terms)
    if (done.ok) return reply.redirect(`/helpdesk/terms/${request.params.slug}`, 303)
    return done.reason === 'terms.noEntrance' || done.reason === 'access.forbidden'
      ? reply.refuse(done)
      : page(request, reply, typedTerms(request.body), [
          { field: '', message: request.t('reasons.terms.changed') },
        ])
  })

  app.get<{ Params: { slug: string; version: string } }>(
    '/helpdesk/terms/:slug/:version',
    { config: { policy: view, screen: 'HD0062' } },
    async (request, reply) => {
      const { t, language, params } = request
      const entrance = await findEntrance(deps, params.slug)
      const found = entrance && (await findTerms(deps, staffActor(request), entrance.id, params.version))
      if (!entrance || !found) return reply.refuse({ ok: false, reason: 'terms.noVersion' })
      return reply.page('terms/version', {
        screen: 'HD0062',
        title: t('terms.publish.versionOf', { name: entrance.name, version: found.version }),
        texts: [
          { lang: 'ja', title: t('terms.publish.textJa'), text: found.textJa },
          { lang: 'en', title: t('terms.publish.textEn'), text: found.textEn },
        ].map(({ text, ...each }) => ({
          ...each,
          own: each.lang === language,
          paragraphs: text.split(/\r?\n/),
        })),
        backHref: `/helpdesk/terms/${entrance.slug}`,
      })
    },
  )
}
