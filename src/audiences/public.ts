import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { statusRoutes } from '../features/authorities/index.ts'
import {
  deliveryRoutes,
  enrolmentRoutes,
  guideRoutes,
  issueRoutes,
  journeyFromMenu,
  renewalRoutes,
} from '../features/certificates/index.ts'
import { entranceRoutes } from '../features/entrances/index.ts'
import { forgottenPasswordRoutes } from '../features/forgotten-passwords/index.ts'
import { keepToken, loginRoutes, presentedUser } from '../features/login/index.ts'
import { passkeyRoutes } from '../features/passkeys/index.ts'
import { registrationRoutes } from '../features/registration/index.ts'
import { selfCheckRoutes } from '../features/self-check/index.ts'
import { providerRoutes, signOnRoutes } from '../features/services/index.ts'

/** Everyone, before login: entry page, login, enrolment; and machines that ask about certificates. */
export const publicRoutes = (app: FastifyInstance, deps: Deps): void => {
  entranceRoutes(app, { journeyOf: journeyFromMenu })
  loginRoutes(app, deps)
  registrationRoutes(app, deps)
  forgottenPasswordRoutes(app, deps)
  enrolmentRoutes(app, deps, { keepToken })
  issueRoutes(app, deps, { keepToken })
  deliveryRoutes(app, deps)
  renewalRoutes(app, deps, { keepToken, presentedUser })
  passkeyRoutes(app, deps)
  selfCheckRoutes(app, deps)
  guideRoutes(app)
  statusRoutes(app, deps)
  providerRoutes(app, deps)
  signOnRoutes(app, deps)
}
