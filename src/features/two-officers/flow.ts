import type { CaseKind } from '../../generated/prisma/enums.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { type BusinessDay, businessDayOf, lastSecondOf } from '../../kernel/business-day.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import { can } from '../../policy/can.ts'
import { nextWorkingDay } from '../../policy/working-day.ts'

/** What a case is about, as its row has it. */
export const caseKinds = [
  'lock_release',
  'acquisition_password',
  'certificate_revocation',
  'new_computer',
  'policy_change',
  'password_reset',
  'confirmation_password_reset',
  'initial_password',
  'registration_reset',
  'email_correction',
  'mobile_correction',
  'contractor_appointment',
  'otp_revocation',
  'user_lock',
  'user_suspension',
  'user_resumption',
  'session_end',
  'passkey_removal',
  'standard_fees',
  'staff_registration',
  'staff_role',
  'staff_suspension',
  'staff_resumption',
  'staff_recovery',
  'staff_certificate_revocation',
  'company_registration',
  'company_contract',
  'portal_service',
] as const satisfies readonly CaseKind[]

/**
 * Cases of the kinds that this version knows: while a release goes on, a copy of the next one may have prepared others,
 * which only it can read.
 */
export const ofKnownKind = { kind: { in: [...caseKinds] } }

/** Where a case stands: only `prepared` is left by a decision or by its time, the others are for good (H-04). */
export type CaseState = 'prepared' | 'done' | 'rejected' | 'withdrawn' | 'expired'

/** What an officer may do with a case that waits: carry it out, say no to it, or take it back. */
export const decisions = ['approve', 'reject', 'withdraw'] as const
export type Decision = (typeof decisions)[number]

/** The facts about a case that decide whether it can be decided. `expiresAt` null: it waits as long as it takes. */
export type CaseStanding = {
  state: CaseState
  preparedById: string
  expiresAt: Date | null
  /** The officer whom the case is about, who has no part in it (H-08). */
  aboutOfficerId?: string | null
  /** Whoever prepared it may prepare nothing any more (`isPreparerOut`): what they wanted is given back, not carried out (H-08). */
  preparerOut?: boolean
}

/** What is known of the officer who prepared a case. */
export type Preparer = Pick<StaffActor, 'id' | 'loginId' | 'name' | 'role'> & {
  state: 'active' | 'suspended'
}

/** The columns of a preparer, for every query that shows who may decide a case. */
export const preparerColumns = { id: true, loginId: true, name: true, role: true, state: true } as const

/** Whether who prepared a case has been suspended since, or has been given a role that prepares none (H-01, H-08). */
export const isPreparerOut = ({ state, ...officer }: Preparer): boolean =>
  state === 'suspended' || !can({ kind: 'staff', ...officer, origin: {} }, 'case:open')

export type DecisionRefusal =
  | 'access.forbidden'
  | 'case.decided'
  | 'case.expired'
  | 'case.sameOfficer'
  | 'case.preparerOut'
  | 'staff.own'
  | 'case.notOwn'

const ends = { approve: 'done', reject: 'rejected', withdraw: 'withdrawn' } as const

/** The state a case is in by the clock: nobody need have written down that its time is over. */
export const stateOf = (
  { state, expiresAt }: Pick<CaseStanding, 'state' | 'expiresAt'>,
  now: Date,
): CaseState => (state === 'prepared' && expiresAt !== null && now > expiresAt ? 'expired' : state)

/** Whether a case is about this officer. */
const isAbout = ({ aboutOfficerId }: CaseStanding, officer: { id: string }): boolean =>
  aboutOfficerId === officer.id

/**
 * The state after an officer's decision (H-04). Whoever prepared a case takes it back and does nothing else with it; the
 * others approve it or say no, if they may approve at all (役席者); they say no where the one who prepared it may prepare
 * nothing any more. Whoever it is about decides nothing of it: a no to one's own suspension would be one's own yes (H-08). What is
 * decided stays so.
 */
export const stateAfter = (
  standing: CaseStanding,
  decision: Decision,
  officer: { id: string; mayApprove: boolean },
  now: Date,
): Result<Exclude<CaseState, 'prepared' | 'expired'>, DecisionRefusal> => {
  const state = stateOf(standing, now)
  if (state === 'expired') return refuse('case.expired')
  if (state !== 'prepared') return refuse('case.decided')
  if (isAbout(standing, officer)) return refuse('staff.own')
  const own = standing.preparedById === officer.id
  if (decision === 'withdraw') return own ? ok(ends.withdraw) : refuse('case.notOwn')
  if (own) return refuse('case.sameOfficer')
  if (!officer.mayApprove) return refuse('access.forbidden')
  if (decision === 'approve' && standing.preparerOut) return refuse('case.preparerOut')
  return ok(ends[decision])
}

/** By which JST day another officer looks at what one does alone now: by the next working day (H-04). */
export const reviewDayFrom = (now: Date): BusinessDay => nextWorkingDay(businessDayOf(now))

/** Working days that a prepared case waits for its second officer. */
export const waitingDays = 5

/** The last second of a case prepared now: that of the fifth working day after. */
export const endOfWaiting = (now: Date): Date => {
  let day: BusinessDay = businessDayOf(now)
  for (let n = 0; n < waitingDays; n++) day = nextWorkingDay(day)
  return lastSecondOf(day)
}
