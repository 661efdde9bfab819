import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../../deps.ts'
import { refuse } from '../../kernel/result.ts'
import { staffActor } from '../../platform/http/policy.ts'
import type { FieldError } from '../../platform/http/view.ts'
import { readerOf } from '../../platform/reader.ts'
import { type CaseParams, casePageRoutes, caseRows, decisionOf } from '../two-officers/index.ts'
import { serviceHandling } from './commands.catalogue.ts'
import { findServiceCase } from './queries.catalogue.ts'
import { refusedPage } from './routes.catalogue.ts'
import { followsOf } from './routes.service-form.ts'
import { serviceRegistrationRoutes } from './routes.service-registration.ts'
import { serviceStandingRoutes } from './routes.service-standing.ts'
import { askedRows, serviceCaseHref } from './views.catalogue.ts'

/** Cases about services: registration and resumption by two officers, suspension by one at once (H-04, H-06). */
export const serviceCaseRoutes = (app: FastifyInstance, deps: Deps): void => {
  serviceRegistrationRoutes(app, deps)
  for (const change of ['suspension', 'resumption'] as const) serviceStandingRoutes(app, deps, change)
  serviceCasePageRoutes(app, deps)
}

const serviceCasePageRoutes = (app: FastifyInstance, deps: Deps): void => {
  const casePage = async (
    request: FastifyRequest<CaseParams>,
    reply: FastifyReply,
    errors: FieldError[],
  ): Promise<FastifyReply> => {
    const actor = staffActor(request)
    const found = await findServiceCase(deps, actor, request.params.caseId)
    if (!found) return reply.refuse(refuse('case.notFound'))
    const { t } = request
    const reader = readerOf(request)
    const { change } = found.asked
    const decision = await decisionOf(deps, actor, found, serviceCaseHref(found.id))
    return reply.page(
      'services/case',
      {
        screen: 'HD0183',
        title: t('cases.waiting.title', {
          kind: t(`services.catalogue.changes.${change}`),
          state: t(`two-officers.states.${found.state}`),
        }),
        state: found.state,
        done: {
          text: t(`services.catalogue.${change}.done`),
          details: t(`services.catalogue.${change}.doneNext`),
        },
        asked: askedRows(reader, found.asked),
        follows: decision.waiting ? followsOf(reader, found.asked) : [],
        rows: caseRows(reader, found),
        decision,
        errors,
      },
      errors.length > 0 ? 422 : 200,
    )
  }

  casePageRoutes(app, deps, {
    address: '/helpdesk/service-cases/:caseId',
    screen: 'HD0183',
    looks: 'customer:view',
    page: casePage,
    handling: request => serviceHandling(deps, staffActor(request)),
    refusedPage: (request, reply, { reason, params }) => refusedPage(request, reply, reason, params),
  })
}
