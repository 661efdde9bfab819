/**
 * The helpdesk's work for customers (chapter H): finding them, looking at one, and the acts that give access again,
 * each a case on a sealed paper form. Who the officers are and how they log in is features/staff.
 */
export type { CasePaper } from './case.ts'
export {
  type AcquisitionPasswordRequest,
  issueAcquisitionPassword,
  releaseCustomerLock,
} from './commands.ts'
export type { CaseDone, CaseRefusal, CaseRequest } from './customer-case.ts'
export { caseRoutes } from './routes.ts'
