import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readYen } from '../../../src/kernel/money.ts'
import { toFullWidth } from '../../../src/kernel/width.ts'

const amount = fc.bigInt({ min: 0n, max: 999_999_999_999_999n })

describe('I-06 yen as people type them', () => {
  it('are read in either width, with separators or without', () => {
    fc.assert(
      fc.property(amount, value => {
        const grouped = new Intl.NumberFormat('en-US').format(value)
        for (const typed of [
          String(value),
          grouped,
          toFullWidth(String(value)),
          toFullWidth(grouped),
          ` ${value}　`,
        ])
          expect(readYen(typed, 15)).toBe(value)
      }),
    )
  })

  it('have as many digits as the rule allows, and no more', () => {
    expect(readYen('9'.repeat(15), 15)).toBe(999_999_999_999_999n)
    expect(readYen('9'.repeat(16), 15)).toBe('shape')
    expect(readYen('0'.repeat(16), 15)).toBe('shape')
    expect(readYen('0'.repeat(1_000_000), 15)).toBe('shape')
    expect(readYen('0', 15)).toBe(0n)
  })

  it.each(['', ' ', '　'])('are blank where nothing stands: %j', typed => {
    expect(readYen(typed, 15)).toBe('blank')
  })

  it.each([
    '-1',
    '+1',
    '1.0',
    '1,00',
    '1,0000',
    ',100',
    '1,',
    '1 000',
    '０x10',
    '1e3',
    '一',
    '①',
    '¥1',
    '1円',
  ])('are not read from %j', typed => {
    expect(readYen(typed, 15)).toBe('shape')
  })
})
