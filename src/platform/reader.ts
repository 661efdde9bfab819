import { type Formats, formatsOf } from './formats.ts'
import type { Language, Translate } from './i18n.ts'

/**
 * Whoever reads a page, a print or a file: their words, how times, days and money are written for them, and their language, in
 * which the bank's own names have a form each.
 */
export type Reader = { t: Translate; formats: Formats; language: Language }

/** The reader of a request's answer, or of what is written in this language. */
export const readerOf = ({ t, language }: Pick<Reader, 't' | 'language'>): Reader => ({
  t,
  language,
  formats: formatsOf(language),
})
