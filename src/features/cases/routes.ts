import type { FastifyInstance } from 'fastify'
import type { Deps } from '../../deps.ts'
import { customerActs } from './case.ts'
import { actRoutes } from './routes.acts.ts'
import { customerCaseRoutes } from './routes.cases.ts'
import { customerRoutes } from './routes.customers.ts'
import { reviewRoutes } from './routes.reviews.ts'

/** The helpdesk's console, once an officer has logged in. */
export const caseRoutes = (app: FastifyInstance, deps: Deps): void => {
  customerRoutes(app, deps)
  for (const act of customerActs) actRoutes(app, deps, act)
  customerCaseRoutes(app, deps)
  reviewRoutes(app, deps)
}
