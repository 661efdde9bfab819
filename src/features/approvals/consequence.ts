import { type ApprovalMode, approversNeeded } from './approval.ts'

/**
 * What a change of approval means for those who ask and those who approve (E-02): they can no longer send alone, or can
 * from now on; more or fewer must approve; or only the order of two counts, or counts no longer.
 */
export type Consequence = 'bound' | 'freed' | 'more' | 'fewer' | 'ordered' | 'unordered'

/** The consequence of another mode; undefined where nothing changes. */
export const consequenceOf = (before: ApprovalMode, after: ApprovalMode): Consequence | undefined => {
  if (before === after) return undefined
  const [were, are] = [approversNeeded(before), approversNeeded(after)]
  if (were === are) return after === 'double_ordered' ? 'ordered' : 'unordered'
  if (were === 0) return 'bound'
  if (are === 0) return 'freed'
  return are > were ? 'more' : 'fewer'
}
