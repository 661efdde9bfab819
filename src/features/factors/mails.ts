import { z } from 'zod'
import { defineMail } from '../../platform/mail/mail-kind.ts'

/** To the address before the change and to the one after it (B-22): whoever did not do it learns of it. */
export const ContactChangedMail = defineMail(
  'contact.changed',
  z.strictObject({
    at: z.date(),
    contact: z.enum(['email', 'mobile']),
    before: z.string(),
    after: z.string(),
    from: z.string().optional(),
  }),
  ['happened', { facts: ['at', 'contact', 'before', 'after', 'from'] }, 'yours', 'notYou'],
)
