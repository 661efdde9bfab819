import { readYen, type Yen } from '../../kernel/money.ts'
import type { ReviewLine } from '../../platform/http/change-review.ts'
import type { Values } from '../../platform/http/drafts.ts'
import type { Reader } from '../../platform/reader.ts'
import { approvalModes } from '../approvals/index.ts'
import { accountWords } from '../users/index.ts'
import { accountLimitField, approvalField, companyLimitField, memoField } from './change-form.ts'
import { accountLimitDigits, accountLimitKinds } from './limits.ts'
import { approvalChoices, type CompanySettings, type Limit, limitsAccounts } from './settings.ts'

/** A part of 企業情報 under one heading. */
export type Section = { key: string; title: string; lines: ReviewLine[] }

/** 企業名, カナ and 利用可能業務: what no administrator changes (E-01). */
export const companyLines = ({ t }: Pick<Reader, 't'>, settings: CompanySettings): ReviewLine[] => [
  { key: 'nameKana', label: t('company.fields.nameKana'), value: settings.nameKana },
  { key: 'name', label: t('company.fields.name'), value: settings.name },
  { key: 'contractNumber', label: t('company.fields.contractNumber'), value: settings.contractNumber },
  {
    key: 'services',
    label: t('company.fields.services'),
    value: settings.services.map(({ code }) => t(`users.services.${code}`)),
  },
]

/** What may be changed, as these values of the form have it: approval, each account, the company's limits. */
export const sectionsOf = (reader: Reader, settings: CompanySettings, values: Values): Section[] => {
  const { t } = reader
  const line = (field: string, label: string, value: ReviewLine['value']): ReviewLine => ({
    key: field,
    label,
    value,
  })
  const textOf = (field: string) => [values[field] ?? ''].flat().join('').trim()
  const yen = (field: string, { ceiling }: Pick<Limit, 'ceiling'>) => yenWords(reader, textOf(field), ceiling)
  const sections: Section[] = [
    {
      key: 'approvals',
      title: t('company.sections.approvals'),
      lines: approvalChoices(settings).map(({ code }) => {
        const mode = approvalModes.find(each => each === textOf(approvalField(code)))
        return line(
          approvalField(code),
          t(`users.services.${code}`),
          mode ? t(`users.approvals.${mode}`) : '',
        )
      }),
    },
    ...settings.accounts.map(account => ({
      key: account.id,
      title: limitsAccounts(settings)
        ? t('company.sections.accountOf', { account: accountWords(t, account) })
        : accountWords(t, account),
      lines: [
        line(memoField(account.id), t('company.fields.memo'), textOf(memoField(account.id))),
        ...(limitsAccounts(settings)
          ? accountLimitKinds.map(kind => {
              const field = accountLimitField(kind, account.id)
              return line(field, t(`company.accountLimits.${kind}`), yen(field, account.limits[kind]))
            })
          : []),
      ],
    })),
    {
      key: 'limits',
      title: t('company.sections.companyLimits'),
      lines: settings.limits.map(({ kind, limit }) => {
        const field = companyLimitField(kind)
        return line(field, t(`company.companyLimits.${kind}`), yen(field, limit))
      }),
    },
  ]
  return sections.filter(({ lines }) => lines.length > 0)
}

/**
 * 0 is said to mean that nothing can be done (E-03), and one above the contract's ceiling that this holds (E-04); what is no
 * amount is left as it was typed.
 */
const yenWords = ({ t, formats }: Reader, text: string, ceiling: Yen | null): string | string[] => {
  const amount = readYen(text, accountLimitDigits)
  if (typeof amount !== 'bigint') return text
  if (ceiling !== null && amount > ceiling)
    return [formats.yen(amount), t('company.limitCapped', { ceiling: formats.yen(ceiling) })]
  return amount === 0n ? [formats.yen(amount), t('company.limitZero')] : formats.yen(amount)
}

/** The lines of all sections, each with the heading it stands under. */
export const linesOf = (sections: readonly Section[]): ReviewLine[] =>
  sections.flatMap(({ title, lines }) => lines.map(line => ({ ...line, label: `${title}　${line.label}` })))
