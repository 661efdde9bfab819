import { groupedYen } from '../../kernel/money.ts'
import type { Values } from '../../platform/http/drafts.ts'
import type { PageParts, ShownPart, Visit } from '../../platform/http/wizard.ts'
import { accountWords, partsOf } from '../users/index.ts'
import { accountLimitField, approvalField, companyLimitField, memoField } from './change-form.ts'
import { accountLimitDigits, accountLimitKinds, companyLimitDigits } from './limits.ts'
import { longestMemo } from './memo.ts'
import { approvalChoices, type CompanySettings, type Limit, limitsAccounts, modesFor } from './settings.ts'
import { shownSettings } from './shown-accounts.ts'
import { companyLines } from './words.ts'

/** What the form of 企業情報の変更 asks, field by field (E-01 to E-04); of very many accounts a part at a time. */
export const formParts = (
  { t }: Visit,
  settings: CompanySettings,
  values: Values,
  { query, wrong }: ShownPart,
): PageParts => {
  const shown = shownSettings(settings, { find: query.find, part: query.part, wrong }, values)
  const amountField = (name: string, label: string, { ceiling }: Limit) => ({
    name,
    label,
    type: 'number',
    width: 20,
    autocomplete: 'off',
    suffix: t('users.yen'),
    ...(ceiling !== null && {
      hint: t('company.form.ceiling', { ceiling: groupedYen(ceiling) }),
    }),
  })
  return {
    company: companyLines({ t }, settings),
    approvals: approvalChoices(settings).map(({ code, choice }) => ({
      name: approvalField(code),
      type: 'radio',
      legend: t(`users.services.${code}`),
      inline: true,
      items: modesFor(choice).map(mode => ({ value: mode, label: t(`users.approvals.${mode}`) })),
    })),
    ...partsOf(shown, t('company.parts.kept')),
    accounts: shown.accounts.map(account => ({
      legend: accountWords(t, account),
      memo: {
        name: memoField(account.id),
        label: t('company.fields.memo'),
        hint: t('company.form.memoHint', { maximum: longestMemo }),
        required: false,
        width: 30,
        autocomplete: 'off',
      },
      fields: limitsAccounts(settings)
        ? accountLimitKinds.map(kind =>
            amountField(
              accountLimitField(kind, account.id),
              t(`company.accountLimits.${kind}`),
              account.limits[kind],
            ),
          )
        : [],
    })),
    accountLimitsHint: limitsAccounts(settings)
      ? t('company.form.accountLimitsHint', { digits: accountLimitDigits })
      : undefined,
    companyLimits: settings.limits.map(({ kind, limit }) =>
      amountField(companyLimitField(kind), t(`company.companyLimits.${kind}`), limit),
    ),
    companyLimitsHint: t('company.form.companyLimitsHint', { digits: companyLimitDigits }),
  }
}
