import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lengthAsCounted, toFullWidth, toHalfWidth } from '../../../src/kernel/width.ts'

const ascii = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map(code => String.fromCharCode(code)) })

describe('I-06 width', () => {
  it('ASCII goes to full width and back unharmed', () => {
    fc.assert(
      fc.property(ascii, text => {
        expect(toHalfWidth(toFullWidth(text))).toBe(text)
      }),
    )
  })

  it('turning twice is turning once', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        expect(toFullWidth(toFullWidth(text))).toBe(toFullWidth(text))
        expect(toHalfWidth(toHalfWidth(text))).toBe(toHalfWidth(text))
      }),
    )
  })

  it('no ASCII and no half-width katakana is left in full width', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        expect(toFullWidth(text)).not.toMatch(/[\u0020-\u007e\uff61-\uff9f]/)
      }),
    )
  })

  it.each([
    ['ﾔﾏﾀﾞ ﾊﾅｺ', 'ヤマダ　ハナコ'],
    ['か\u3099', 'が'],
    ['ABC 12', 'ＡＢＣ　１２'],
    // Names keep their ideographs: normalising as a whole would rewrite the last one.
    ['髙﨑𠮷\ufa19', '髙﨑𠮷\ufa19'],
    ['①㌔', '①㌔'],
  ])('%s becomes %s', (typed, stored) => expect(toFullWidth(typed)).toBe(stored))

  it('counts as people do', () => {
    expect(lengthAsCounted('𠮷髙﨑')).toBe(3)
    expect(lengthAsCounted('葛\u{e0100}城')).toBe(2)
  })
})
