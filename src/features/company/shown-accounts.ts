import type { Values } from '../../platform/http/drafts.ts'
import { accountLimitField, memoField } from './change-form.ts'
import { accountLimitKinds } from './limits.ts'
import type { CompanySettings, SettledAccount } from './settings.ts'

/** How many accounts a page shows: what one reads and fills in without losing one's way. */
export const accountsAtOnce = 20

/** The accounts of a page, and where among all of them it stands. */
export type ShownAccounts = {
  accounts: readonly SettledAccount[]
  /** Whether there are more than fit on a page, so that it has a search and parts. */
  long: boolean
  find: string
  found: number
  from: number
  to: number
  page: number
  pages: number
  /** Only those are shown whose fields are to be put right. */
  wrongOnly: boolean
}

type Asked = { find?: string | undefined; part?: string | undefined; wrong?: ReadonlySet<string> }

/**
 * Which of a company's accounts a page shows: all of a few; of many twenty, of those whose branch, number or memo contains
 * what is looked for. Where something is wrong, every account concerned, wherever it stands, for the summary leads there.
 */
export const shownAccounts = (
  settings: Pick<CompanySettings, 'accounts'>,
  { find = '', part = '', wrong = new Set() }: Asked,
  values: Values = {},
): ShownAccounts => {
  const all = settings.accounts
  const long = all.length > accountsAtOnce
  const mistaken = all.filter(({ id }) => fieldsOf(id).some(field => wrong.has(field)))
  const wrongOnly = long && mistaken.length > 0
  const words = long && !wrongOnly ? plain(find) : ''
  const found = wrongOnly ? mistaken : all.filter(account => wordsOf(account, values).includes(words))
  const size = wrongOnly || !long ? Math.max(found.length, 1) : accountsAtOnce
  const pages = Math.max(1, Math.ceil(found.length / size))
  const page = Math.min(Math.max(1, /^\d{1,6}$/.test(part) ? Number(part) : 1), pages)
  const accounts = found.slice((page - 1) * size, page * size)
  const from = accounts.length === 0 ? 0 : (page - 1) * size + 1
  return {
    accounts,
    long,
    find: long ? find : '',
    found: found.length,
    from,
    to: from === 0 ? 0 : from + accounts.length - 1,
    page,
    pages,
    wrongOnly,
  }
}

const fieldsOf = (id: string): string[] => [
  memoField(id),
  ...accountLimitKinds.map(kind => accountLimitField(kind, id)),
]

/** Looked for in either width and case, as people write names and numbers. */
const plain = (text: string): string => text.normalize('NFKC').toLowerCase().replaceAll(/\s/g, '')

const wordsOf = ({ id, branchName, branchCode, number, memo }: SettledAccount, values: Values): string =>
  [branchName, branchCode, number, memo, values[memoField(id)] ?? '']
    .flat()
    .map(plain)
    // A line apart: nothing is found across two of them.
    .join('\n')
