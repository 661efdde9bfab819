import { type BusinessDay, businessDayOf, daysBetween } from '../../kernel/business-day.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import type { BankAct } from '../../policy/policy.ts'

/**
 * What the helpdesk does for one customer. «A new computer» is one act: the old certificate ends and a new acquisition
 * password is issued (C-08).
 */
export type CustomerAct = BankAct | 'new_computer' | 'certificate_revocation'

/** The kind of access an act gives, as policies name it; null where it takes access away (H-04). */
export const accessGivenBy = (act: CustomerAct): BankAct | null => {
  if (act === 'new_computer') return 'acquisition_password'
  return act === 'certificate_revocation' ? null : act
}

/** What takes access away is done at once and reviewed by the next business day (H-04). */
export const takesAccessAway = (act: CustomerAct): boolean => accessGivenBy(act) === null

/** Whether an act shows an acquisition password at its end. */
export const issuesPassword = (act: CustomerAct): act is 'acquisition_password' | 'new_computer' =>
  accessGivenBy(act) === 'acquisition_password'

/** The reasons that come up every day, to be picked; anything else is written down as `other`. */
export const usualReasons = {
  lock_release: ['mistyped', 'forgotten', 'keyboard', 'other'],
  acquisition_password: ['first', 'lost', 'expired', 'newComputer', 'other'],
  new_computer: ['replaced', 'broken', 'computerLost', 'other'],
  certificate_revocation: ['computerLost', 'userLeft', 'requested', 'other'],
} as const satisfies Record<CustomerAct, readonly string[]>

/** The longest reason that is kept, counted as people count characters. */
export const longestReason = 400

/** A form older than this is a mistyped year, or a form that should be asked for again. */
const oldestForm = 365

/** The paper on which an act that gives access stands: why, and the form with its seal (H-04). */
export type CasePaper = {
  reason: string
  /** The JST day on which the paper form (依頼書) came in; null where the act needs none. */
  formReceivedOn: BusinessDay | null
  /** An officer compared the registered seal (届出印). */
  sealChecked: boolean
}

export type PaperRefusal =
  | 'case.reasonMissing'
  | 'case.reasonTooLong'
  | 'case.formMissing'
  | 'case.formInFuture'
  | 'case.formTooOld'
  | 'case.sealUnchecked'

const lengthOf = (text: string): number => [...new Intl.Segmenter('ja').segment(text)].length

/** Whether the paper carries the act (H-04); `formNeeded` where it gives access. */
export const checkPaper = (
  paper: CasePaper,
  now: Date,
  formNeeded = true,
): Result<CasePaper, PaperRefusal> => {
  const reason = paper.reason.trim()
  if (reason === '') return refuse('case.reasonMissing')
  if (lengthOf(reason) > longestReason) return refuse('case.reasonTooLong', { longest: longestReason })
  if (!formNeeded) return ok({ reason, formReceivedOn: null, sealChecked: false })
  if (paper.formReceivedOn === null) return refuse('case.formMissing')
  const age = daysBetween(paper.formReceivedOn, businessDayOf(now))
  if (age < 0) return refuse('case.formInFuture')
  if (age > oldestForm) return refuse('case.formTooOld')
  if (!paper.sealChecked) return refuse('case.sealUnchecked')
  return ok({ ...paper, reason })
}

/** An acquisition password's state, as the helpdesk sees it: never its value (C-09). */
export type AcquisitionPasswordState = 'unused' | 'used' | 'void' | 'expired'

export const acquisitionPasswordState = (
  row: { usedAt: Date | null; voidedAt: Date | null; expiresAt: Date },
  now: Date,
): AcquisitionPasswordState => {
  if (row.usedAt) return 'used'
  if (row.voidedAt) return 'void'
  return now >= row.expiresAt ? 'expired' : 'unused'
}
