import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { ownCertificateRoutes } from '../features/certificates/index.ts'
import {
  contactRoutes,
  emailProofRoutes,
  otpRegistrationRoutes,
  reauthenticationRoutes,
  secondFactorRoutes,
  securityRoutes,
} from '../features/factors/index.ts'
import { historyExportRoutes, historyRoutes } from '../features/history/index.ts'
import { homeRoutes } from '../features/home/index.ts'
import { informationRoutes } from '../features/information/index.ts'
import { goOn, goOnAfterFactor, keepToken, landing, loginHistoryRoutes } from '../features/login/index.ts'
import { obstacleRoutes } from '../features/obstacles/index.ts'
import { passwordRoutes } from '../features/passwords/index.ts'
import { personalInformationRoutes } from '../features/personal-information/index.ts'
import { surveyRoutes } from '../features/surveys/index.ts'
import { termsRoutes } from '../features/terms/index.ts'
import type { UserActor } from '../kernel/actor.ts'
import { can } from '../policy/can.ts'

/** Every user of a company, once logged in. */
export const userRoutes = (app: FastifyInstance, deps: Deps): void => {
  homeRoutes(app, deps)
  informationRoutes(app, deps)
  surveyRoutes(app, deps)
  ownCertificateRoutes(app, deps)
  passwordRoutes(app, deps, { keepToken, landing })
  historyRoutes(app, deps)
  historyExportRoutes(app, deps)
  termsRoutes(app, deps, { goOn })
  loginHistoryRoutes(app, deps)
  const login = { goOn: goOnAfterFactor(deps), keepToken }
  secondFactorRoutes(app, deps, login)
  otpRegistrationRoutes(app, deps, login)
  reauthenticationRoutes(app, deps, login)
  securityRoutes(app, deps)
  contactRoutes(app, deps)
  emailProofRoutes(app, deps)
  personalInformationRoutes(app, deps)
  obstacleRoutes(app, deps)
}

/** Keys of `common.navigation`, with where they lead. */
export const userNavigation = (actor: UserActor) => [
  { href: '/home', text: 'home', covers: ['/information', '/surveys'] },
  { href: '/history', text: 'history' },
  { href: '/login-history', text: 'loginHistory' },
  { href: '/personal-information', text: 'personalInformation' },
  { href: '/security', text: 'security', covers: ['/otp', '/reauthentication'] },
  // Administrators find it under 企業管理.
  ...(can(actor, 'company:manage') ? [] : [{ href: '/obstacles', text: 'obstacles' }]),
]
