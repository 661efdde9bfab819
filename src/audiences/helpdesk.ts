import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { caseRoutes } from '../features/cases/index.ts'
import { policyRoutes } from '../features/policies/index.ts'
import { staffRoutes } from '../features/staff/index.ts'
import type { StaffActor } from '../kernel/actor.ts'
import type { Stage } from '../platform/http/policy.ts'

/** The bank's staff (chapter H). */
export const helpdeskRoutes = (app: FastifyInstance, deps: Deps): void => {
  staffRoutes(app, deps)
  caseRoutes(app, deps)
  policyRoutes(app, deps)
}

export const helpdeskNavigation = (_actor: StaffActor) => [{ href: '/helpdesk/home', text: 'helpdesk' }]

export const staffStagePages: Partial<Record<Stage, string>> = {
  takeover: '/helpdesk/takeover',
  open: '/helpdesk/home',
}
