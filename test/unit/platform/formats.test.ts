import { describe, expect, it } from 'vitest'
import { formatsOf } from '../../../src/platform/formats.ts'

const ja = formatsOf('ja')
const en = formatsOf('en')

describe('formats', () => {
  it('B-10 I-01 write times to the second in JST', () => {
    const at = new Date('2026-11-20T08:55:03Z')
    expect(ja.dateTime(at)).toBe('2026年11月20日 17時55分03秒')
    expect(ja.dateTimeCompact(at)).toBe('2026/11/20 17:55:03')
    expect(en.dateTime(at)).toBe('20 November 2026, 17:55:03 (JST)')
  })

  it('I-01 write midnight in Tokyo as 00 of the next day', () => {
    const midnight = new Date('2026-12-31T15:00:00Z')
    expect(ja.dateTimeCompact(midnight)).toBe('2027/01/01 00:00:00')
    expect(ja.date(midnight)).toBe('2027年1月1日')
    expect(en.date(midnight)).toBe('1 January 2027')
  })

  it('I-01 write a business day as that day', () => {
    expect(ja.date('2028-02-29')).toBe('2028年2月29日')
    expect(en.date('2028-02-29')).toBe('29 February 2028')
  })

  it('I-01 write yen with separators, beyond what a number can hold', () => {
    expect(ja.yen(999_999_999_999_999_999n)).toBe('999,999,999,999,999,999円')
    expect(en.yen(0)).toBe('¥0')
  })
})
