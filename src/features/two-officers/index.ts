/**
 * What takes two officers of the bank (H-04, A-03, H-08), whatever it is about: one prepares a case, it waits in one
 * queue, and another, a 役席者 who proves anew who they are, approves it or gives it back with a reason; the first may
 * take it back, and in the end its time is over. A feature brings what is carried out, as a `CaseHandling`.
 */

export {
  type AskedCase,
  type OpenedCase,
  openCase,
  openedBefore,
  recordCaseRefused,
  type StandsOn,
} from './commands.opening.ts'
export {
  approveCase,
  type CaseDecisionRefusal,
  type CaseHandling,
  expireCases,
  longestNote,
  rejectCase,
  type WaitingCase,
  withdrawCase,
} from './commands.ts'
export {
  type CaseState,
  caseKinds,
  isPreparerOut,
  ofKnownKind,
  preparerColumns,
  reviewDayFrom,
  stateOf,
} from './flow.ts'
export { type FoundCase, findCaseOf } from './queries.found.ts'
export { knownTo, type ListedCase, nobodyApproves, waitingCases } from './queries.ts'
export { type CasePage, type CaseParams, casePageRoutes } from './routes.cases.ts'
export { openedOtherwisePage } from './routes.opened.ts'
export { secretRoutes } from './routes.secrets.ts'
export { twoOfficersRoutes } from './routes.ts'
export { fetchedUntil, fetchSecret, secretView } from './secrets.ts'
export { caseRows, changeRows, outcomeRows, paperRows } from './views.record.ts'
export { decisionOf, waitingTable } from './views.ts'
