import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { enrolmentRoutes } from '../features/certificates/index.ts'
import { keepToken, loginRoutes } from '../features/login/index.ts'

/** Everyone, before login: entry page, login, enrolment. */
export const publicRoutes = (app: FastifyInstance, deps: Deps): void => {
  loginRoutes(app, deps)
  enrolmentRoutes(app, deps, { keepToken })
}
