import { z } from 'zod'
import { defineMail } from '../../platform/mail/mail-kind.ts'

/**
 * To a new user: registered, and what comes next (`need`: what the company's policy asks for at login). Neither the
 * login ID nor a password is in it, since they reach the user by other ways (H-05).
 */
export const UserRegisteredMail = defineMail(
  'user.registered',
  z.strictObject({
    at: z.date(),
    registeredBy: z.string().optional(),
    need: z.enum(['certificate', 'passwords']),
  }),
  ['happened', { facts: ['at', 'registeredBy'] }, { choice: 'need' }, 'address', 'notYou'],
)
