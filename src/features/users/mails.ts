import { z } from 'zod'
import { defineMail } from '../../platform/mail/mail-kind.ts'
import { type SecurityPolicy, usesCertificates } from '../../policy/policy.ts'

/**
 * To a new user whom an administrator of their company has registered, and what comes next (`need`: what the company's
 * policy asks for at login). Neither the login ID nor a password is in it, since they reach the user by other ways (H-05).
 */
export const UserRegisteredMail = defineMail(
  'user.registered',
  z.strictObject({
    at: z.date(),
    registeredBy: z.string(),
    need: z.enum(['certificate', 'passwords', 'registration', 'masterRegistration']),
  }),
  ['happened', { facts: ['at', 'registeredBy'] }, { choice: 'need' }, 'address', 'notYou'],
)

type Entering = Pick<SecurityPolicy, 'login' | 'initialRegistration'>

/** What the first user of a company needs first, as its entrance has it. */
export const firstNeedOf = (policy: Entering): 'certificate' | 'passwords' | 'masterRegistration' => {
  if (policy.initialRegistration) return 'masterRegistration'
  return usesCertificates(policy) ? 'certificate' : 'passwords'
}

/** What a new user needs first, as the entrance of their company has it. */
export const needOf = (
  policy: Entering,
  role: 'user' | 'administrator' | 'contractor',
): 'certificate' | 'passwords' | 'registration' | 'masterRegistration' =>
  policy.initialRegistration && role === 'user' ? 'registration' : firstNeedOf(policy)

/** To a user whose record an administrator has changed (D-08), and what follows from it for them. */
export const UserChangedMail = defineMail(
  'user.changed',
  z.strictObject({
    at: z.date(),
    changedBy: z.string(),
    after: z.enum(['nothing', 'reset', 'certificateRevoked']),
  }),
  ['happened', { facts: ['at', 'changedBy'] }, { choice: 'after' }, 'notYou'],
)

/** To a user who has been taken out of service, or back into it, or deleted (D-09, D-15). */
export const ServiceStateMail = defineMail(
  'user.service-state',
  z.strictObject({
    at: z.date(),
    changedBy: z.string(),
    act: z.enum(['suspend', 'resume', 'delete']),
  }),
  ['happened', { facts: ['at', 'changedBy'] }, { choice: 'act' }, 'notYou'],
)

/** To the other administrators, when one has asked for more rights of their own (D-11). */
export const ChangeRequestedMail = defineMail(
  'change-request.made',
  z.strictObject({ at: z.date(), requestedBy: z.string(), expiresAt: z.date() }),
  ['happened', { facts: ['at', 'requestedBy', 'expiresAt'] }, 'decide'],
)

/** To the administrator who asked, once another one has decided. */
export const ChangeDecidedMail = defineMail(
  'change-request.decided',
  z.strictObject({ at: z.date(), decidedBy: z.string(), decision: z.enum(['approved', 'declined']) }),
  ['happened', { facts: ['at', 'decidedBy'] }, { choice: 'decision' }, 'notYou'],
)
