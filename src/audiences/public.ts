import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { enrolmentRoutes } from '../features/certificates/index.ts'
import { entranceRoutes } from '../features/entrances/index.ts'
import { keepToken, loginRoutes } from '../features/login/index.ts'

/** Everyone, before login: entry page, login, enrolment. */
export const publicRoutes = (app: FastifyInstance, deps: Deps): void => {
  entranceRoutes(app)
  loginRoutes(app, deps)
  enrolmentRoutes(app, deps, { keepToken })
}
