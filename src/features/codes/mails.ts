import { z } from 'zod'
import { defineMail } from '../../platform/mail/mail-kind.ts'

/** A code, for somebody who is at the portal right now; never together with the login ID. */
export const CodeMail = defineMail(
  'code.issued',
  z.strictObject({
    at: z.date(),
    codeFor: z.enum(['registration', 'change', 'issue']),
    until: z.date(),
  }),
  ['happened', { facts: ['code', 'codeFor', 'until'] }, 'next', 'notYou'],
  ['code'],
)
