export {
  type ApprovalMode,
  approvalModes,
  approversNeeded,
  type Staffing,
} from './approval.ts'
export { type Consequence, consequenceOf } from './consequence.ts'
export { type ApproversRefusal, type KeepingRefusal, keepingApprovers, tooFew } from './keeping.ts'
export {
  type ApprovedService,
  approvedServices,
  isApproved,
  missingIn,
  type People,
  peopleWho,
  staffingOf,
} from './queries.ts'
export { peopleWords } from './words.ts'
