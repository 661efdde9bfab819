import { z } from 'zod'
import { defineMail } from '../../platform/mail/mail-kind.ts'

/** Tells that the bank has made a temporary password, and which way it comes; never its value (H-05). */
export const PasswordReissuedMail = defineMail(
  'password.reissued',
  z.strictObject({
    at: z.date(),
    credential: z.enum(['login_password', 'confirmation_password']),
    until: z.date(),
    delivery: z.enum(['post', 'phone']),
  }),
  ['happened', { facts: ['at', 'credential', 'until', 'delivery'] }, 'next', 'notYou'],
)

/** To a user whose access the bank has taken or given back (H-03). */
export const AccessChangedMail = defineMail(
  'access.changed',
  z.strictObject({ at: z.date(), change: z.enum(['locked', 'suspended', 'resumed', 'lifted', 'ended']) }),
  [{ choice: 'change' }, { facts: ['at'] }, 'notYou'],
)
