import { z } from 'zod'
import { defineMail } from '../../platform/mail/mail-kind.ts'

/** To the contractor whom the bank has appointed, and to whoever was it before (D-14). */
export const ContractorChangedMail = defineMail(
  'contractor.changed',
  z.strictObject({ at: z.date(), change: z.enum(['appointed', 'succeeded']) }),
  [{ choice: 'change' }, { facts: ['at'] }, 'notYou'],
)
