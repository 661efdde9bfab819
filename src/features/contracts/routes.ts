import type { FastifyInstance } from 'fastify'
import type { Deps } from '../../deps.ts'
import { extensionForm, reductionForm, signOnForm } from './change-forms.ts'
import { contractCaseRoutes } from './routes.cases.ts'
import { changeRoutes } from './routes.change.ts'
import { companyRoutes } from './routes.company.ts'
import { registrationRoutes } from './routes.registration.ts'

/** Companies and their contracts at the helpdesk. */
export const contractRoutes = (app: FastifyInstance, deps: Deps): void => {
  companyRoutes(app, deps)
  registrationRoutes(app, deps)
  for (const form of [extensionForm(deps), reductionForm, signOnForm(deps)]) changeRoutes(app, deps, form)
  contractCaseRoutes(app, deps)
}
