import { type Refusal, refuse } from '../../kernel/result.ts'
import { usesAcquisitionPasswords } from '../../policy/policy.ts'
import { confirmationPasswordHelper, passwordHelper } from '../../policy/who-helps.ts'
import { type CustomerAct, takesAccessAway } from './case.ts'
import type { Customer } from './queries.ts'

/** What an act makes for the customer, to be shown once (H-05): a password to log in, to confirm, to begin or to enrol. */
export type SecretKind = 'login' | 'confirmation' | 'initial' | 'acquisition'

/** The secret an act makes; null where it makes none. */
export const secretOf = (act: CustomerAct, { policy }: Pick<Customer, 'policy'>): SecretKind | null => {
  switch (act) {
    case 'acquisition_password':
      return 'acquisition'
    case 'new_computer':
      // Where a mailed code stands for it, nothing is issued: the user enrols again through the usual screens (C-08).
      return usesAcquisitionPasswords(policy) ? 'acquisition' : null
    case 'password_reset':
      return 'login'
    case 'confirmation_password_reset':
      return 'confirmation'
    case 'initial_password':
    case 'registration_reset':
      return 'initial'
    default:
      return null
  }
}

type Facts = Pick<
  Customer,
  | 'contractEndedAt'
  | 'serviceState'
  | 'suspendedByBank'
  | 'role'
  | 'helpless'
  | 'registrationDue'
  | 'policy'
  | 'locked'
  | 'mayBeReleased'
  | 'passwords'
  | 'certificates'
  | 'errands'
  | 'otp'
  | 'liveSessions'
  | 'passkeys'
>

/**
 * Why an act can't be carried out for this customer, by their state and their company's policy; undefined where it can.
 * Pages ask it before they offer an act, commands again on the held row, and so does the approval of a prepared case.
 */
export const hindranceOf = (act: CustomerAct, customer: Facts): Refusal | undefined => {
  // Nothing is given to somebody whose company is no customer any more; what the job has not taken yet, an officer may (H-06).
  if (customer.contractEndedAt && !takesAccessAway(act)) return refuse('customer.contractEnded')
  if (customer.serviceState === 'deleted') return refuse('customer.deleted')
  return hindrances[act](customer)
}

const suspended = ({ serviceState }: Facts): Refusal | undefined =>
  serviceState === 'suspended' ? refuse('customer.suspended') : undefined

const unavailable = ({ serviceState }: Facts): Refusal | undefined =>
  serviceState === 'available' ? undefined : refuse('customer.notAvailable')

const hindrances: Record<CustomerAct, (customer: Facts) => Refusal | undefined> = {
  lock_release: customer => {
    if (!customer.locked) return refuse('lock.notLocked')
    return customer.mayBeReleased ? undefined : refuse('lock.notHelpdesk')
  },
  password_reset: customer => {
    if (customer.registrationDue) return refuse('customer.registrationDue')
    const helper = passwordHelper(customer.policy, customer)
    if (helper === 'mail-link') return refuse('customer.byMailLink')
    if (helper === 'administrator') return refuse('customer.byAdministrator')
    return suspended(customer)
  },
  confirmation_password_reset: customer => {
    const has = customer.passwords.some(({ kind }) => kind === 'confirmation_password')
    if (customer.policy.confirmation !== 'password' || !has) return refuse('customer.noConfirmationPassword')
    return confirmationPasswordHelper(customer.policy, customer) === 'helpdesk'
      ? suspended(customer)
      : refuse('customer.byAdministrator')
  },
  initial_password: customer => {
    if (!customer.registrationDue) return refuse('customer.registered')
    if (customer.role === 'user') return refuse('customer.byAdministrator')
    return suspended(customer)
  },
  registration_reset: customer => {
    if (!customer.policy.initialRegistration || customer.role === 'user')
      return refuse('customer.noRegistration')
    if (customer.registrationDue) return refuse('customer.registrationDue')
    return suspended(customer)
  },
  acquisition_password: customer =>
    usesAcquisitionPasswords(customer.policy)
      ? unavailable(customer)
      : refuse('acquisition-password.notUsed'),
  // It takes the place of one with a certificate: who has none is given a first one, or uses none at all.
  new_computer: customer => (hasUsable(customer) ? unavailable(customer) : refuse('customer.noCertificate')),
  email_correction: () => undefined,
  mobile_correction: () => undefined,
  contractor_appointment: customer => {
    if (!customer.policy.roles.contractor) return refuse('customer.noContractors')
    if (customer.role === 'contractor') return refuse('customer.contractorAlready')
    return unavailable(customer)
  },
  otp_revocation: customer => {
    if (!customer.otp) return refuse('customer.noOtp')
    return customer.helpless ? undefined : refuse('customer.byAdministrator')
  },
  user_resumption: customer => {
    if (customer.serviceState !== 'suspended') return refuse('customer.notSuspended')
    return customer.suspendedByBank ? undefined : refuse('customer.suspendedByCompany')
  },
  certificate_revocation: customer =>
    hasUsable(customer) || customer.errands || customer.passkeys.length > 0
      ? undefined
      : refuse('certificate.noneUsable'),
  passkey_removal: ({ passkeys }) => (passkeys.length > 0 ? undefined : refuse('passkey.ofNobody')),
  user_lock: ({ passwords }) =>
    passwords.some(({ kind, locked }) => kind === 'login_password' && !locked)
      ? undefined
      : refuse('customer.lockedAlready'),
  user_suspension: ({ serviceState, suspendedByBank }) =>
    serviceState === 'suspended' && suspendedByBank ? refuse('customer.suspendedAlready') : undefined,
  session_end: ({ liveSessions }) => (liveSessions > 0 ? undefined : refuse('customer.noSession')),
}

/** Whether a customer's user has a certificate that could be revoked. */
export const hasUsable = ({ certificates }: Pick<Customer, 'certificates'>): boolean =>
  certificates.some(({ state }) => state === 'signed' || state === 'delivered' || state === 'active')

/** A fact about a customer on which a prepared case stands. */
export type BasisFact =
  | 'serviceState'
  | 'role'
  | 'locks'
  | 'loginPassword'
  | 'confirmationPassword'
  | 'registration'
  | 'email'
  | 'mobile'
  | 'contractors'
  | 'acquisitionPassword'
  | 'certificates'
  | 'otp'
export type Basis = Partial<Record<BasisFact, string>>

const standsOn: Record<CustomerAct, readonly BasisFact[]> = {
  lock_release: ['locks'],
  password_reset: ['loginPassword'],
  confirmation_password_reset: ['confirmationPassword'],
  initial_password: ['loginPassword', 'registration', 'email'],
  registration_reset: ['loginPassword', 'registration', 'email'],
  acquisition_password: ['acquisitionPassword'],
  new_computer: ['acquisitionPassword', 'certificates'],
  email_correction: ['email'],
  mobile_correction: ['mobile'],
  contractor_appointment: ['contractors'],
  otp_revocation: ['otp'],
  user_resumption: [],
  certificate_revocation: [],
  passkey_removal: [],
  user_lock: [],
  user_suspension: [],
  session_end: [],
}

/** What of a customer's state an act relies on: kept with a prepared case, and compared when it is approved. */
export const basisOf = (act: CustomerAct, customer: Customer): Basis =>
  Object.fromEntries(
    (['serviceState', 'role', ...standsOn[act]] as const).map(fact => [fact, factOf[fact](customer)]),
  )

const setAt = ({ passwords }: Customer, kind: string): string =>
  passwords.find(each => each.kind === kind)?.setAt.toISOString() ?? ''

const factOf: Record<BasisFact, (customer: Customer) => string> = {
  serviceState: ({ serviceState }) => serviceState,
  role: ({ role }) => role,
  locks: ({ passwords, otp, codesSuspendedAt }) =>
    JSON.stringify([
      passwords.map(each => [each.kind, each.locked, each.lockedAt, each.strangersEnd]),
      otp?.suspendedAt ?? null,
      codesSuspendedAt,
    ]),
  loginPassword: customer => setAt(customer, 'login_password'),
  confirmationPassword: customer => setAt(customer, 'confirmation_password'),
  registration: ({ registrationDue }) => String(registrationDue),
  email: ({ email }) => email,
  mobile: ({ mobile }) => mobile ?? '',
  contractors: ({ contractors }) =>
    contractors
      .map(({ id }) => id)
      .toSorted()
      .join(' '),
  acquisitionPassword: ({ acquisitionPassword }) =>
    acquisitionPassword?.pending ? acquisitionPassword.id : '',
  certificates: ({ certificates }) =>
    certificates
      .filter(each => hasUsable({ certificates: [each] }))
      .map(({ id }) => id)
      .toSorted()
      .join(' '),
  otp: ({ otp }) => otp?.registeredAt?.toISOString() ?? '',
}

/** Which facts are not any more what they were when a case was prepared. */
export const changedSince = (before: Basis, now: Basis): BasisFact[] =>
  (Object.keys(now) as BasisFact[]).filter(fact => before[fact] !== now[fact])
