import { z } from 'zod'
import { defineMail } from '../../platform/mail/mail-kind.ts'

/** The link of a forgotten password (B-15). It opens nothing without the login ID, which no mail holds beside it. */
export const PasswordResetMail = defineMail(
  'password.reset',
  z.strictObject({ at: z.date(), until: z.date(), from: z.string().optional() }),
  ['happened', { facts: ['link', 'until', 'from'] }, 'next', 'notYou'],
  ['link'],
)
