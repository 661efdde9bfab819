import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'

// In the bank's own chain: no customer has a part in them.

export const StaffLocked = defineEvent(
  'staff.locked',
  z.strictObject({ failures: z.number(), sessionsEnded: z.number() }),
)

/** An officer who was logged in did not prove anew who they are. */
export const OfficerProofRefused = defineEvent('staff.proof-refused', z.strictObject({}))
