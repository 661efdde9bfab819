import { type BusinessDay, businessDayOf, daysBetween } from '../../kernel/business-day.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import { type BankAct, bankActs } from '../../policy/policy.ts'

/** What takes access away: done by one officer at once, and looked at by another afterwards (H-04). */
const acts = [
  'certificate_revocation',
  'passkey_removal',
  'user_lock',
  'user_suspension',
  'session_end',
] as const

/**
 * What the helpdesk does for one customer (H-03). «A new computer» is one act: the old certificate ends and a new
 * acquisition password is issued (C-08).
 */
export const customerActs = [...bankActs, 'new_computer', ...acts] as const
export type CustomerAct = (typeof customerActs)[number]

/** The kind of access an act gives, as policies name it; null where it takes access away (H-04). */
export const accessGivenBy = (act: CustomerAct): BankAct | null => {
  if (act === 'new_computer') return 'acquisition_password'
  return isTakingAway(act) ? null : act
}

const isTakingAway = (act: CustomerAct): act is (typeof acts)[number] => acts.some(each => each === act)

/** What takes access away is done at once and reviewed by the next business day (H-04). */
export const takesAccessAway = (act: CustomerAct): boolean => isTakingAway(act)

/** Whether one officer does an act alone: what takes access away, and what the policy leaves to one (H-04). */
export const isDoneAlone = (act: CustomerAct, policy: { byOneOfficer: readonly BankAct[] }): boolean => {
  const given = accessGivenBy(act)
  return given === null || policy.byOneOfficer.includes(given)
}

/** The reasons that come up every day, to be picked; anything else is written down as `other`. */
export const usualReasons = {
  lock_release: ['mistyped', 'forgotten', 'keyboard', 'other'],
  password_reset: ['passwordForgotten', 'letterLost', 'other'],
  confirmation_password_reset: ['passwordForgotten', 'letterLost', 'other'],
  initial_password: ['letterLost', 'letterExpired', 'other'],
  registration_reset: ['successor', 'passwordForgotten', 'other'],
  acquisition_password: ['first', 'lost', 'expired', 'newComputer', 'other'],
  new_computer: ['replaced', 'broken', 'computerLost', 'other'],
  email_correction: ['addressWrong', 'addressChanged', 'other'],
  mobile_correction: ['numberWrong', 'numberGone', 'other'],
  contractor_appointment: ['contractorLeft', 'contractorChanged', 'other'],
  otp_revocation: ['deviceLost', 'deviceReplaced', 'other'],
  user_resumption: ['suspicionCleared', 'requested', 'other'],
  certificate_revocation: ['computerLost', 'userLeft', 'requested', 'other'],
  passkey_removal: ['deviceLost', 'deviceReplaced', 'requested', 'other'],
  user_lock: ['suspicion', 'requested', 'other'],
  user_suspension: ['suspicion', 'userLeft', 'requested', 'other'],
  session_end: ['suspicion', 'requested', 'other'],
} as const satisfies Record<CustomerAct, readonly string[]>

/** The longest number of a paper form. */
export const longestFormNumber = 30

/** The longest reason that is kept, counted as people count characters. */
export const longestReason = 400

/** A form older than this is a mistyped year, or a form that should be asked for again. */
const oldestForm = 365

/** The paper on which an act that gives access stands: why, and the form with its seal (H-04). */
export type CasePaper = {
  reason: string
  /** The number that the paper form bears, as the bank files it; null where the act needs none. */
  formNumber: string | null
  /** The JST day on which the paper form (依頼書) came in; null where the act needs none. */
  formReceivedOn: BusinessDay | null
  /** An officer compared the registered seal (届出印). */
  sealChecked: boolean
}

export type PaperRefusal =
  | 'case.reasonMissing'
  | 'case.reasonTooLong'
  | 'case.formNumberMissing'
  | 'case.formNumberTooLong'
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
  if (!formNeeded) return ok({ reason, formNumber: null, formReceivedOn: null, sealChecked: false })
  const formNumber = paper.formNumber?.trim() ?? ''
  if (formNumber === '') return refuse('case.formNumberMissing')
  if (lengthOf(formNumber) > longestFormNumber)
    return refuse('case.formNumberTooLong', { longest: longestFormNumber })
  if (paper.formReceivedOn === null) return refuse('case.formMissing')
  const age = daysBetween(paper.formReceivedOn, businessDayOf(now))
  if (age < 0) return refuse('case.formInFuture')
  if (age > oldestForm) return refuse('case.formTooOld')
  if (!paper.sealChecked) return refuse('case.sealUnchecked')
  return ok({ ...paper, reason, formNumber })
}

/** How a secret reaches its owner: never by mail together with the login ID (H-05). */
export const deliveries = ['post', 'phone'] as const
export type Delivery = (typeof deliveries)[number]

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
