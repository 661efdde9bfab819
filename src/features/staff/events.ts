import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'

// All of these are in the bank's own chain: no customer has a part in them.

export const StaffCreated = defineEvent(
  'staff.created',
  z.strictObject({ loginId: z.string(), name: z.string(), officerRole: z.string() }),
)
export const StaffLoginSucceeded = defineEvent('staff.login.succeeded', z.strictObject({}))
export const StaffLoginFailed = defineEvent('staff.login.failed', z.strictObject({}))
/**
 * Released from the command line, with the reason; `lockedAt` is null where no lock was. `registersAnew`: their one-time
 * password has ended, too.
 */
export const StaffUnlocked = defineEvent(
  'staff.unlocked',
  z.strictObject({ caseReason: z.string(), lockedAt: z.string().nullable(), registersAnew: z.boolean() }),
)
/** The officer ended a session of theirs that was still alive elsewhere (B-13). */
export const StaffLoginTakenOver = defineEvent(
  'staff.login.takeover',
  z.strictObject({ startedAt: z.string(), from: z.string() }),
)
export const StaffLoggedOut = defineEvent('staff.logout', z.strictObject({}))

/** Two officers gave a third another role (H-08). */
export const StaffRoleChanged = defineEvent(
  'staff.role-changed',
  z.strictObject({
    caseId: z.string(),
    officerRole: z.strictObject({ before: z.string(), after: z.string() }),
  }),
)
export const StaffSuspended = defineEvent(
  'staff.suspended',
  z.strictObject({ caseId: z.string(), sessionsEnded: z.number(), certificates: z.number() }),
)
export const StaffResumed = defineEvent('staff.resumed', z.strictObject({ caseId: z.string() }))
/** The officer lost the password or the authenticator: both begin anew (H-01), after a theft the certificate, too. */
export const StaffRecovered = defineEvent(
  'staff.recovered',
  z.strictObject({ caseId: z.string(), sessionsEnded: z.number(), certificates: z.number() }),
)
/** One officer ended all of another's certificates at once; a third looks at it by that JST day (H-04, C-14). */
export const StaffCertificatesRevoked = defineEvent(
  'staff.certificates-revoked',
  z.strictObject({
    caseId: z.string(),
    caseReason: z.string(),
    certificates: z.number(),
    sessionsEnded: z.number(),
    reviewDueOn: z.string(),
  }),
)
/** The password made for an officer was shown, once (H-05). */
export const StaffPasswordShown = defineEvent('staff.password-shown', z.strictObject({ caseId: z.string() }))
export const StaffPasswordChanged = defineEvent(
  'staff.password-changed',
  z.strictObject({ forced: z.boolean(), otherSessionsEnded: z.number() }),
)
/** A case about an officer that could not be prepared. */
export const StaffCaseRefused = defineEvent('staff.case-refused', z.strictObject({ caseKind: z.string() }))
