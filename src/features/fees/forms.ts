import { z } from 'zod'
import { groupedYen, readYen, type Yen, yen } from '../../kernel/money.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import type { Values } from '../../platform/http/drafts.ts'
import {
  bornByPayee,
  checkRanges,
  choosesMethod,
  type FeeKind,
  type FeeSettings,
  type Fees,
  feeAboveItsPayment,
  methods,
  mostRanges,
  type Pattern,
  patterns,
  rangesOf,
  type Schedule,
  scheduleOf,
  swallowedRange,
  type TypedRange,
  termsOf,
} from './fee.ts'

/** The rows that the form offers, one a range. */
export const rowNumbers = Array.from({ length: mostRanges }, (_each, index) => index + 1)

/** Digits of an amount (as of 企業一日当たり限度額) and of a fee. */
export const amountDigits = 12
export const feeDigits = 5

export type Bound = 'from' | 'to'
/** The field of a row's bound or fee. */
export const rowField = (column: Bound | Pattern, row: number): string => `${column}-${row}`
const columns = ['from', 'to', ...patterns] as const
export type Column = (typeof columns)[number]

/** How columns and amounts are said to the person who fills the form in. */
export type FeeWords = { column: (column: Column) => string; yen: (amount: bigint) => string }

type AmountRefusal = 'fee.amount.blank' | 'fee.amount.digits'

const readAmount = (typed: string, digits: number): Result<Yen, AmountRefusal> => {
  const amount = readYen(typed, digits)
  if (amount === 'blank') return refuse('fee.amount.blank')
  return amount === 'shape' ? refuse('fee.amount.digits', { digits }) : ok(amount)
}

const text = z.string().catch('')
/** Every field of the form, whether or not the kind asks for it. */
export const formFields: readonly string[] = [
  'standard',
  'method',
  'minimum',
  ...rowNumbers.flatMap(row => columns.map(each => rowField(each, row))),
]
const shape = Object.fromEntries(formFields.map(name => [name, text]))

export type FeeProblem = {
  field: string
  reason: string
  params?: Record<string, string | number>
  forged?: boolean
}

type Read = { settings: FeeSettings; problems: [] } | { settings?: undefined; problems: FeeProblem[] }

/** The rows in which something stands, with what is wrong with any of their fields. */
const readRows = (
  form: Values,
  words: FeeWords,
): { rows: { number: number; range: TypedRange }[]; problems: FeeProblem[] } => {
  const problems: FeeProblem[] = []
  const typed = (column: Column, row: number) => String(form[rowField(column, row)] ?? '')
  const rows = rowNumbers
    .filter(row => columns.some(column => typed(column, row).trim() !== ''))
    .map(number => {
      const read = (column: Column) => {
        // 「未満」 of the last range is left blank: it has no end.
        if (column === 'to' && typed(column, number).trim() === '') return undefined
        const amount = readAmount(
          typed(column, number),
          column === 'from' || column === 'to' ? amountDigits : feeDigits,
        )
        if (amount.ok) return amount.value
        problems.push({
          field: rowField(column, number),
          reason: amount.reason,
          params: { ...amount.params, row: number, column: words.column(column) },
        })
        return undefined
      }
      return {
        number,
        range: {
          from: read('from') ?? yen(0),
          to: read('to'),
          fees: Object.fromEntries(patterns.map(pattern => [pattern, read(pattern) ?? yen(0)])) as Fees,
        },
      }
    })
  return { rows, problems }
}

/** The ranges of a form, or what is wrong with them. */
export const readSchedule = (
  form: Values,
  words: FeeWords,
):
  | { schedule: Schedule; numbers: number[]; problems: [] }
  | { schedule?: undefined; numbers?: undefined; problems: FeeProblem[] } => {
  const { rows, problems } = readRows(form, words)
  if (rows.length === 0) return { problems: [{ field: rowField('from', 1), reason: 'fee.ranges.none' }] }
  // Bounds that nobody could read join nothing: they are put right first.
  if (problems.length > 0) return { problems }
  const numbers = rows.map(({ number }) => number)
  const unjoined = checkRanges(rows.map(({ range }) => range)).map(
    ({ row, bound, reason, expected }): FeeProblem => ({
      field: rowField(bound, numbers[row] ?? 1),
      reason,
      params: {
        row: numbers[row] ?? 1,
        before: numbers[row - 1] ?? 1,
        ...(expected !== undefined && { expected: words.yen(expected) }),
      },
    }),
  )
  return unjoined.length > 0
    ? { problems: unjoined }
    : { schedule: scheduleOf(rows.map(({ range }) => range)), numbers, problems: [] }
}

/**
 * The settings that a form says, or everything that is wrong with it, each at its field. `standards` are the bank's, of the day
 * and those that follow: with all of them 適用最低支払金額 must leave the payee something.
 */
export const readSettings = (
  kind: FeeKind,
  form: Values,
  standards: readonly Schedule[],
  words: FeeWords,
): Read => {
  const problems: FeeProblem[] = []
  const typed = (name: string) => String(form[name] ?? '')
  const minimum = bornByPayee(kind) ? readAmount(typed('minimum'), amountDigits) : undefined
  if (minimum && !minimum.ok)
    problems.push({
      field: 'minimum',
      reason: minimum.reason === 'fee.amount.blank' ? 'fee.minimum.blank' : 'fee.minimum.digits',
      ...(minimum.params && { params: minimum.params }),
    })
  else if (minimum?.ok && minimum.value < 1n) problems.push({ field: 'minimum', reason: 'fee.minimum.zero' })
  const method = choosesMethod(kind) ? methods.find(each => each === typed('method')) : 'fixed'
  if (!method)
    problems.push(
      typed('method') === ''
        ? { field: 'method', reason: 'fee.method.blank' }
        : { field: 'method', reason: 'fee.method.forged', forged: true },
    )
  const standard = typed('standard')
  if (standard === '') problems.push({ field: 'standard', reason: 'fee.standard.blank' })
  else if (standard !== 'use' && standard !== 'own')
    problems.push({ field: 'standard', reason: 'fee.standard.forged', forged: true })
  else if (standard === 'use' && standards.length === 0)
    problems.push({ field: 'standard', reason: 'fee.standard.missing' })

  const own = standard === 'own' ? readSchedule(form, words) : undefined
  if (own) problems.push(...own.problems)
  if (!method || problems.length > 0) return { problems }
  const shared = { method, minimumPayment: minimum?.ok ? minimum.value : null }
  const settings: FeeSettings = own?.schedule
    ? { ...shared, followsStandard: false, schedule: own.schedule }
    : { ...shared, followsStandard: true, schedule: null }
  const narrow = own?.schedule && swallowedRange({ schedule: own.schedule, method })
  if (narrow !== undefined) {
    const row = own?.numbers?.[narrow] ?? 1
    return { problems: [{ field: rowField('to', row), reason: 'fee.ranges.narrow', params: { row } }] }
  }
  const tooHigh = minimum && leavesNothing(settings, standards)
  if (tooHigh !== undefined)
    return {
      problems: [{ field: 'minimum', reason: 'fee.minimum.belowFee', params: { fee: words.yen(tooHigh) } }],
    }
  return { settings, problems: [] }
}

const leavesNothing = (settings: FeeSettings, standards: readonly Schedule[]): Yen | undefined => {
  for (const standard of settings.followsStandard ? standards : [undefined]) {
    const terms = termsOf(settings, standard)
    const fee = terms && feeAboveItsPayment(terms)
    if (fee !== undefined) return fee
  }
  return undefined
}

/** The form of a kind (E-05); `readSettings` reads what it has let through. */
export const feeForm = (kind: FeeKind, standards: readonly Schedule[], words: FeeWords) =>
  z.object(shape).superRefine((form, issues) => {
    for (const { field, reason, params, forged } of readSettings(kind, form, standards, words).problems)
      issues.addIssue({
        code: 'custom',
        path: [field],
        message: reason,
        params: { ...params, ...(forged && { forged }) },
      })
  })

/** Fields of the ranges as the form shows them: those of the schedule, the rest blank. */
export const rowValues = (schedule: Schedule | null): Record<string, string> => {
  const ranges = schedule ? rangesOf(schedule) : []
  return Object.fromEntries(
    rowNumbers.flatMap(row => {
      const range = ranges[row - 1]
      return [
        [rowField('from', row), range ? groupedYen(range.from) : ''],
        [rowField('to', row), range?.to === undefined ? '' : groupedYen(range.to)],
        ...patterns.map(pattern => [rowField(pattern, row), range ? groupedYen(range.fees[pattern]) : '']),
      ]
    }),
  )
}

/** What the form shows of settings, and how drafts keep them. */
export const valuesOf = (settings: FeeSettings): Values => ({
  standard: settings.followsStandard ? 'use' : 'own',
  method: settings.method,
  minimum: settings.minimumPayment === null ? '' : groupedYen(settings.minimumPayment),
  ...rowValues(settings.schedule),
})

/** The settings that accepted values say, whatever the rules have become since. */
export const settingsFrom = (kind: FeeKind, values: Values): FeeSettings => {
  const amountIn = (field: string): Yen | undefined => {
    const read = readAmount(String(values[field] ?? ''), amountDigits)
    return read.ok ? read.value : undefined
  }
  const shared = {
    method: choosesMethod(kind) ? (methods.find(each => each === values.method) ?? 'fixed') : 'fixed',
    minimumPayment: bornByPayee(kind) ? (amountIn('minimum') ?? null) : null,
  } as const
  if (values.standard !== 'own') return { ...shared, followsStandard: true, schedule: null }
  const rows = rowNumbers.flatMap(row => {
    const from = amountIn(rowField('from', row))
    const fees = patterns.map(pattern => [pattern, amountIn(rowField(pattern, row)) ?? yen(0)])
    return from === undefined ? [] : [{ from, fees: Object.fromEntries(fees) as Fees }]
  })
  return { ...shared, followsStandard: false, schedule: scheduleOf(rows) }
}
