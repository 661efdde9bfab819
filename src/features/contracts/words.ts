import type { Mistake } from '../../platform/http/mistake.ts'
import type { FieldError } from '../../platform/http/view.ts'
import type { Translate } from '../../platform/i18n.ts'

const parts = { ceilingTotal: 'total', ceilingEach: 'each', ceilingPreregistered: 'preregistered' } as const

/**
 * What a field of a contract's form is called in the text of its mistake: many fields of a form ask for the same.
 * @param accountNamed an account that is there, by its id
 */
const fieldWords = (
  t: Translate,
  field: string,
  accountNamed: (id: string) => string | undefined,
): string => {
  const [name = '', ...rest] = field.split('-')
  const which = rest.join('-')
  if (name === 'ceiling') return t(`company.companyLimits.${which}`)
  const part = Object.hasOwn(parts, name) ? parts[name as keyof typeof parts] : undefined
  const account = /^\d+$/.test(which) ? t('contracts.accounts.row', { row: which }) : accountNamed(which)
  if (part)
    return t('contracts.accounts.partOf', {
      account: account ?? '',
      part: t(`company.accountLimits.${part}`),
    })
  return account ?? ''
}

/** Mistakes as a page shows them: at their fields, in the reader's words. */
export const errorsOf = (
  t: Translate,
  mistakes: readonly Mistake[],
  accountNamed: (id: string) => string | undefined = () => undefined,
): FieldError[] =>
  mistakes.map(({ field, reason, params }) => ({
    field,
    message: t(`reasons.${reason}`, { what: fieldWords(t, field, accountNamed), ...params }),
  }))
