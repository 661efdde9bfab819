import type { Translate } from '../i18n.ts'
import type { FieldError } from './view.ts'

/** What is wrong with a form: at which field, and why: a reason code, with what its words name. */
export type Mistake = { field: string; reason: string; params?: Record<string, string | number> }

/** Mistakes as a page shows them: at their fields, in its reader's words. */
export const errorsOf = ({ t }: { t: Translate }, mistakes: readonly Mistake[]): FieldError[] =>
  mistakes.map(({ field, reason, params }) => ({ field, message: t(`reasons.${reason}`, params) }))
