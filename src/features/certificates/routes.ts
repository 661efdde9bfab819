import type { FastifyInstance } from 'fastify'
import type { Deps } from '../../deps.ts'

/** Enrolment (C-02). */
export const enrolmentRoutes = (_app: FastifyInstance, _deps: Deps): void => {}
