import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  checkRanges,
  computeFee,
  type Fees,
  feeAboveItsPayment,
  type Method,
  methods,
  patterns,
  payeeFee,
  payerFee,
  rangesOf,
  type Schedule,
  scheduleOf,
  swallowedRange,
  type TypedRange,
  termsOf,
  unsettled,
} from '../../../../src/features/fees/fee.ts'
import { type Yen, yen } from '../../../../src/kernel/money.ts'

const fees = (sameBranch: number, ownBank: number, otherBank: number): Fees => ({
  same_branch: yen(sameBranch),
  own_bank: yen(ownBank),
  other_bank: yen(otherBank),
})

/** 30,000円未満 330円, 30,000円以上 550円 to other banks. */
const schedule = scheduleOf([
  { from: yen(1), fees: fees(0, 110, 330) },
  { from: yen(30_000), fees: fees(0, 220, 550) },
])
const terms = (method: Method, minimumPayment = yen(1000)) => ({ schedule, method, minimumPayment })
const otherBank = (method: Method, payment: number) => {
  const { bornBy, fee, transferred, debited } = payeeFee(terms(method), 'other_bank', yen(payment))
  return [bornBy, Number(fee), Number(transferred), Number(debited)]
}

describe('先方負担', () => {
  it('E-05 据置型: the payment is compared with the boundary', () => {
    expect(otherBank('fixed', 29_999)).toEqual(['payee', 330, 29_669, 29_999])
    expect(otherBank('fixed', 30_000)).toEqual(['payee', 550, 29_450, 30_000])
    expect(otherBank('fixed', 30_001)).toEqual(['payee', 550, 29_451, 30_001])
  })

  it('E-05 以上手数料加算型: with the boundary and the upper range’s fee, 30,550 yen', () => {
    expect(otherBank('add_upper', 30_000)).toEqual(['payee', 330, 29_670, 30_000])
    expect(otherBank('add_upper', 30_549)).toEqual(['payee', 330, 30_219, 30_549])
    expect(otherBank('add_upper', 30_550)).toEqual(['payee', 550, 30_000, 30_550])
    expect(otherBank('add_upper', 30_551)).toEqual(['payee', 550, 30_001, 30_551])
  })

  it('E-05 未満手数料加算型: with the boundary and the lower range’s fee, 30,330 yen', () => {
    expect(otherBank('add_lower', 30_329)).toEqual(['payee', 330, 29_999, 30_329])
    expect(otherBank('add_lower', 30_330)).toEqual(['payee', 550, 29_780, 30_330])
    expect(otherBank('add_lower', 30_331)).toEqual(['payee', 550, 29_781, 30_331])
  })

  it('E-05 each 振込パターン has boundaries of its own', () => {
    const at = (pattern: 'same_branch' | 'own_bank', payment: number) =>
      Number(payeeFee(terms('add_upper'), pattern, yen(payment)).fee)
    expect(at('own_bank', 30_219)).toBe(110)
    expect(at('own_bank', 30_220)).toBe(220)
    expect(at('same_branch', 30_000)).toBe(0)
  })

  it('E-05 a payment below 適用最低支払金額 goes out whole', () => {
    expect(otherBank('fixed', 999)).toEqual(['payer', 0, 999, 999])
    expect(otherBank('fixed', 1000)).toEqual(['payee', 330, 670, 1000])
    expect(otherBank('fixed', 1)).toEqual(['payer', 0, 1, 1])
  })

  it('E-05 a payment of the fee itself, or less, is not eaten up by it', () => {
    const low = { ...terms('fixed'), minimumPayment: yen(1) }
    expect(payeeFee(low, 'other_bank', yen(330))).toMatchObject({ bornBy: 'payer', transferred: 330n })
    expect(payeeFee(low, 'other_bank', yen(331))).toMatchObject({ bornBy: 'payee', transferred: 1n })
  })
})

describe('当方負担', () => {
  it('E-05 the fee of the transfer’s range comes on top of it', () => {
    const at = (amount: number) => {
      const { bornBy, fee, transferred, debited } = payerFee(schedule, 'other_bank', yen(amount))
      return [bornBy, Number(fee), Number(transferred), Number(debited)]
    }
    expect(at(1)).toEqual(['payer', 330, 1, 331])
    expect(at(29_999)).toEqual(['payer', 330, 29_999, 30_329])
    expect(at(30_000)).toEqual(['payer', 550, 30_000, 30_550])
  })

  it('E-05 knows neither 適用最低支払金額 nor a method', () => {
    const computed = computeFee('payer_bulk', terms('add_upper', yen(50_000)), 'other_bank', yen(30_000))
    expect(computed).toMatchObject({ fee: 550n, debited: 30_550n })
  })
})

describe('settings', () => {
  it('E-05 follow the standard of the day, or keep their own whatever it becomes', () => {
    const later = scheduleOf([{ from: yen(1), fees: fees(0, 0, 0) }])
    const following = unsettled('payee_transfer')
    expect(termsOf(following, schedule)?.schedule).toBe(schedule)
    expect(termsOf(following, later)?.schedule).toBe(later)
    expect(termsOf(following, undefined)).toBeUndefined()
    const own = { ...following, followsStandard: false as const, schedule }
    expect(termsOf(own, later)?.schedule).toBe(schedule)
  })
})

const bound = fc.integer({ min: 2, max: 999_999_999_999 })
const fee = fc.integer({ min: 0, max: 99_999 }).map(yen)
const anyFees = fc.record({ same_branch: fee, own_bank: fee, other_bank: fee })
/** One to five ranges, each beginning anywhere above the one before. */
const anySchedule: fc.Arbitrary<Schedule> = fc
  .tuple(fc.uniqueArray(bound, { maxLength: 4 }), fc.array(anyFees, { minLength: 5, maxLength: 5 }))
  .map(([bounds, all]) =>
    scheduleOf(
      [1, ...bounds.sort((a, b) => a - b)].map((from, index) => ({
        from: yen(from),
        fees: all[index] ?? fees(0, 0, 0),
      })),
    ),
  )
const anyMethod = fc.constantFrom(...methods)
const anyPattern = fc.constantFrom(...patterns)
const amount = fc.integer({ min: 1, max: 999_999_999_999 }).map(yen)

describe('ranges', () => {
  it('E-05 of any schedule have neither hole nor overlap, and every amount lies in exactly one', () => {
    fc.assert(
      fc.property(anySchedule, amount, (ranges, payment) => {
        const typed = rangesOf(ranges)
        expect(checkRanges(typed)).toEqual([])
        expect(scheduleOf(typed)).toEqual(ranges)
        expect(
          typed.filter(({ from, to }) => payment >= from && (to === undefined || payment < to)),
        ).toHaveLength(1)
      }),
    )
  })

  it('E-05 with a bound moved by any amount are refused', () => {
    fc.assert(
      fc.property(
        anySchedule,
        fc.nat(),
        fc.constantFrom('from' as const, 'to' as const),
        fc.integer({ min: -1_000_000, max: 1_000_000 }).filter(by => by !== 0),
        (ranges, at, which, by) => {
          const typed = rangesOf(ranges)
          const row = at % typed.length
          const moved = typed.map((range, index): TypedRange => {
            if (index !== row) return range
            return { ...range, [which]: yen((range[which] ?? 5n) + BigInt(by)) }
          })
          expect(checkRanges(moved).length).toBeGreaterThan(0)
        },
      ),
    )
  })

  it('E-05 tell what is wrong, in which row, and what would be right', () => {
    const range = (from: number, to?: number): TypedRange => ({
      from: yen(from),
      to: to === undefined ? undefined : yen(to),
      fees: fees(0, 0, 0),
    })
    const found = (...rows: TypedRange[]) =>
      checkRanges(rows).map(({ row, bound, reason, expected }) => [row, bound, reason, expected])
    expect(found(range(2))).toEqual([[0, 'from', 'fee.ranges.first', 1n]])
    expect(found(range(1, 100), range(101))).toEqual([[1, 'from', 'fee.ranges.hole', 100n]])
    expect(found(range(1, 100), range(99))).toEqual([[1, 'from', 'fee.ranges.overlap', 100n]])
    expect(found(range(1), range(100))).toEqual([[0, 'to', 'fee.ranges.open', undefined]])
    expect(found(range(1, 100))).toEqual([[0, 'to', 'fee.ranges.closed', undefined]])
    expect(found(range(1, 1), range(1))).toEqual([[0, 'to', 'fee.ranges.empty', 1n]])
  })
})

describe('fees', () => {
  it('E-05 never leave the payee less than one yen, and neither lose nor make money', () => {
    fc.assert(
      fc.property(
        anySchedule,
        anyMethod,
        anyPattern,
        amount,
        amount,
        (ranges, method, pattern, minimum, payment) => {
          const computed = payeeFee({ schedule: ranges, method, minimumPayment: minimum }, pattern, payment)
          expect(computed.transferred >= 1n).toBe(true)
          expect(computed.transferred + computed.fee).toBe(payment)
          expect(computed.debited).toBe(payment)
          if (payment < minimum) expect(computed.fee).toBe(0n)
          const own = payerFee(ranges, pattern, payment)
          expect(own.debited).toBe(own.transferred + own.fee)
        },
      ),
    )
  })

  it('E-05 are taken off every payment from the minimum on, where the settings are let through', () => {
    fc.assert(
      fc.property(
        anySchedule,
        anyMethod,
        anyPattern,
        amount,
        amount,
        (ranges, method, pattern, minimum, more) => {
          const settled = { schedule: ranges, method, minimumPayment: minimum }
          fc.pre(feeAboveItsPayment(settled) === undefined)
          expect(payeeFee(settled, pattern, yen(minimum + more)).bornBy).toBe('payee')
          expect(payeeFee(settled, pattern, minimum).bornBy).toBe('payee')
        },
      ),
    )
  })

  it('E-05 name a minimum that a fee could eat up', () => {
    expect(feeAboveItsPayment(terms('fixed', yen(330)))).toBe(330n)
    expect(feeAboveItsPayment(terms('fixed', yen(331)))).toBeUndefined()
    const steep = scheduleOf([
      { from: yen(1), fees: fees(0, 0, 0) },
      { from: yen(500), fees: fees(0, 0, 600) },
    ])
    expect(feeAboveItsPayment({ schedule: steep, method: 'fixed', minimumPayment: yen(10) })).toBe(600n)
    expect(
      feeAboveItsPayment({ schedule: steep, method: 'add_upper', minimumPayment: yen(10) }),
    ).toBeUndefined()
  })

  it('E-05 are the upper ones if and only if what the method compares reaches the boundary', () => {
    const near = fc.tuple(fc.constantFrom('boundary', 'upper', 'lower'), fc.integer({ min: -2, max: 2 }))
    fc.assert(
      fc.property(bound, fee, fee, anyMethod, near, (boundary, lower, upper, method, [beside, by]) => {
        fc.pre(lower !== upper)
        const ranges = scheduleOf([
          { from: yen(1), fees: { ...fees(0, 0, 0), other_bank: lower } },
          { from: yen(boundary), fees: { ...fees(0, 0, 0), other_bank: upper } },
        ])
        const payment = BigInt(boundary) + { boundary: 0n, upper, lower }[beside as 'upper'] + BigInt(by)
        fc.pre(payment > upper && payment > lower)
        const settled = { schedule: ranges, method, minimumPayment: yen(1) }
        const { fee: taken, transferred } = payeeFee(settled, 'other_bank', yen(payment))
        const isUpper = taken === upper
        expect(isUpper || taken === lower).toBe(true)
        // 据置型 compares the payment; the others what arrives, with the upper fee or with the lower one taken off it.
        if (method === 'fixed') expect(isUpper).toBe(payment >= boundary)
        if (method === 'add_upper')
          expect((isUpper ? transferred : payment - upper) >= boundary).toBe(isUpper)
        if (method === 'add_lower')
          expect((isUpper ? payment - lower : transferred) >= boundary).toBe(isUpper)
      }),
    )
  })

  it('E-05 name a range that its neighbours’ fees swallow, and of the rest each has a payment of its own', () => {
    const narrow = scheduleOf([
      { from: yen(1), fees: fees(0, 0, 0) },
      { from: yen(10_000), fees: fees(0, 0, 800) },
      { from: yen(10_100), fees: fees(0, 0, 100) },
    ])
    expect(swallowedRange({ schedule: narrow, method: 'fixed' })).toBeUndefined()
    expect(swallowedRange({ schedule: narrow, method: 'add_upper' })).toBe(1)
    fc.assert(
      fc.property(anySchedule, anyMethod, anyPattern, (ranges, method, pattern) => {
        fc.pre(swallowedRange({ schedule: ranges, method }) === undefined)
        const at = (payment: Yen) =>
          payeeFee({ schedule: ranges, method, minimumPayment: yen(1) }, pattern, payment)
        ranges.slice(1).forEach((range, index) => {
          const lower = ranges[index]
          if (!lower) return
          const [own, below] = [range.fees[pattern], lower.fees[pattern]]
          // A payment from which its fee was not taken for being too small says nothing about the range.
          const around = [0n, own, below].map(more => at(yen(range.from + more)))
          expect(around.some(({ bornBy, fee }) => bornBy === 'payer' || fee === own)).toBe(true)
        })
      }),
    )
  })
})
