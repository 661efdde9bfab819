import type { FastifyInstance } from 'fastify'
import type { Deps } from '../deps.ts'
import { announcementEditorRoutes } from '../features/announcements/index.ts'
import { caseRoutes } from '../features/cases/index.ts'
import { contractRoutes } from '../features/contracts/index.ts'
import { standardFeesRoutes } from '../features/fees/index.ts'
import { helpdeskHoursRoutes } from '../features/helpdesk-hours/index.ts'
import { bankHistoryRoutes } from '../features/history/index.ts'
import { informationEditorRoutes } from '../features/information/index.ts'
import { policyRoutes } from '../features/policies/index.ts'
import { catalogueRoutes } from '../features/services/index.ts'
import { staffRoutes } from '../features/staff/index.ts'
import { surveyEditorRoutes } from '../features/surveys/index.ts'
import { termsPublishingRoutes } from '../features/terms/index.ts'
import { twoOfficersRoutes } from '../features/two-officers/index.ts'
import type { StaffActor } from '../kernel/actor.ts'
import type { Stage } from '../platform/http/policy.ts'
import { can } from '../policy/can.ts'

/** The bank's staff (chapter H). */
export const helpdeskRoutes = (app: FastifyInstance, deps: Deps): void => {
  staffRoutes(app, deps)
  caseRoutes(app, deps)
  twoOfficersRoutes(app, deps)
  contractRoutes(app, deps)
  policyRoutes(app, deps)
  termsPublishingRoutes(app, deps)
  standardFeesRoutes(app, deps)
  catalogueRoutes(app, deps)
  helpdeskHoursRoutes(app, deps)
  announcementEditorRoutes(app, deps)
  informationEditorRoutes(app, deps)
  surveyEditorRoutes(app, deps)
  bankHistoryRoutes(app, deps)
}

export const helpdeskNavigation = (actor: StaffActor) => [
  {
    href: '/helpdesk/home',
    text: 'helpdesk',
    covers: ['/helpdesk/users', '/helpdesk/cases'],
  },
  ...(can(actor, 'customer:view')
    ? [{ href: '/helpdesk/companies', text: 'companies', covers: ['/helpdesk/contract-cases'] }]
    : []),
  ...(can(actor, 'customer:view') ? [{ href: '/helpdesk/approvals', text: 'waitingCases' }] : []),
  ...(can(actor, 'customer:view') ? [{ href: '/helpdesk/reviews', text: 'reviews' }] : []),
  ...(can(actor, 'staff:view') ? [{ href: '/helpdesk/officers', text: 'officers' }] : []),
  ...(can(actor, 'customer:view') ? [{ href: '/helpdesk/standard-fees', text: 'standardFees' }] : []),
  ...(can(actor, 'posting:view')
    ? [
        { href: '/helpdesk/services', text: 'services', covers: ['/helpdesk/service-cases'] },
        { href: '/helpdesk/announcements', text: 'announcements' },
        { href: '/helpdesk/information', text: 'information' },
        { href: '/helpdesk/surveys', text: 'surveys' },
        { href: '/helpdesk/hours', text: 'helpdeskHours' },
        { href: '/helpdesk/terms', text: 'terms' },
      ]
    : []),
  ...(can(actor, 'bank-history:view') ? [{ href: '/helpdesk/history', text: 'bankHistory' }] : []),
]

export const staffStagePages: Partial<Record<Stage, string>> = {
  takeover: '/helpdesk/takeover',
  second_factor: '/helpdesk/otp/registration',
  password_change: '/helpdesk/password',
  open: '/helpdesk/home',
}
