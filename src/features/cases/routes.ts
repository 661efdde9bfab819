import type { FastifyInstance } from 'fastify'
import type { Deps } from '../../deps.ts'
import { actRoutes } from './routes.acts.ts'
import { customerRoutes } from './routes.customers.ts'
import { reviewRoutes } from './routes.reviews.ts'

/** The helpdesk's console, once an officer has logged in. */
export const caseRoutes = (app: FastifyInstance, deps: Deps): void => {
  customerRoutes(app, deps)
  actRoutes(app, deps, 'lock_release')
  actRoutes(app, deps, 'acquisition_password')
  actRoutes(app, deps, 'new_computer')
  actRoutes(app, deps, 'certificate_revocation')
  reviewRoutes(app, deps)
}
