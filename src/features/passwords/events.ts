import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'

const which = z.enum(['login', 'confirmation'])

/** A user's or officer's own change, forced or by hand (B-08, B-09, B-21). */
export const PasswordChanged = defineEvent(
  'password.changed',
  z.strictObject({ which, forced: z.boolean(), otherSessionsEnded: z.number() }),
)

export const PasswordChangeRefused = defineEvent('password.change-refused', z.strictObject({ which }))

export const ConfirmationPasswordSet = defineEvent('confirmation-password.set', z.strictObject({}))

/** Too many wrong tries (B-06). */
export const PasswordLocked = defineEvent(
  'login.locked',
  z.strictObject({ which, failures: z.number(), sessionsEnded: z.number() }),
)

/** The lock that blocks (閉塞): it does not end by itself, whatever the ones before it did (B-06). */
export const PasswordBlocked = defineEvent(
  'login.blocked',
  z.strictObject({ which, failures: z.number(), sessionsEnded: z.number() }),
)

/** `lockedAt` is null in a refused try, and so is `which` where nothing was locked; the case and its paper are null where no helpdesk case stands behind it (H-04). */
export const LockReleased = defineEvent(
  'lock.released',
  z.strictObject({
    which: z.enum(['login', 'confirmation', 'one-time', 'codes']).nullable(),
    lockedAt: z.string().nullable(),
    caseId: z.string().nullable(),
    caseReason: z.string().nullable(),
    formReceivedOn: z.string().nullable(),
  }),
)
