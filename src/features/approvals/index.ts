export {
  type ApprovalMode,
  approvalModes,
  approversBeside,
  approversNeeded,
} from './approval.ts'
export { type ApprovedService, type ApproversRefusal, approvedServices, keepingApprovers } from './keeping.ts'
