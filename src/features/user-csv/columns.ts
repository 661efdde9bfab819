import { toHalfWidth } from '../../kernel/width.ts'
import type { Translate } from '../../platform/i18n.ts'
import type { SecurityPolicy } from '../../policy/policy.ts'
import {
  accountWords,
  asksMobile,
  type CompanyAccount,
  type MatrixService,
  permissionKey,
} from '../users/index.ts'

/** What users of one company can be given, as a file of them is read and written (D-13). */
export type Contract = {
  policy: SecurityPolicy
  matrix: readonly MatrixService[]
  accounts: readonly CompanyAccount[]
}

export const basicFields = ['loginId', 'name', 'email', 'mobile', 'role'] as const
export type BasicField = (typeof basicFields)[number]

/** What a file tells of users and never changes: it is written, and passed over when it is read. */
export const standingFacts = ['serviceState', 'emailState', 'certificate', 'lastLogin'] as const

/** What users have written of themselves under 個人情報 (G-06): the same. */
export const personalFacts = ['phone', 'organisation', 'department'] as const

type PersonalFact = (typeof personalFacts)[number]
const isPersonal = (fact: string): fact is PersonalFact => personalFacts.some(each => each === fact)

/** A column of the file; a password is none, in either direction. */
export type Column =
  | { kind: 'basic'; field: BasicField; required: boolean }
  | { kind: 'permission'; key: string }
  | { kind: 'account'; id: string }
  | { kind: 'limit'; service: string }
  | { kind: 'standing'; fact: (typeof standingFacts)[number] | PersonalFact | 'mobile' }

/** A ticked box. Spreadsheets offer three characters that look the same. */
export const mark = '○'
export const isMark = (text: string): boolean => /^[○〇◯]$/.test(text)

/** Every column of the company's files, in their order. */
export const columnsOf = ({ policy, matrix, accounts }: Contract): Column[] => [
  ...basicFields
    .filter(field => field !== 'mobile' || asksMobile(policy))
    .map(field => ({ kind: 'basic' as const, field, required: true })),
  ...matrix.flatMap(service =>
    service.permissions.map(permission => ({
      kind: 'permission' as const,
      key: permissionKey(service, permission),
    })),
  ),
  ...accounts.map(({ id }) => ({ kind: 'account' as const, id })),
  ...matrix
    .filter(({ userLimit }) => userLimit)
    .map(({ code }) => ({ kind: 'limit' as const, service: code })),
  ...(asksMobile(policy) ? [] : [{ kind: 'standing' as const, fact: 'mobile' as const }]),
  ...[...personalFacts, ...standingFacts].map(fact => ({ kind: 'standing' as const, fact })),
]

/** A column's heading, as a person finds it again on the pages of 利用者登録. */
export const headingOf = (t: Translate, { accounts }: Pick<Contract, 'accounts'>, column: Column): string => {
  switch (column.kind) {
    case 'basic':
      return column.field === 'mobile' ? mobileHeading(t) : t(`users.fields.${column.field}`)
    case 'permission':
      return t('user-csv.columns.permission', {
        service: t(`users.services.${column.key.split('.')[0]}`),
        permission: t(`users.permissions.${column.key}.label`),
      })
    case 'account': {
      const account = accounts.find(({ id }) => id === column.id)
      return t('user-csv.columns.account', { account: account ? accountWords(t, account) : '' })
    }
    case 'limit':
      return t('users.limitOf', { service: t(`users.services.${column.service}`) })
    case 'standing':
      if (isPersonal(column.fact)) return t(`personal-information.fields.${column.fact}`)
      return column.fact === 'mobile' ? mobileHeading(t) : t(`users.fields.${column.fact}`)
  }
}

const mobileHeading = (t: Translate): string => t('factors.contact.mobile.label')

/** Headings are compared as people read them: width and outer spaces say nothing. */
export const headingKey = (heading: string): string =>
  toHalfWidth(heading).trim().replace(/\s+/g, ' ').toLowerCase()

/** A heading, or what is wrong with it. */
export type Layout = {
  /** By position in the file; what stands there is not read where there is none. */
  columns: readonly (Column | undefined)[]
  headings: readonly string[]
  mistakes: readonly { heading: string; reason: HeadingMistake }[]
}

export type HeadingMistake =
  | 'userCsv.heading.unknown'
  | 'userCsv.heading.twice'
  | 'userCsv.heading.missing'
  | 'userCsv.heading.blank'

/** Reads the first row of a file, in whichever language it was written; every mistake at once. */
export const readHeadings = (
  cells: readonly string[],
  contract: Contract,
  languages: readonly Translate[],
): Layout => {
  const all = columnsOf(contract)
  const byHeading = new Map(
    languages.flatMap(t => all.map(column => [headingKey(headingOf(t, contract, column)), column] as const)),
  )
  // Spreadsheets leave empty columns at the end.
  const used = cells.findLastIndex(cell => cell.trim() !== '') + 1
  const seen = new Set<Column>()
  const mistakes: { heading: string; reason: HeadingMistake }[] = []
  const columns = cells.slice(0, used).map(cell => {
    const column = byHeading.get(headingKey(cell))
    if (cell.trim() === '') mistakes.push({ heading: '', reason: 'userCsv.heading.blank' })
    else if (!column) mistakes.push({ heading: cell, reason: 'userCsv.heading.unknown' })
    else if (seen.has(column)) mistakes.push({ heading: cell, reason: 'userCsv.heading.twice' })
    else seen.add(column)
    return column
  })
  const [first] = languages
  for (const column of all)
    if (first && column.kind === 'basic' && column.required && !seen.has(column))
      mistakes.push({ heading: headingOf(first, contract, column), reason: 'userCsv.heading.missing' })
  return { columns, headings: cells.slice(0, used), mistakes }
}
