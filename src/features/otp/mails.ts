import { z } from 'zod'
import { defineMail } from '../../platform/mail/mail-kind.ts'

/** To the owner of a token whenever it begins, stops or ends: whoever did not do it learns of it. */
export const OtpChangedMail = defineMail(
  'otp.changed',
  z.strictObject({
    at: z.date(),
    happening: z.enum(['registered', 'suspended', 'lifted', 'revoked']),
    from: z.string().optional(),
  }),
  [{ choice: 'happening' }, { facts: ['at', 'from'] }, 'notYou'],
)
