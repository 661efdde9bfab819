import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { refuse } from '../../kernel/result.ts'
import type { Values } from '../../platform/http/drafts.ts'
import { contentOf } from '../../platform/http/form-content.ts'
import { errorsOf, type Mistake } from '../../platform/http/mistake.ts'
import { staff, staffActor } from '../../platform/http/policy.ts'
import { submissionOf } from '../../platform/http/wizard-form.ts'
import { readerOf } from '../../platform/reader.ts'
import { longestNote } from '../two-officers/index.ts'
import { hindranceOf } from './catalogue.ts'
import { countEntered, findCatalogued } from './queries.catalogue.ts'
import { type CodeParams, caseIdIn, executes, hiddenOf, refusedPage } from './routes.catalogue.ts'
import {
  type Asked,
  answeredBefore,
  confirmPage,
  followsOf,
  openAsked,
  reasonIn,
} from './routes.service-form.ts'
import { catalogueHref, serviceHref, serviceRows } from './views.catalogue.ts'

/** 停止 and 再開 of a service that there is. */
export const serviceStandingRoutes = (
  app: FastifyInstance,
  deps: Deps,
  change: 'suspension' | 'resumption',
): void => {
  const address = `${catalogueHref}/:code/${change}`
  const screens =
    change === 'suspension' ? { form: 'HD0186', confirm: 'HD0187' } : { form: 'HD0188', confirm: 'HD0189' }
  const config = { policy: staff('case:open'), screen: screens.form }

  /** The service, and what of it is asked for; answers where there is nothing to ask. */
  const askedOf = async (
    request: FastifyRequest<CodeParams>,
    reply: FastifyReply,
  ): Promise<Asked | undefined> => {
    const actor = staffActor(request)
    const { code } = request.params
    const service = await findCatalogued(deps.db, actor, code)
    const hindrance = hindranceOf(change, service)
    if (!service) {
      await reply.refuse(refuse('service.notFound'))
      return undefined
    }
    if (hindrance) {
      await refusedPage(request, reply, hindrance)
      return undefined
    }
    const reader = readerOf(request)
    const { nameJa, nameEn } = service
    const wanted = { change, portalServiceCode: code, nameJa, nameEn }
    const entered = change === 'suspension' ? await countEntered(deps, actor, code) : undefined
    return { wanted, rows: serviceRows(reader, service), follows: followsOf(reader, wanted, entered) }
  }

  const formPage = (
    request: FastifyRequest<CodeParams>,
    reply: FastifyReply,
    { rows, follows }: Asked,
    values: Values,
    mistakes: readonly Mistake[] = [],
  ): FastifyReply => {
    const { t } = request
    return reply.page(
      'services/standing-form',
      {
        screen: screens.form,
        title: t(`services.catalogue.${change}.form`),
        warning: t(change === 'suspension' ? 'cases.form.atOnce' : 'contracts.secondOfficer'),
        action: serviceHref(request.params.code, change),
        rows,
        follows,
        longestReason: longestNote,
        values,
        errors: errorsOf(request, mistakes),
      },
      mistakes.length > 0 ? 422 : 200,
    )
  }

  app.get<CodeParams>(address, { config }, async (request, reply) => {
    const asked = await askedOf(request, reply)
    return asked ? formPage(request, reply, asked, { caseId: deps.ids.next() }) : reply
  })

  app.post<CodeParams>(address, { config }, async (request, reply) => {
    const { values, leaves } = submissionOf(request.body, ['reason', 'caseId'], [])
    const caseId = caseIdIn(values)
    if (!caseId) return reply.refuse(refuse('form.expired'))
    const { code } = request.params
    const sent = contentOf(request.body, { code, change })
    if (await answeredBefore(deps, request, reply, caseId, sent)) return reply
    const asked = await askedOf(request, reply)
    if (!asked) return reply
    const mistakes: Mistake[] = []
    const reason = reasonIn(values, mistakes)
    if (leaves || mistakes.length > 0) return formPage(request, reply, asked, values, leaves ? [] : mistakes)
    if (!executes(request))
      return confirmPage(deps, request, reply, {
        asked,
        screen: screens.confirm,
        reason,
        hidden: hiddenOf(values),
        action: serviceHref(code, change),
      })
    return openAsked(deps, request, reply, { caseId, wanted: asked.wanted, reason, sent }, async mistake =>
      refusedPage(request, reply, mistake.reason),
    )
  })
}
