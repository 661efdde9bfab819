import { z } from 'zod'
import { paginationOf } from '../../platform/http/pagination.ts'
import type { Translate } from '../../platform/i18n.ts'
import type { CompanyAccount } from './queries.ts'

/** How many accounts a page shows: what one reads and fills in without losing one's way. */
export const accountsAtOnce = 20

/** What the address of a page carries where there are very many accounts. */
export const accountsAsked = z.object({ find: z.string().max(100).catch(''), part: z.string().catch('') })

/** The accounts of a page, and where among all of them it stands. */
export type ShownAccounts<Account> = {
  accounts: readonly Account[]
  total: number
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

type Asked<Account> = {
  find?: string | undefined
  part?: string | undefined
  /** Whether something is to be put right about an account. */
  isWrong?: (account: Account) => boolean
  /** What else an account is found by, such as a memo that has just been typed. */
  alsoFoundBy?: (account: Account) => readonly string[]
}

/**
 * Which of a company's accounts a page shows: all of a few; of many twenty, of those whose branch, number or memo contains
 * what is looked for. Where something is wrong, every account concerned, wherever it stands, for the summary leads there.
 */
export const shownAccounts = <Account extends Omit<CompanyAccount, 'kind'>>(
  all: readonly Account[],
  { find = '', part = '', isWrong = () => false, alsoFoundBy = () => [] }: Asked<Account>,
): ShownAccounts<Account> => {
  const long = all.length > accountsAtOnce
  const mistaken = all.filter(isWrong)
  const wrongOnly = long && mistaken.length > 0
  const words = long && !wrongOnly ? plain(find) : ''
  const isFound = (account: Account) => {
    const { branchName, branchCode, number, memo } = account
    // A line apart: nothing is found across two of them.
    return [branchName, branchCode, number, memo, ...alsoFoundBy(account)]
      .map(plain)
      .join('\n')
      .includes(words)
  }
  const found = wrongOnly ? mistaken : all.filter(isFound)
  const size = wrongOnly || !long ? Math.max(found.length, 1) : accountsAtOnce
  const pages = Math.max(1, Math.ceil(found.length / size))
  const page = Math.min(Math.max(1, /^\d{1,6}$/.test(part) ? Number(part) : 1), pages)
  const accounts = found.slice((page - 1) * size, page * size)
  const from = accounts.length === 0 ? 0 : (page - 1) * size + 1
  return {
    accounts,
    total: all.length,
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

/** Looked for in either width and case, as people write names and numbers. */
const plain = (text: string): string => text.normalize('NFKC').toLowerCase().replaceAll(/\s/g, '')

/**
 * What `partials/parts-search` and `partials/parts-buttons` show where a form has its accounts in parts: nothing where they
 * all fit on the page. `kept`: that nothing typed is lost, and which button comes last.
 */
export const partsOf = (shown: ShownAccounts<unknown>, kept: string) => {
  const { accounts: _accounts, ...where } = shown
  return shown.long
    ? {
        parts: {
          ...where,
          kept,
          previous: shown.page > 1 ? shown.page - 1 : undefined,
          next: shown.page < shown.pages ? shown.page + 1 : undefined,
          size: accountsAtOnce,
        },
      }
    : {}
}

/** The search and the pages of a page that shows very many accounts (`partials/search-form`, `partials/pagination`). */
export const accountSearchOf = (t: Translate, shown: ShownAccounts<unknown>, address: string) => {
  const { find } = shown
  return shown.long
    ? {
        values: { find },
        search: {
          action: address,
          clearHref: address,
          fields: [{ name: 'find', label: t('company.parts.find') }],
        },
        nothingFound: shown.found === 0,
        pagination: paginationOf(
          { total: shown.found, page: shown.page, size: accountsAtOnce },
          page => `${address}?${new URLSearchParams({ ...(find && { find }), part: String(page) })}`,
        ),
      }
    : {}
}
