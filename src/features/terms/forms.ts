import { z } from 'zod'
import { businessDayOf, parseBusinessDay, startOf } from '../../kernel/business-day.ts'
import type { FieldError } from '../../platform/http/view.ts'
import type { NewTerms } from './commands.ts'

const text = z.string().catch('')

/** Each language's text, in UTF-16 units: nobody reads a longer one before a login. */
export const longestTerms = 50_000

const form = z.object({ textJa: text, textEn: text, mustAccept: text, effectiveOn: text })

/** What was typed, as it is shown again. */
export const typedTerms = (body: unknown) => form.parse(body ?? {})

/** The form of a new version: both languages, and a day from which it holds, today at the earliest. */
export const readTerms = (
  body: unknown,
  now: Date,
  t: (key: string) => string,
): { terms: NewTerms } | { errors: FieldError[] } => {
  const { textJa, textEn, mustAccept, effectiveOn } = typedTerms(body)
  const errors: FieldError[] = []
  if (textJa.trim() === '') errors.push({ field: 'textJa', message: t('terms.errors.textJa') })
  if (textEn.trim() === '') errors.push({ field: 'textEn', message: t('terms.errors.textEn') })
  for (const [field, typed] of Object.entries({ textJa, textEn }))
    if (typed.length > longestTerms) errors.push({ field, message: t(`terms.errors.${field}TooLong`) })
  const today = businessDayOf(now)
  const day = parseBusinessDay(effectiveOn)
  if (!day) errors.push({ field: 'effectiveOn', message: t('terms.errors.noDay') })
  else if (day < today) errors.push({ field: 'effectiveOn', message: t('terms.errors.past') })
  if (errors.length > 0 || !day) return { errors }
  return {
    terms: {
      textJa: textJa.trim(),
      textEn: textEn.trim(),
      mustAccept: mustAccept === 'yes',
      effectiveAt: day === today ? now : startOf(day),
    },
  }
}
