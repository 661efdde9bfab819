import { z } from 'zod'
import { businessDayOf, parseBusinessDay, startOf } from '../../kernel/business-day.ts'
import type { FieldError } from '../../platform/http/view.ts'
import type { NewTerms } from './commands.ts'

const text = z.string().max(50_000).catch('')

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
