import type { Values } from '../../platform/http/drafts.ts'
import { type ShownAccounts, shownAccounts } from '../users/index.ts'
import { accountLimitField, memoField } from './change-form.ts'
import { accountLimitKinds } from './limits.ts'
import type { CompanySettings, SettledAccount } from './settings.ts'

type Asked = { find?: string | undefined; part?: string | undefined; wrong?: ReadonlySet<string> }

/** Which of a company's accounts a page of 企業情報 shows: they are found by a memo that has just been typed, too. */
export const shownSettings = (
  { accounts }: Pick<CompanySettings, 'accounts'>,
  { wrong = new Set(), ...asked }: Asked,
  values: Values = {},
): ShownAccounts<SettledAccount> =>
  shownAccounts(accounts, {
    ...asked,
    isWrong: ({ id }) => fieldsOf(id).some(field => wrong.has(field)),
    alsoFoundBy: ({ id }) => [values[memoField(id)] ?? []].flat(),
  })

const fieldsOf = (id: string): string[] => [
  memoField(id),
  ...accountLimitKinds.map(kind => accountLimitField(kind, id)),
]
