import type { FastifyInstance } from 'fastify'
import type { Deps } from '../../deps.ts'
import { registerWizard } from '../../platform/http/wizard-routes.ts'
import { releaseLockWizard } from './lock-release.wizard.ts'

/** ロック解除 from the list and the enquiry (B-06, D-10). */
export const lockAdministrationRoutes = (app: FastifyInstance, deps: Deps): void =>
  registerWizard(app, deps, releaseLockWizard, '/users/:target/lock-release')
