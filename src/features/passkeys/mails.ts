import { z } from 'zod'
import { defineMail } from '../../platform/mail/mail-kind.ts'

/** To the owner when a passkey begins or ends: whoever did not do it learns of it. */
export const PasskeyChangedMail = defineMail(
  'passkey.changed',
  z.strictObject({
    at: z.date(),
    happening: z.enum(['registered', 'removed']),
    device: z.string(),
    from: z.string().optional(),
  }),
  [{ choice: 'happening' }, { facts: ['at', 'device', 'from'] }, 'notYou'],
)
