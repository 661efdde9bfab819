import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  accountLimitKinds,
  accountLimitProblems,
  ceilingProblem,
} from '../../../../src/features/company/limits.ts'
import { longestMemo, memoProblem } from '../../../../src/features/company/memo.ts'
import { yen } from '../../../../src/kernel/money.ts'

const amount = fc.bigInt({ min: 0n, max: 999_999_999_999_999n }).map(yen)
const ceiling = fc.option(amount)
const limits = fc.record({ total: amount, each: amount, preregistered: amount })
const ceilings = fc.record({ total: ceiling, each: ceiling, preregistered: ceiling })
const none = { total: null, each: null, preregistered: null }

describe('E-03 口座一日当たり限度額', () => {
  it('is right exactly where each part is within 合計, and everything within the contract', () => {
    fc.assert(
      fc.property(limits, ceilings, (wanted, most) => {
        const right =
          wanted.each <= wanted.total &&
          wanted.preregistered <= wanted.total &&
          accountLimitKinds.every(kind => wanted[kind] <= (most[kind] ?? wanted[kind]))
        expect(accountLimitProblems(wanted, most).length === 0).toBe(right)
      }),
    )
  })

  it('lets the parts sum above 合計', () => {
    fc.assert(
      fc.property(amount, total => {
        expect(accountLimitProblems({ total, each: total, preregistered: total }, none)).toEqual([])
      }),
    )
  })

  it('names the part that is above, once a field', () => {
    const problems = accountLimitProblems({ total: yen(100), each: yen(101), preregistered: yen(100) }, none)
    expect(problems).toEqual([
      { kind: 'each', ok: false, reason: 'company.limit.aboveTotal', params: { bound: '100' } },
    ])
    fc.assert(
      fc.property(limits, ceilings, (wanted, most) => {
        const kinds = accountLimitProblems(wanted, most).map(({ kind }) => kind)
        expect(new Set(kinds).size).toBe(kinds.length)
      }),
    )
  })

  it('takes 0, which makes the account unusable', () => {
    const nothing = { total: yen(0), each: yen(0), preregistered: yen(0) }
    expect(accountLimitProblems(nothing, nothing)).toEqual([])
    expect(accountLimitProblems({ ...nothing, each: yen(1) }, none)).toHaveLength(1)
  })
})

describe('E-04 the contract’s ceiling', () => {
  it('holds to the yen, and nothing holds where there is none', () => {
    fc.assert(
      fc.property(amount, most => {
        expect(ceilingProblem(most, most)).toBeUndefined()
        expect(ceilingProblem(yen(most + 1n), most)?.reason).toBe('company.limit.aboveCeiling')
        expect(ceilingProblem(most, null)).toBeUndefined()
      }),
    )
  })
})

describe('E-01 the note beside an account', () => {
  it.each([
    '',
    '支払用',
    '口'.repeat(longestMemo),
    '𠮷'.repeat(longestMemo),
    'ABC（支払用） 2026/11',
    '葛\u{e0100}飾',
  ])('may be %j', memo => {
    expect(memoProblem(memo)).toBeUndefined()
  })

  it.each(['口'.repeat(longestMemo + 1), '𠮷'.repeat(longestMemo + 1), 'a'.repeat(1_000_000)])(
    'is counted as people count',
    memo => {
      expect(memoProblem(memo)?.reason).toBe('company.memo.tooLong')
    },
  )

  it.each(['一行目\n二行目', 'a\u0000b', '支払\u202e用', '\u200b', 'a\ud800'])('may not be %j', memo => {
    expect(memoProblem(memo)?.reason).toBe('company.memo.characters')
  })
})
