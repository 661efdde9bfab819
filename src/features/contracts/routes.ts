import type { FastifyInstance } from 'fastify'
import type { Deps } from '../../deps.ts'
import { contractCaseRoutes } from './routes.cases.ts'
import { companyRoutes } from './routes.company.ts'
import { registrationRoutes } from './routes.registration.ts'

/** Companies and their contracts at the helpdesk. */
export const contractRoutes = (app: FastifyInstance, deps: Deps): void => {
  companyRoutes(app, deps)
  registrationRoutes(app, deps)
  contractCaseRoutes(app, deps)
}
