import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'

/** The password was right, and a second factor or the question of a takeover comes first: not yet a login. */
export const PasswordAccepted = defineEvent(
  'login.password-accepted',
  z.strictObject({ next: z.enum(['second_factor', 'takeover']) }),
)
export const LoginSucceeded = defineEvent(
  'login.succeeded',
  z.strictObject({
    next: z.enum(['registration', 'password_change', 'confirmation_password', 'terms', 'open']),
  }),
)
export const LoginFailed = defineEvent('login.failed', z.strictObject({}))
/** The user ended a session of theirs that was still alive elsewhere (B-13). */
export const LoginTakenOver = defineEvent(
  'login.takeover',
  z.strictObject({ startedAt: z.string(), from: z.string() }),
)
export const LoggedOut = defineEvent('logout', z.strictObject({}))
export const LoggedOutEverywhere = defineEvent(
  'logout-everywhere',
  z.strictObject({ sessionsEnded: z.number() }),
)
export const CertificateFirstUsed = defineEvent(
  'certificate.first-used',
  z.strictObject({ notAfter: z.string() }),
)
