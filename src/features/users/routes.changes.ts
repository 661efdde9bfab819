import type { FastifyInstance } from 'fastify'
import type { Deps } from '../../deps.ts'
import { formatsOf } from '../../platform/formats.ts'
import { admin, userActor } from '../../platform/http/policy.ts'
import { registerWizard } from '../../platform/http/wizard-routes.ts'
import { changeUserWizard } from './change.wizard.ts'
import { mayDecide } from './change-requests.ts'
import { listChangeRequests } from './queries.requests.ts'
import { requestDecisionWizard, requestsPath } from './requests.wizard.ts'
import { deleteUserWizard, serviceStateWizard } from './service-state.wizard.ts'

const decisions = ['approve', 'decline', 'withdraw'] as const
const pathOf = { approve: 'approval', decline: 'refusal', withdraw: 'withdrawal' } as const

/** What administrators do with users once they are registered (D-08, D-09, D-15), and what waits for a second one (D-11). */
export const userChangeRoutes = (app: FastifyInstance, deps: Deps): void => {
  registerWizard(app, deps, changeUserWizard, '/users/:target/change')
  registerWizard(app, deps, deleteUserWizard, '/users/:target/deletion')
  registerWizard(app, deps, serviceStateWizard('suspend'), '/users/:target/suspension')
  registerWizard(app, deps, serviceStateWizard('resume'), '/users/:target/resumption')

  app.get(
    requestsPath,
    { config: { policy: admin('user:manage'), screen: 'BRSK053' } },
    async (request, reply) => {
      const actor = userActor(request)
      const { t } = request
      const formats = formatsOf(request.language)
      const requests = await listChangeRequests(deps, actor)
      return reply.page('users/requests', {
        screen: 'BRSK053',
        title: t('users.requests.list.title'),
        requests: requests.map(each => ({
          loginId: each.loginId,
          name: each.name,
          requestedAt: formats.dateTimeCompact(each.requestedAt),
          expiresAt: formats.dateTimeCompact(each.expiresAt),
          standing: t(`users.requests.standings.${each.standing}`),
          waits: each.standing === 'waiting',
          decidedBy: each.decidedBy,
          acts: decisions
            .filter(decision => mayDecide(actor, decision, each).ok)
            .map(decision => ({ decision, action: `${requestsPath}/${each.id}/${pathOf[decision]}` })),
        })),
      })
    },
  )
  for (const decision of decisions)
    registerWizard(app, deps, requestDecisionWizard(decision), `${requestsPath}/:target/${pathOf[decision]}`)
}
