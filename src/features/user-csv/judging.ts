import { toFullWidth, toHalfWidth } from '../../kernel/width.ts'
import type { Translate } from '../../platform/i18n.ts'
import { readMobile } from '../factors/index.ts'
import {
  asksMobile,
  basicForm,
  checkLimit,
  checkName,
  type GrantableRole,
  keysOf,
  limitedServices,
  type MatrixService,
  offeredTo,
} from '../users/index.ts'
import { type BasicField, type Contract, headingOf, isMark, type Layout } from './columns.ts'

/** What is wrong with a cell, or, without a heading, with a whole row. Texts are reason codes. */
export type Mistake = {
  row: number
  heading: string
  value: string
  reason: string
  params?: Record<string, string | number>
}

/** A row that has been looked at by itself; whether its login ID is free, the database knows. */
export type ReadRow = {
  row: number
  /** By column's key (`keyOf`), as typed; only columns that the file has. */
  cells: ReadonlyMap<string, string>
  permissions: ReadonlySet<string>
  accounts: ReadonlySet<string>
  /** By service, as typed. */
  limits: ReadonlyMap<string, string>
  mistakes: Mistake[]
}

/** A user as the file has them, by the rules of 利用者登録. */
export type FileUser = {
  row: number
  loginId: string
  name: string
  email: string
  mobile: string | null
  role: GrantableRole
  permissions: string[]
  accounts: string[]
  limits: Map<string, bigint>
}

/** Who already holds a login ID: somebody of the company, as far as a file tells of them, or anybody else. */
export type Holder =
  | {
      own: true
      loginId: string
      name: string
      email: string
      mobile: string | null
      role: 'user' | 'administrator' | 'contractor'
      permissions: ReadonlySet<string>
      accounts: ReadonlySet<string>
      limits: ReadonlyMap<string, bigint>
    }
  | { own: false }

export type Judged =
  | { is: 'new'; user: FileUser }
  | { is: 'unchanged' }
  | { is: 'wrong'; mistakes: Mistake[] }

export type Rules = {
  contract: Contract
  /** Whether the importing administrator may appoint administrators (D-14). */
  appoints: boolean
  /** For the words of a role in a cell. */
  languages: readonly Translate[]
}

/** Longer than any cell may be. */
const longestCell = 1_000
/** What is shown of a cell that is wrong. */
const shownOfCell = 60

const noCharacter = '\ufffd'
const control = /\p{Cc}/u

/** A cell as a list of mistakes may show it. */
const shown = (cell: string): string => {
  const points = [...cell.slice(0, shownOfCell * 2).toWellFormed()]
  const text = points
    .slice(0, shownOfCell)
    .join('')
    .replace(/\p{Cc}/gu, noCharacter)
  return points.length > shownOfCell || cell.length > shownOfCell * 2 ? `${text}…` : text
}

const cellMistake = (cell: string): string | undefined => {
  if (cell.length > longestCell) return 'userCsv.cellTooLong'
  if (cell.includes(noCharacter)) return 'userCsv.unreadableCharacter'
  if (control.test(cell)) return 'userCsv.controlCharacter'
  // What a spreadsheet would have calculated; one that the export has marked is text.
  return /^[=＝]/.test(cell) ? 'userCsv.formula' : undefined
}

/** The export keeps a spreadsheet from calculating with a cell by an apostrophe before it; it is no part of the text. */
const withoutGuard = (cell: string): string => cell.replace(/^'(?=[=+\-@\t\r＝＋－＠])/, '')

/** Takes a record apart by its columns; undefined for one in which nothing stands. */
export const readRow = (layout: Layout, row: number, record: readonly string[]): ReadRow | undefined => {
  if (record.every(cell => cell.trim() === '')) return undefined
  const width = layout.columns.length
  const read = {
    row,
    cells: new Map<string, string>(),
    permissions: new Set<string>(),
    accounts: new Set<string>(),
    limits: new Map<string, string>(),
    mistakes: [] as Mistake[],
  }
  if (record.length < width || record.slice(width).some(cell => cell.trim() !== '')) {
    const params = { expected: width, found: record.length }
    read.mistakes.push({ row, heading: '', value: '', reason: 'userCsv.cells', params })
    return read
  }
  layout.columns.forEach((column, index) => {
    const cell = record[index] ?? ''
    if (!column || column.kind === 'standing') return
    const wrong = (reason: string) =>
      read.mistakes.push({ row, heading: layout.headings[index] ?? '', value: shown(cell), reason })
    const mistake = cellMistake(cell)
    const text = withoutGuard(cell)
    const ticked = isMark(text.trim())
    if (mistake) wrong(mistake)
    else if (column.kind === 'basic') read.cells.set(column.field, text)
    else if (column.kind === 'limit') {
      if (text.trim() !== '') read.limits.set(column.service, text)
    } else if (text.trim() !== '' && !ticked) wrong('userCsv.mark')
    else if (ticked && column.kind === 'permission') read.permissions.add(column.key)
    else if (ticked && column.kind === 'account') read.accounts.add(column.id)
  })
  return read
}

/** A row's login ID by which it is looked up; empty where it has none that could be one. */
export const loginIdIn = (row: ReadRow): string => toHalfWidth(row.cells.get('loginId') ?? '').trim()

/**
 * Judges rows by the very forms of 利用者登録 (D-03 to D-05), every mistake of a row at once. The portal makes or asks for
 * the first password later: a file holds none.
 */
export const judgeBy = ({ contract, appoints, languages }: Rules) => {
  const { policy, matrix } = contract
  // A role is a word here, judged beside the form.
  const form = basicForm({ ...policy, firstPassword: 'made' }, true)
  const roles = new Map(
    languages.flatMap(t =>
      (['user', 'administrator', 'contractor'] as const).map(
        role => [t(`users.roles.${role}`), role] as const,
      ),
    ),
  )
  const offered = {
    user: offeredTo(matrix, 'user'),
    administrator: offeredTo(matrix, 'administrator'),
  }
  const keys = { user: keysOf(offered.user), administrator: keysOf(offered.administrator) }

  return (layout: Layout, read: ReadRow, holder: Holder | undefined): Judged => {
    const headingAt = headingsOf(layout, key => missingHeading(contract, languages, key))
    const mistakes = [...read.mistakes]
    const wrong = (key: string, reason: string, params?: Mistake['params']) => {
      const { heading, value } = headingAt(key, read)
      // One mistake a cell: what it is by itself comes before what the rules say of it.
      if (!mistakes.some(each => each.heading === heading))
        mistakes.push({ row: read.row, heading, value, reason, ...(params && { params }) })
    }
    const judged = (): Judged => ({ is: 'wrong', mistakes })
    if (mistakes.some(({ heading }) => heading === '')) return judged()

    const cells = basicCells(read)
    const role = roles.get(cells.role.trim())
    if (holder?.own) {
      if (mistakes.length === 0 && isSame(layout, read, cells, role, holder)) return { is: 'unchanged' }
      wrong('loginId', 'userCsv.exists')
      return judged()
    }
    if (holder) wrong('loginId', 'user.loginId.taken')

    const parsed = form.safeParse({
      ...cells,
      loginIdAgain: toHalfWidth(cells.loginId),
      emailAgain: toHalfWidth(cells.email),
      role: 'user',
    })
    for (const issue of parsed.success ? [] : parsed.error.issues) {
      const params = 'params' in issue ? (issue.params as Mistake['params']) : undefined
      wrong(String(issue.path[0]), issue.message, params)
    }
    if (cells.role.trim() === '') wrong('role', 'user.role.blank')
    else if (role !== 'user' && role !== 'administrator') wrong('role', 'userCsv.role')
    else if (role === 'administrator' && !appoints) wrong('role', 'userCsv.notAppointed')

    const given = role === 'administrator' ? 'administrator' : 'user'
    for (const key of read.permissions)
      if (!keys[given].has(key))
        wrong(
          `permission ${key}`,
          keys.administrator.has(key) ? 'permission.administratorsOnly' : 'userCsv.notOffered',
        )
    const limits = limitsOf(offered[given], read, wrong)
    if (mistakes.length > 0 || !parsed.success) return judged()
    return {
      is: 'new',
      user: {
        row: read.row,
        loginId: parsed.data.loginId,
        name: parsed.data.name,
        email: parsed.data.email,
        mobile: asksMobile(policy) ? (readMobile(parsed.data.mobile) ?? null) : null,
        role: given,
        permissions: [...read.permissions],
        accounts: [...read.accounts],
        limits,
      },
    }
  }
}

const basicCells = (read: ReadRow): Record<BasicField, string> => ({
  loginId: (read.cells.get('loginId') ?? '').trim(),
  name: read.cells.get('name') ?? '',
  email: (read.cells.get('email') ?? '').trim(),
  mobile: read.cells.get('mobile') ?? '',
  role: read.cells.get('role') ?? '',
})

/** The heading of a column that the file does not have, in its reader's language. */
const missingHeading = (contract: Contract, [t]: readonly Translate[], key: string): string =>
  t && key.startsWith('limit ')
    ? headingOf(t, contract, { kind: 'limit', service: key.slice('limit '.length) })
    : key

const headingsOf = (layout: Layout, missing: (key: string) => string) => {
  const at = new Map(
    layout.columns.map((column, index) => [
      column === undefined
        ? ''
        : column.kind === 'basic'
          ? column.field
          : column.kind === 'limit'
            ? `limit ${column.service}`
            : column.kind === 'permission'
              ? `permission ${column.key}`
              : '',
      layout.headings[index] ?? '',
    ]),
  )
  return (key: string, read: ReadRow) => ({
    heading: at.get(key) ?? missing(key),
    value: shown(read.cells.get(key) ?? read.limits.get(key.replace(/^limit /, '')) ?? ''),
  })
}

/** A limit for each service in which the user may make requests, and for no other (D-05). */
const limitsOf = (
  offered: readonly MatrixService[],
  read: ReadRow,
  wrong: (key: string, reason: string, params?: Mistake['params']) => void,
): Map<string, bigint> => {
  const limits = new Map<string, bigint>()
  const limited = new Set(limitedServices(offered, read.permissions).map(({ code }) => code))
  for (const code of limited) {
    const checked = checkLimit(read.limits.get(code) ?? '')
    if (checked.ok) limits.set(code, checked.value)
    else wrong(`limit ${code}`, checked.reason, checked.params)
  }
  for (const code of read.limits.keys()) if (!limited.has(code)) wrong(`limit ${code}`, 'userCsv.limitUnused')
  return limits
}

/** Whether a row says what is registered already; what the file has no column for, it says nothing about. */
const isSame = (
  layout: Layout,
  read: ReadRow,
  cells: Record<BasicField, string>,
  role: string | undefined,
  holder: Holder & { own: true },
): boolean => {
  const name = checkName(cells.name)
  const basicsAgree =
    toHalfWidth(cells.loginId) === holder.loginId &&
    (name.ok ? name.value : toFullWidth(cells.name)) === holder.name &&
    toHalfWidth(cells.email) === holder.email &&
    role === holder.role
  return (
    basicsAgree &&
    layout.columns.every(column => {
      switch (column?.kind) {
        case 'basic':
          return column.field !== 'mobile' || (readMobile(cells.mobile) ?? null) === holder.mobile
        case 'permission':
          return read.permissions.has(column.key) === holder.permissions.has(column.key)
        case 'account':
          return read.accounts.has(column.id) === holder.accounts.has(column.id)
        case 'limit': {
          const typed = read.limits.get(column.service)
          const amount = typed === undefined ? undefined : checkLimit(typed)
          return typed === undefined
            ? !holder.limits.has(column.service)
            : amount?.ok === true && amount.value === holder.limits.get(column.service)
        }
        default:
          return true
      }
    })
  )
}
