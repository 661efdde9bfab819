import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'

export const LoginSucceeded = defineEvent(
  'login.succeeded',
  z.strictObject({
    next: z.enum([
      'takeover',
      'second_factor',
      'registration',
      'password_change',
      'confirmation_password',
      'terms',
      'open',
    ]),
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
