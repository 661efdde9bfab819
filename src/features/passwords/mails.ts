import { z } from 'zod'
import { defineMail } from '../../platform/mail/mail-kind.ts'

/** At the lock (B-06): when, from where, and how it ends by the company's policy. `until` only where it ends itself. */
export const LockMail = defineMail(
  'lock.locked',
  z.strictObject({
    at: z.date(),
    from: z.string().optional(),
    release: z.enum(['helpdesk', 'administrator', 'itself']),
    until: z.date().optional(),
  }),
  ['happened', { facts: ['at', 'from'] }, { choice: 'release' }, 'notYou'],
)

/** At the lock that blocks (閉塞): it stays until somebody releases it (B-06 [R]). */
export const BlockMail = defineMail(
  'lock.blocked',
  z.strictObject({
    at: z.date(),
    from: z.string().optional(),
    ask: z.enum(['helpdesk', 'administrator']),
  }),
  ['happened', { facts: ['at', 'from'] }, { choice: 'ask' }, 'notYou'],
)

export const LockReleasedMail = defineMail(
  'lock.released',
  z.strictObject({ at: z.date(), by: z.enum(['helpdesk', 'administrator', 'itself']) }),
  ['happened', { facts: ['at', 'by'] }, 'forgotten', 'notYou'],
)

/** To the user whose password changed, by their own hand or not: whoever did not do it learns of it. */
export const PasswordChangedMail = defineMail(
  'password.changed',
  z.strictObject({
    at: z.date(),
    credential: z.enum(['login_password', 'confirmation_password']),
    from: z.string().optional(),
  }),
  ['happened', { facts: ['at', 'credential', 'from'] }, 'yours', 'notYou'],
)
