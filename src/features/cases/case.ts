import { type BusinessDay, businessDayOf, daysBetween } from '../../kernel/business-day.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import type { BankAct } from '../../policy/policy.ts'

/** The reasons that come up every day, to be picked; anything else is written down as `other`. */
export const usualReasons = {
  lock_release: ['mistyped', 'forgotten', 'keyboard', 'other'],
  acquisition_password: ['first', 'lost', 'expired', 'newComputer', 'other'],
} as const satisfies Record<BankAct, readonly string[]>

/** The longest reason that is kept, counted as people count characters. */
export const longestReason = 400

/** A form older than this is a mistyped year, or a form that should be asked for again. */
const oldestForm = 365

/** The paper on which an act that gives access stands: why, and the form with its seal (H-04). */
export type CasePaper = {
  reason: string
  /** The JST day on which the paper form (依頼書) came in. */
  formReceivedOn: BusinessDay
  /** An officer compared the registered seal (届出印). */
  sealChecked: boolean
}

export type PaperRefusal =
  | 'case.reasonMissing'
  | 'case.reasonTooLong'
  | 'case.formInFuture'
  | 'case.formTooOld'
  | 'case.sealUnchecked'

const lengthOf = (text: string): number => [...new Intl.Segmenter('ja').segment(text)].length

/** Whether the paper carries an act that gives access (H-04). */
export const checkPaper = (paper: CasePaper, now: Date): Result<CasePaper, PaperRefusal> => {
  const reason = paper.reason.trim()
  if (reason === '') return refuse('case.reasonMissing')
  if (lengthOf(reason) > longestReason) return refuse('case.reasonTooLong', { longest: longestReason })
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
