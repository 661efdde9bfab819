import { z } from 'zod'
import { defineMail } from '../../platform/mail/mail-kind.ts'
import { caseKinds } from './flow.ts'

/** To every officer who may decide it: what it is about and for whom, the console says, and no mail does. */
export const CaseWaitingMail = defineMail(
  'case.waiting',
  z.strictObject({ at: z.date(), caseKind: z.enum(caseKinds), preparedBy: z.string(), until: z.date() }),
  ['happened', { facts: ['caseKind', 'preparedBy', 'at', 'until'] }, 'next'],
)

/** To every other officer who may review it: one has taken access away alone, and it is looked at in time (H-04). */
export const ReviewDueMail = defineMail(
  'case.review-due',
  z.strictObject({ at: z.date(), caseKind: z.enum(caseKinds), doneBy: z.string(), until: z.date() }),
  ['happened', { facts: ['caseKind', 'doneBy', 'at', 'until'] }, 'next'],
)
