import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { companyAdministrationRoutes } from '../features/company/index.ts'
import { feeAdministrationRoutes } from '../features/fees/index.ts'
import { userCsvRoutes } from '../features/user-csv/index.ts'
import {
  certificateRevocationRoutes,
  lockAdministrationRoutes,
  otpAdministrationRoutes,
  passkeyAdministrationRoutes,
  userAdministrationRoutes,
  userChangeRoutes,
} from '../features/users/index.ts'
import type { UserActor } from '../kernel/actor.ts'
import { can } from '../policy/can.ts'

/** A company's administrators. */
export const adminRoutes = (app: FastifyInstance, deps: Deps): void => {
  userAdministrationRoutes(app, deps)
  userChangeRoutes(app, deps)
  companyAdministrationRoutes(app, deps)
  certificateRevocationRoutes(app, deps)
  otpAdministrationRoutes(app, deps)
  passkeyAdministrationRoutes(app, deps)
  lockAdministrationRoutes(app, deps)
  feeAdministrationRoutes(app, deps)
  userCsvRoutes(app, deps)
}

export const administratorNavigation = (actor: UserActor) =>
  can(actor, 'user:manage')
    ? [{ href: '/administration', text: 'administration', covers: ['/users', '/company', '/obstacles'] }]
    : []
