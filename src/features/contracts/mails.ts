import { z } from 'zod'
import { defineMail } from '../../platform/mail/mail-kind.ts'

/**
 * To the first user of a company that the bank has registered (H-06): they are the administrator whom every other user would ask,
 * so what comes next, comes from the bank, the passwords by `delivery`. Neither the login ID nor a password is in it (H-05).
 */
export const FirstUserRegisteredMail = defineMail(
  'user.first-registered',
  z.strictObject({
    at: z.date(),
    delivery: z.enum(['post', 'phone']),
    need: z.enum(['certificate', 'passwords', 'masterRegistration']),
  }),
  ['happened', { facts: ['at', 'delivery'] }, { choice: 'need' }, 'address', 'notYou'],
)

/**
 * The end of a company's contract (H-06): its administrators hear of a day to come and of its withdrawal, all its people of the end.
 * `until`: the last second that they may use the portal, or could.
 */
export const ContractEndMail = defineMail(
  'contract.end',
  z.strictObject({
    at: z.date(),
    change: z.enum(['planned', 'withdrawn', 'ended']),
    until: z.date().optional(),
  }),
  [{ choice: 'change' }, { facts: ['at', 'until'] }, 'notYou'],
)
