import type { FastifyInstance } from 'fastify'
import type { Deps } from '../../deps.ts'
import { extensionForm, reductionForm, signOnForm } from './change-forms.ts'
import { endForm, endWithdrawalForm } from './end-forms.ts'
import { contractCaseRoutes } from './routes.cases.ts'
import { changeRoutes } from './routes.change.ts'
import { companyRoutes } from './routes.company.ts'
import { registrationRoutes } from './routes.registration.ts'

/** Companies and their contracts at the helpdesk. */
export const contractRoutes = (app: FastifyInstance, deps: Deps): void => {
  companyRoutes(app, deps)
  registrationRoutes(app, deps)
  const forms = [extensionForm(deps), reductionForm, signOnForm(deps), endForm(deps), endWithdrawalForm]
  for (const form of forms) changeRoutes(app, deps, form)
  contractCaseRoutes(app, deps)
}
