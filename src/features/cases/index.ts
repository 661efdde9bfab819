/**
 * The helpdesk's work for customers (chapter H): finding them, looking at one, and the acts of H-03, each a case: what
 * gives access on a sealed paper form and with a second officer, what takes it away at once and reviewed. Who the officers
 * are and how they log in is features/staff; how two of them decide is features/two-officers.
 */

export type { SecretKind } from './acts.ts'
export {
  type CasePaper,
  type Delivery,
  deliveries,
  longestFormNumber,
  longestReason,
} from './case.ts'
export { type CaseRequest, openCustomerCase } from './commands.ts'
export { CustomerViewed, SecretShown, StaffSearched } from './events.ts'
export { readEmail } from './forms.ts'
export { letterOf } from './letter.ts'
export { type PaperValues, readDay, readPaper, unprintable } from './paper-form.ts'
export { answerLetter } from './routes.secrets.ts'
export { caseRoutes } from './routes.ts'
export { longestSearch, searchKeys } from './search.ts'
export type { ShownAs, ShownSecret } from './secrets.ts'
