import { type Yen, yen } from '../../kernel/money.ts'

/** 振込パターン: where the money goes decides what the transfer costs. */
export const patterns = ['same_branch', 'own_bank', 'other_bank'] as const
export type Pattern = (typeof patterns)[number]

/** Who bears the fee of which function (E-05). */
export const feeKinds = ['payee_transfer', 'payee_bulk', 'payer_bulk'] as const
export type FeeKind = (typeof feeKinds)[number]

/** The function (業務) whose transfers a kind is about: its contract and its standard fees are meant. */
export const serviceOf = (kind: FeeKind): FeeService =>
  kind === 'payee_transfer' ? 'transfer' : 'bulk_transfer'
export const feeServices = ['transfer', 'bulk_transfer'] as const
export type FeeService = (typeof feeServices)[number]

/** 先方負担: the fee is taken from what the payee gets. 当方負担: it comes on top of the transfer. */
export const bornByPayee = (kind: FeeKind): boolean => kind !== 'payer_bulk'

/** 手数料計算方法: what a payment is compared with, to find the range whose fee it costs. */
export const methods = ['fixed', 'add_upper', 'add_lower'] as const
export type Method = (typeof methods)[number]

/** Only 先方負担[総合振込] has a choice; the others compare with the boundary itself. */
export const choosesMethod = (kind: FeeKind): boolean => kind === 'payee_bulk'

export type Fees = Readonly<Record<Pattern, Yen>>

/** From this amount on, up to where the next range begins, a transfer costs these fees. */
export type FeeRange = { from: Yen; fees: Fees }

/**
 * Ranges in ascending order, the first from one yen and the last without an end: since each ends where the next begins,
 * there can be neither hole nor overlap among them.
 */
export type Schedule = readonly [FeeRange, ...FeeRange[]]

/** How many ranges there may be, of a company as of the bank: what was loaded fits the form. */
export const mostRanges = 5

/** What the first range begins with. */
export const lowestAmount = yen(1)

/** What a company has settled for one kind; `schedule` is its own or the bank's standard of the day. */
export type FeeTerms = {
  schedule: Schedule
  method: Method
  /** 適用最低支払金額: a smaller payment goes out whole, and the payer bears the fee. */
  minimumPayment: Yen
}

/**
 * The payment at which the fee of range `index` (1 or more) begins. The fee of a transfer depends on what is transferred, and
 * with 先方負担 that is the payment less the fee: 以上手数料加算型 goes up where the payment less the upper fee reaches
 * the boundary, 未満手数料加算型 where the payment less the lower fee does, 据置型 compares the payment as it stands.
 */
const thresholdOf = (schedule: Schedule, index: number, method: Method, pattern: Pattern): bigint => {
  const upper = schedule[index]
  const lower = schedule[index - 1]
  if (!upper || !lower) throw new Error(`there is no boundary below range ${index}`)
  const added = { fixed: 0n, add_upper: upper.fees[pattern], add_lower: lower.fees[pattern] }[method]
  return upper.from + added
}

/** The fee of the highest range whose threshold the amount reaches. */
const feeAt = (schedule: Schedule, method: Method, pattern: Pattern, amount: bigint): Yen => {
  let fee = schedule[0].fees[pattern]
  schedule.forEach((range, index) => {
    if (index > 0 && amount >= thresholdOf(schedule, index, method, pattern)) fee = range.fees[pattern]
  })
  return fee
}

/** What becomes of a payment: who bears the fee, how much arrives, how much leaves the payer's account. */
export type ComputedFee = { bornBy: 'payee' | 'payer'; fee: Yen; transferred: Yen; debited: Yen }

/**
 * 先方負担 (E-05): the fee that is taken off this payment. One below 適用最低支払金額, or too small to leave anything once the
 * bank has changed its standard, goes out whole: its fee is not this schedule's (当方負担) and comes as zero.
 */
export const payeeFee = (terms: FeeTerms, pattern: Pattern, payment: Yen): ComputedFee => {
  const fee = feeAt(terms.schedule, terms.method, pattern, payment)
  return payment < terms.minimumPayment || payment <= fee
    ? { bornBy: 'payer', fee: yen(0), transferred: payment, debited: payment }
    : { bornBy: 'payee', fee, transferred: yen(payment - fee), debited: payment }
}

/** 当方負担 (E-05): the fee that comes on top of this transfer. */
export const payerFee = (schedule: Schedule, pattern: Pattern, transfer: Yen): ComputedFee => {
  const fee = feeAt(schedule, 'fixed', pattern, transfer)
  return { bornBy: 'payer', fee, transferred: transfer, debited: yen(transfer + fee) }
}

/** What an amount costs under the terms of a kind. */
export const computeFee = (kind: FeeKind, terms: FeeTerms, pattern: Pattern, amount: Yen): ComputedFee =>
  bornByPayee(kind) ? payeeFee(terms, pattern, amount) : payerFee(terms.schedule, pattern, amount)

/** A range as it is typed: `to` is where it ends (未満); undefined means that it has no end. */
export type TypedRange = { from: Yen; to: Yen | undefined; fees: Fees }

/** What is wrong with ranges: the row it is about (from 0), which of its bounds, and what would be right. */
export type RangeProblem = {
  row: number
  bound: 'from' | 'to'
  reason:
    | 'fee.ranges.first'
    | 'fee.ranges.empty'
    | 'fee.ranges.hole'
    | 'fee.ranges.overlap'
    | 'fee.ranges.open'
    | 'fee.ranges.closed'
  expected?: Yen
}

/** Ranges as typed must join: the first from one yen, each from where the one before ends, the last without an end. */
export const checkRanges = (rows: readonly TypedRange[]): RangeProblem[] =>
  rows.flatMap((range, row): RangeProblem[] => {
    const before = rows[row - 1]
    const problems: RangeProblem[] = []
    if (row === 0 && range.from !== lowestAmount)
      problems.push({ row, bound: 'from', reason: 'fee.ranges.first', expected: lowestAmount })
    if (before?.to !== undefined && range.from > before.to)
      problems.push({ row, bound: 'from', reason: 'fee.ranges.hole', expected: before.to })
    if (before?.to !== undefined && range.from < before.to)
      problems.push({ row, bound: 'from', reason: 'fee.ranges.overlap', expected: before.to })
    if (range.to !== undefined && range.to <= range.from)
      problems.push({ row, bound: 'to', reason: 'fee.ranges.empty', expected: range.from })
    if (row < rows.length - 1 && range.to === undefined)
      problems.push({ row, bound: 'to', reason: 'fee.ranges.open' })
    if (row === rows.length - 1 && range.to !== undefined)
      problems.push({ row, bound: 'to', reason: 'fee.ranges.closed' })
    return problems
  })

/** Ranges that `checkRanges` found nothing wrong with, as a schedule. */
export const scheduleOf = (rows: readonly { from: Yen; fees: Fees }[]): Schedule => {
  const [first, ...rest] = rows.map(({ from, fees }) => ({ from, fees }))
  if (!first) throw new Error('a schedule has at least one range')
  return [first, ...rest]
}

/** Where each range of a schedule ends; undefined for the last. */
export const rangesOf = (schedule: Schedule): TypedRange[] =>
  schedule.map(({ from, fees }, index) => ({ from, to: schedule[index + 1]?.from, fees }))

/**
 * The range (from 0) that is so narrow that, with the fees added by the method, it has no payment of its own for some
 * pattern: a larger payment would reach the next one's threshold first.
 */
export const swallowedRange = ({
  schedule,
  method,
}: Pick<FeeTerms, 'schedule' | 'method'>): number | undefined => {
  const index = schedule.findIndex(
    (_range, at) =>
      at < schedule.length - 1 &&
      patterns.some(
        pattern =>
          thresholdOf(schedule, at + 1, method, pattern) <=
          (at === 0 ? lowestAmount : thresholdOf(schedule, at, method, pattern)),
      ),
  )
  return index === -1 ? undefined : index
}

/**
 * The highest fee that would leave nothing of a payment which 適用最低支払金額 lets it be taken from; undefined where every
 * payee gets at least one yen. Fees only change at thresholds: those and the minimum are all that need be asked.
 */
export const feeAboveItsPayment = ({ schedule, method, minimumPayment }: FeeTerms): Yen | undefined => {
  const tooHigh = patterns.flatMap(pattern =>
    [
      minimumPayment,
      ...schedule.slice(1).map((_range, index) => thresholdOf(schedule, index + 1, method, pattern)),
    ]
      .filter(payment => payment >= minimumPayment)
      .map(payment => ({ payment, fee: feeAt(schedule, method, pattern, payment) }))
      .filter(({ payment, fee }) => payment <= fee)
      .map(({ fee }) => fee),
  )
  return tooHigh.length === 0 ? undefined : tooHigh.reduce((high, fee) => (fee > high ? fee : high))
}

/** What a company has settled for a kind; a schedule of its own only where it does not follow the bank's standard. */
export type FeeSettings = {
  method: Method
  /** Null where the payer bears the fee. */
  minimumPayment: Yen | null
} & ({ followsStandard: true; schedule: null } | { followsStandard: false; schedule: Schedule })

/** What holds for a company that has settled nothing: the bank's standard, for payments that no fee can eat up. */
export const unsettled = (kind: FeeKind): FeeSettings => ({
  followsStandard: true,
  schedule: null,
  method: 'fixed',
  minimumPayment: bornByPayee(kind) ? yen(1000) : null,
})

/** The terms in force, by the settings and the bank's standard of the day; undefined while the bank has none. */
export const termsOf = (settings: FeeSettings, standard: Schedule | undefined): FeeTerms | undefined => {
  const schedule = settings.followsStandard ? standard : settings.schedule
  return (
    schedule && { schedule, method: settings.method, minimumPayment: settings.minimumPayment ?? lowestAmount }
  )
}
