import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { isId } from '../../kernel/ids.ts'
import { refuse } from '../../kernel/result.ts'
import type { Values } from '../../platform/http/drafts.ts'
import { errorsOf, type Mistake } from '../../platform/http/mistake.ts'
import { staff, staffActor } from '../../platform/http/policy.ts'
import { submissionOf } from '../../platform/http/wizard-form.ts'
import { readerOf } from '../../platform/reader.ts'
import { can } from '../../policy/can.ts'
import { longest, readWords, wordFields } from './catalogue.ts'
import { changeService } from './commands.catalogue.ts'
import {
  type CataloguedService,
  findCatalogued,
  listCatalogue,
  waitingServiceCases,
} from './queries.catalogue.ts'
import { serviceCaseRoutes } from './routes.service-cases.ts'
import {
  askedName,
  catalogueHref,
  catalogueTable,
  changeRows,
  nameOf,
  serviceCaseHref,
  serviceHref,
} from './views.catalogue.ts'

export type CodeParams = { Params: { code: string } }

/** Whether the confirm page was left by 「実行」. */
export const executes = ({ body }: FastifyRequest): boolean =>
  (body as { step?: unknown } | null)?.step === 'execute'

/** What came with the form and stands on the confirm page again. */
export const hiddenOf = (values: Values) =>
  Object.entries(values).map(([name, value]) => ({ name, value: String(value) }))

/** Something about a service that can't be done now: what stands in the way, and back to the list. */
export const refusedPage = (
  { t }: FastifyRequest,
  reply: FastifyReply,
  reason: string,
  params?: Record<string, string | number>,
): FastifyReply =>
  reply.page(
    'services/refused',
    {
      screen: 'HD0190',
      title: t('services.catalogue.refused'),
      message: t(`reasons.${reason}`, params),
    },
    409,
  )

/** サービス: the tiles of home, their registration, words, order and suspension (H-06). */
export const catalogueRoutes = (app: FastifyInstance, deps: Deps): void => {
  app.get(
    catalogueHref,
    { config: { policy: staff('posting:view'), screen: 'HD0180' } },
    async (request, reply) => {
      const { t } = request
      const actor = staffActor(request)
      const reader = readerOf(request)
      const works = can(actor, 'case:open')
      const waiting = can(actor, 'customer:view') ? await waitingServiceCases(deps, actor) : []
      return reply.page('services/list', {
        screen: 'HD0180',
        title: t('services.catalogue.title'),
        table: catalogueTable(reader, await listCatalogue(deps, actor), {
          suspends: works,
          changes: can(actor, 'posting:write'),
        }),
        waiting: waiting.map(({ id, asked }) => ({
          href: serviceCaseHref(id),
          text: t('services.catalogue.waiting', {
            change: t(`services.catalogue.changes.${asked.change}`),
            service: askedName(reader, asked),
          }),
        })),
        ...(works && { registrationHref: `${catalogueHref}/registration` }),
      })
    },
  )

  const address = `${catalogueHref}/:code/change`
  const policy = staff('posting:write')
  const fields = [...wordFields, 'version']

  const serviceOf = async (request: FastifyRequest<CodeParams>, reply: FastifyReply) => {
    const found = await findCatalogued(deps.db, staffActor(request), request.params.code)
    if (!found) await reply.refuse(refuse('service.notFound'))
    return found
  }

  const formPage = (
    request: FastifyRequest,
    reply: FastifyReply,
    service: CataloguedService,
    values: Values,
    mistakes: readonly Mistake[] = [],
  ): FastifyReply =>
    reply.page(
      'services/change-form',
      {
        screen: 'HD0184',
        title: request.t('services.catalogue.change.form', {
          service: nameOf(readerOf(request), service),
        }),
        action: serviceHref(service.code, 'change'),
        longest,
        values,
        errors: errorsOf(request, mistakes),
      },
      mistakes.length > 0 ? 422 : 200,
    )

  app.get<CodeParams>(address, { config: { policy, screen: 'HD0184' } }, async (request, reply) => {
    const service = await serviceOf(request, reply)
    if (!service) return reply
    const { nameJa, nameEn, textJa, textEn, sort, version } = service
    const values = { nameJa, nameEn, textJa, textEn, sort: String(sort), version: String(version) }
    return formPage(request, reply, service, values)
  })

  app.post<CodeParams>(address, { config: { policy, screen: 'HD0184' } }, async (request, reply) => {
    const service = await serviceOf(request, reply)
    if (!service) return reply
    const { values, leaves } = submissionOf(request.body, fields, [])
    const version = String(values.version ?? '')
    if (!/^\d{1,9}$/.test(version)) return reply.refuse(refuse('form.expired'))
    if (leaves) return formPage(request, reply, service, values)
    const mistakes: Mistake[] = []
    const words = readWords(values, mistakes)
    if (!words) return formPage(request, reply, service, values, mistakes)
    if (!executes(request))
      return reply.page('services/confirm', {
        screen: 'HD0185',
        title: request.t('services.catalogue.change.confirm'),
        check: request.t('services.catalogue.change.check'),
        rows: changeRows(readerOf(request), service, words),
        carryOut: request.t('services.catalogue.change.carryOut'),
        hidden: hiddenOf(values),
        action: serviceHref(service.code, 'change'),
      })
    const done = await changeService(deps, staffActor(request), service.code, {
      words,
      version: Number(version),
    })
    if (done.ok) return reply.redirect(catalogueHref, 303)
    if (done.reason === 'access.forbidden' || done.reason === 'service.notFound') return reply.refuse(done)
    return done.reason === 'service.unchanged'
      ? formPage(request, reply, service, values, [{ field: 'nameJa', reason: done.reason }])
      : refusedPage(request, reply, done.reason)
  })

  serviceCaseRoutes(app, deps)
}

/** The id of a form's case, if it has one. */
export const caseIdIn = (values: Values): string | undefined => {
  const id = values.caseId
  return typeof id === 'string' && isId(id) ? id : undefined
}
