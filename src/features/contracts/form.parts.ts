import { readYen } from '../../kernel/money.ts'
import { toFullWidth, toHalfWidth } from '../../kernel/width.ts'
import type { Values } from '../../platform/http/drafts.ts'
import type { Mistake } from '../../platform/http/mistake.ts'
import { type CasePaper, longestReason, readPaper, unprintable } from '../cases/index.ts'
import {
  type AccountLimitKind,
  accountLimitDigits,
  accountLimitKinds,
  type CompanyLimitKind,
  companyLimitDigits,
} from '../company/index.ts'
import { type Amount, accountKey, accountProblems, mostAccounts, type NewAccount } from './contract.ts'

/** A field as text; what came more than once, or not at all, is blank. */
export const textIn = (values: Values, field: string): string => {
  const value = values[field]
  return typeof value === 'string' ? value : ''
}

/** A list of checkboxes: one, several or none. */
export const listIn = (values: Values, field: string): string[] => [
  ...new Set([values[field] ?? []].flat().map(String)),
]

export const halfIn = (values: Values, field: string): string => toHalfWidth(textIn(values, field)).trim()

/** The fields of a case's paper. */
export const paperFields = ['reasonText', 'formNumber', 'formReceivedOn', 'sealChecked'] as const

/** The paper of a case about a contract: why, and, where it gives access, the form with its seal (H-04). */
export const readContractPaper = (
  values: Values,
  needed: boolean,
  now: Date,
): { mistakes: Mistake[]; paper: CasePaper | undefined } => {
  const mistakes: Mistake[] = []
  const reason = textIn(values, 'reasonText').replaceAll('\r\n', '\n').trim()
  if (reason === '') mistakes.push({ field: 'reasonText', reason: 'contract.reasonBlank' })
  else if (unprintable.test(reason))
    mistakes.push({
      field: 'reasonText',
      reason: 'case.reasonUnprintable',
      params: { longest: longestReason },
    })
  const paper = readPaper(
    needed,
    {
      formNumber: textIn(values, 'formNumber'),
      formReceivedOn: textIn(values, 'formReceivedOn'),
      sealChecked: textIn(values, 'sealChecked'),
    },
    reason,
    now,
    mistakes,
  )
  return { mistakes, paper }
}

export const ceilingField = (kind: CompanyLimitKind): string => `ceiling-${kind}`

const ceilingNames = {
  total: 'ceilingTotal',
  each: 'ceilingEach',
  preregistered: 'ceilingPreregistered',
} as const satisfies Record<AccountLimitKind, string>

/** The ceiling of an account: a new one by the number of its row, one that is there by its id. */
export const accountCeilingField = (kind: AccountLimitKind, account: string | number): string =>
  `${ceilingNames[kind]}-${account}`

/** A ceiling: whole yen. Blank gives `blank`, for it may mean that nothing is asked for. */
export const readCeiling = (
  values: Values,
  field: string,
  digits: number,
  mistakes: Mistake[],
): Amount | 'blank' | undefined => {
  const read = readYen(textIn(values, field), digits)
  if (typeof read === 'bigint') return String(read)
  if (read === 'blank') return read
  mistakes.push({ field, reason: 'contract.ceiling.digits', params: { digits } })
  return undefined
}

/** A ceiling of the company's limits that has to be given. */
export const neededCompanyCeiling = (
  values: Values,
  kind: CompanyLimitKind,
  mistakes: Mistake[],
): Amount | undefined => {
  const field = ceilingField(kind)
  const read = readCeiling(values, field, companyLimitDigits, mistakes)
  if (read === 'blank') mistakes.push({ field, reason: 'contract.ceiling.blank' })
  return read === 'blank' ? undefined : read
}

const words = ['branchCode', 'branchName', 'kind', 'number'] as const
const wordField = (word: (typeof words)[number], row: number): string => `${word}-${row}`

/** How many lines of new accounts a form shows. */
export const accountRowsIn = (values: Values): number => {
  const rows = Number(textIn(values, 'accountRows'))
  return Number.isInteger(rows) && rows >= 1 && rows <= mostAccounts ? rows : 1
}

/** Every field of a form's new accounts, however many lines it has. */
export const accountFields = (rows: number): string[] =>
  Array.from({ length: rows }, (_row, index) => index + 1).flatMap(row => [
    ...words.map(word => wordField(word, row)),
    ...accountLimitKinds.map(kind => accountCeilingField(kind, row)),
  ])

/** The lines of new accounts: one that is blank is none. Every mistake stands at its field. */
export const readAccounts = (values: Values, mistakes: Mistake[]): NewAccount[] => {
  const accounts: NewAccount[] = []
  const seen = new Set<string>()
  for (let row = 1; row <= accountRowsIn(values); row++) {
    const typed = {
      branchCode: halfIn(values, wordField('branchCode', row)),
      branchName: toFullWidth(textIn(values, wordField('branchName', row))).trim(),
      kind: textIn(values, wordField('kind', row)),
      number: halfIn(values, wordField('number', row)),
    }
    const ceilings = accountLimitKinds.map(kind => textIn(values, accountCeilingField(kind, row)).trim())
    if ([typed.branchCode, typed.branchName, typed.number, ...ceilings].every(text => text === '')) continue
    const problems = accountProblems(typed)
    for (const { field, reason, params } of problems)
      mistakes.push({ field: wordField(field, row), reason, ...(params && { params }) })
    const read = readAccountCeilings(values, row, mistakes)
    if (problems.length > 0 || !read) continue
    const account = { ...typed, kind: typed.kind as NewAccount['kind'], ceilings: read }
    if (seen.has(accountKey(account)))
      mistakes.push({ field: wordField('number', row), reason: 'contract.account.twice' })
    seen.add(accountKey(account))
    accounts.push(account)
  }
  return accounts
}

/** The three ceilings of an account, each part within the whole, as their limits are (E-03, E-04). */
const readAccountCeilings = (
  values: Values,
  row: number,
  mistakes: Mistake[],
): NewAccount['ceilings'] | undefined => {
  const read = (kind: AccountLimitKind): Amount | undefined => {
    const field = accountCeilingField(kind, row)
    const amount = readCeiling(values, field, accountLimitDigits, mistakes)
    if (amount === 'blank') mistakes.push({ field, reason: 'contract.ceiling.blank' })
    return amount === 'blank' ? undefined : amount
  }
  const [total, each, preregistered] = [read('total'), read('each'), read('preregistered')]
  if (total === undefined || each === undefined || preregistered === undefined) return undefined
  const above = aboveTotal({ total, each, preregistered })
  for (const kind of above)
    mistakes.push({ field: accountCeilingField(kind, row), reason: 'contract.ceiling.aboveTotal' })
  return above.length > 0 ? undefined : { total, each, preregistered }
}

/** Which parts of an account's ceilings are above the whole. */
export const aboveTotal = (ceilings: Record<AccountLimitKind, Amount>): AccountLimitKind[] =>
  accountLimitKinds.filter(kind => BigInt(ceilings[kind]) > BigInt(ceilings.total))
