import { z } from 'zod'
import { defineMail } from '../../platform/mail/mail-kind.ts'

export const officerChanges = [
  'registered',
  'role',
  'suspended',
  'resumed',
  'recovered',
  'password',
  'certificates',
] as const

/** To an officer whose own account was changed: whoever did not ask for it learns of it (H-08). */
export const OfficerChangedMail = defineMail(
  'officer.changed',
  z.strictObject({ at: z.date(), officerChange: z.enum(officerChanges) }),
  ['happened', { choice: 'officerChange' }, { facts: ['at'] }, 'notYou'],
)
