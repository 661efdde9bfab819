export { publishStandardFees } from './commands.ts'
export { type FeeRange, type FeeService, type Fees, feeServices, type Schedule, scheduleOf } from './fee.ts'
export { feeAdministrationRoutes } from './routes.admin.ts'
export { standardFeesRoutes } from './routes.helpdesk.ts'
