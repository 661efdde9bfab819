import { z } from 'zod'
import { defineMail } from '../../platform/mail/mail-kind.ts'

/** To the owner when codes are made or one is used. */
export const RecoveryCodesMail = defineMail(
  'recovery-codes.changed',
  z.strictObject({
    at: z.date(),
    happening: z.enum(['issued', 'used']),
    remaining: z.number(),
    from: z.string().optional(),
  }),
  [{ choice: 'happening' }, { facts: ['at', 'remaining', 'from'] }, 'notYou'],
)
