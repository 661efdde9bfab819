import { z } from 'zod'
import { defineMail } from '../../platform/mail/mail-kind.ts'

/** A code, for somebody who is at the portal right now; never together with the login ID. */
export const CodeMail = defineMail(
  'code.issued',
  z.strictObject({
    at: z.date(),
    codeFor: z.enum(['registration', 'change', 'proof', 'issue']),
    until: z.date(),
  }),
  ['happened', { facts: ['code', 'codeFor', 'until'] }, 'next', 'notYou'],
  ['code'],
)

/** To the owner when guesses have suspended their codes, and when somebody lifts it. */
export const CodeSuspensionMail = defineMail(
  'code.suspension',
  z.strictObject({
    at: z.date(),
    happening: z.enum(['suspended', 'lifted']),
    from: z.string().optional(),
  }),
  [{ choice: 'happening' }, { facts: ['at', 'from'] }, 'notYou'],
)
