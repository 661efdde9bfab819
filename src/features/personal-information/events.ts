import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'

/** What was touched, and nothing else. */
const facts = z.strictObject({
  name: z.string().optional(),
  phone: z.string().optional(),
  organisation: z.string().optional(),
  department: z.string().optional(),
})

export type PersonalFacts = z.input<typeof facts>

/** A user chose the language in which pages are shown to them, and mails written (I-01). */
export const LanguageChosen = defineEvent(
  'personal-information.language-chosen',
  z.strictObject({
    before: z.strictObject({ locale: z.string() }),
    after: z.strictObject({ locale: z.string() }),
  }),
)

/** A user changed 個人情報 of their own (G-06); a number that codes prove is told where it is proved. */
export const PersonalInformationChanged = defineEvent(
  'personal-information.changed',
  z.strictObject({ before: facts, after: facts }),
)

/** A change that was refused at 「実行」, and what it asked for. */
export const PersonalInformationChangeRefused = defineEvent(
  'personal-information.change-refused',
  z.strictObject({ before: facts, after: facts, mobile: z.string().optional() }),
)
