import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'

// All of these are in the bank's own chain: no customer has a part in them.

export const StaffCreated = defineEvent(
  'staff.created',
  z.strictObject({ loginId: z.string(), name: z.string(), officerRole: z.string() }),
)
export const StaffLoginSucceeded = defineEvent('staff.login.succeeded', z.strictObject({}))
export const StaffLoginFailed = defineEvent('staff.login.failed', z.strictObject({}))
/** Released from the command line, with the reason; `lockedAt` is null in a refused try. */
export const StaffUnlocked = defineEvent(
  'staff.unlocked',
  z.strictObject({ caseReason: z.string(), lockedAt: z.string().nullable() }),
)
/** The officer ended a session of theirs that was still alive elsewhere (B-13). */
export const StaffLoginTakenOver = defineEvent(
  'staff.login.takeover',
  z.strictObject({ startedAt: z.string(), from: z.string() }),
)
export const StaffLoggedOut = defineEvent('staff.logout', z.strictObject({}))
