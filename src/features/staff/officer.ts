import type { StaffActor } from '../../kernel/actor.ts'
import { readReason } from '../../kernel/reason.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import { isMailAddress } from '../../platform/mail/address.ts'

export type OfficerRole = StaffActor['role']
export const officerRoles: readonly OfficerRole[] = ['operator', 'approver', 'editor', 'auditor']

/** Who is to become an officer (H-08). */
export type OfficerFacts = {
  /** 1 to 64 half-width letters, digits, dots, hyphens and underscores, beginning with a letter or digit. */
  loginId: string
  name: string
  email: string
  role: OfficerRole
}

export type OfficerFactsRefusal = 'staff.loginIdMalformed' | 'staff.nameMalformed' | 'staff.emailMalformed'

/** The facts as they are kept, or the first that can't be. */
export const checkOfficer = (wanted: OfficerFacts): Result<OfficerFacts, OfficerFactsRefusal> => {
  const name = wanted.name.trim()
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(wanted.loginId)) return refuse('staff.loginIdMalformed')
  if (name === '' || name.length > 100 || /\p{Cc}/u.test(name)) return refuse('staff.nameMalformed')
  if (!isMailAddress(wanted.email)) return refuse('staff.emailMalformed')
  return ok({ ...wanted, name })
}

/** The longest reason of what is done about an officer. */
export const longestReason = 500

export type ReasonRefusal = 'staff.reasonMissing' | 'staff.reasonTooLong' | 'staff.reasonUnprintable'

/** The reason as it is kept with a case about an officer, or what is wrong with it (I-05). */
export const checkReason = (typed: string): Result<string, ReasonRefusal> => {
  const { text, problem } = readReason(typed, longestReason)
  if (problem === 'missing') return refuse('staff.reasonMissing')
  if (problem === 'tooLong') return refuse('staff.reasonTooLong', { longest: longestReason })
  return problem ? refuse('staff.reasonUnprintable') : ok(text)
}

/** What two officers do about a third one (H-08). */
export const officerActs = ['staff_role', 'staff_suspension', 'staff_resumption', 'staff_recovery'] as const
export type OfficerAct = (typeof officerActs)[number]
/** What takes an officer's access away is done by one at once, like a customer's (H-04). */
export type StaffCaseKind = OfficerAct | 'staff_registration' | 'staff_certificate_revocation'
export const staffCaseKinds: readonly StaffCaseKind[] = [
  'staff_registration',
  ...officerActs,
  'staff_certificate_revocation',
]

/** What a case about an officer changes, as it is stored with it. */
export type StaffProposal = {
  staffLoginId?: string
  name?: string
  email?: string
  role?: OfficerRole
  /** A recovery that revokes the certificates, too: the computer is lost, or was in other hands. */
  revokes?: boolean
}

/** Acts that end with a password made for the officer: shown once to who prepared or approved the case (H-05). */
export const makesPassword = (kind: StaffCaseKind): boolean =>
  kind === 'staff_registration' || kind === 'staff_recovery'

/** Where an officer stands now, and what the act would change. */
export type OfficerStanding = { id: string; role: OfficerRole; state: 'active' | 'suspended' }

export type ActRefusal = 'staff.own' | 'staff.unchanged' | 'staff.tooFew'

const prepares = ({ role, state }: OfficerStanding): boolean =>
  state === 'active' && (role === 'operator' || role === 'approver')

/** Whether these can prepare, approve and register whoever else is needed by themselves (H-08). */
const areEnough = (all: readonly OfficerStanding[]): boolean => {
  const preparing = all.filter(prepares)
  return preparing.length >= 2 && preparing.some(({ role }) => role === 'approver')
}

export type FirstOfficerRefusal = 'staff.firstEnough' | 'staff.firstRole' | 'staff.firstApprover'

/**
 * Whether the command line registers another officer: only until there are two who can do the rest on the console, so never
 * one who neither prepares nor approves, and an approver where one would be missing. Any other two would lock the bank out.
 */
export const checkFirstOfficer = (
  role: OfficerRole,
  all: readonly OfficerStanding[],
): Result<null, FirstOfficerRefusal> => {
  if (areEnough(all)) return refuse('staff.firstEnough')
  const after = [...all.filter(prepares), { id: '', role, state: 'active' as const }]
  if (!after.every(prepares)) return refuse('staff.firstRole')
  return after.length < 2 || areEnough(after) ? ok(null) : refuse('staff.firstApprover')
}

/**
 * Whether an act may be: never by or for oneself, it changes something, and afterwards two officers are left who can prepare
 * and approve, for nobody else could undo it (H-08).
 */
export const checkAct = (
  act: OfficerAct,
  officer: OfficerStanding,
  role: OfficerRole | undefined,
  all: readonly OfficerStanding[],
  actorId: string,
): Result<null, ActRefusal> => {
  if (officer.id === actorId) return refuse('staff.own')
  const after: OfficerStanding = {
    ...officer,
    ...(act === 'staff_role' && role && { role }),
    ...(act === 'staff_suspension' && { state: 'suspended' as const }),
    ...(act === 'staff_resumption' && { state: 'active' as const }),
  }
  if (act !== 'staff_recovery' && after.role === officer.role && after.state === officer.state)
    return refuse('staff.unchanged')
  const left = all.map(each => (each.id === officer.id ? after : each))
  return areEnough(left) ? ok(null) : refuse('staff.tooFew')
}
