import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkLimit, checkLoginId, checkName } from '../../../../src/features/users/user.ts'

const reasonOf = (checked: { ok: boolean; reason?: string }) => (checked.ok ? 'ok' : checked.reason)

describe('D-03 user names', () => {
  it.each([
    ['あ'.repeat(30), 'ok'],
    ['あ'.repeat(31), 'user.name.tooLong'],
    ['𠮷'.repeat(30), 'ok'],
    ['𠮷'.repeat(31), 'user.name.tooLong'],
    ['葛\u{e0100}'.repeat(30), 'ok'],
    ['髙﨑　一郎', 'ok'],
    ['John Smith', 'ok'],
    ['ﾔﾏﾀﾞ', 'ok'],
    ['', 'user.name.blank'],
    ['　 ', 'user.name.blank'],
    [' 佐藤', 'user.name.spaces'],
    ['佐藤　', 'user.name.spaces'],
    ['佐藤\u0007', 'user.name.width'],
    ['佐\n藤', 'user.name.width'],
    ['佐藤\u202e', 'user.name.width'],
    ['佐藤\u200b', 'user.name.width'],
    ['😀', 'user.name.width'],
    ['José', 'user.name.width'],
    ['葛\u{e0100}\u{e0101}', 'user.name.width'],
  ])('%j is %s', (typed, expected) => expect(reasonOf(checkName(typed))).toBe(expected))

  it.each([
    ['㈱①Ⅲ髙﨑', '㈱ ① Ⅲ'],
    ['佐藤\u0007\u202e\u200b\u0000', 'U+0007 U+202E U+200B U+0000'],
    ['山田😀山田😀👨‍👩‍👧', '😀 👨‍👩‍👧'],
    ['①②③④⑤⑥⑦', '① ② ③ ④ ⑤'],
    ['葛\u{e0100}\u{e0101}', '葛\u{e0100}\u{e0101}'],
    ['あ\ud83d', 'U+D83D'],
  ])('I-03 name what of %j they refuse', (typed, signs) =>
    expect(checkName(typed)).toMatchObject({ reason: 'user.name.width', params: { signs } }),
  )

  it('accept no text that would not be accepted as it is stored, and none of 31 characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), text => {
        const checked = checkName(text)
        if (!checked.ok) return
        expect(checkName(checked.value)).toEqual(checked)
        expect([...new Intl.Segmenter('ja').segment(checked.value)].length).toBeLessThanOrEqual(30)
        expect(checked.value).not.toMatch(/[\p{Cc}\p{Cf}\u0020-\u007e]/u)
      }),
    )
  })

  it('answer a megabyte as any other name that is too long', () => {
    expect(reasonOf(checkName('あ'.repeat(1_000_000)))).toBe('user.name.tooLong')
  })
})

describe('D-03 login IDs', () => {
  it.each([
    ['a', 'ok', 'user.loginId.letters-and-digits-6-12'],
    ['abc123', 'ok', 'ok'],
    ['abcdef', 'ok', 'user.loginId.letters-and-digits-6-12'],
    ['123456', 'ok', 'user.loginId.letters-and-digits-6-12'],
    ['abc1234567890', 'ok', 'user.loginId.letters-and-digits-6-12'],
    ['a'.repeat(20), 'ok', 'user.loginId.letters-and-digits-6-12'],
    ['a'.repeat(21), 'user.loginId.as-given', 'user.loginId.letters-and-digits-6-12'],
    ['abc 123', 'user.loginId.as-given', 'user.loginId.letters-and-digits-6-12'],
    ['abc_123', 'user.loginId.as-given', 'user.loginId.letters-and-digits-6-12'],
    ['abc123\n', 'user.loginId.as-given', 'user.loginId.letters-and-digits-6-12'],
    ['', 'user.loginId.blank', 'user.loginId.blank'],
  ])('%j is %s as given, %s by the other rule', (typed, given, strict) => {
    expect(reasonOf(checkLoginId({ shape: 'as-given' }, typed))).toBe(given)
    expect(reasonOf(checkLoginId({ shape: 'letters-and-digits-6-12' }, typed))).toBe(strict)
  })
})

describe('D-05 limits', () => {
  it('take every amount of at most 12 digits, in either width and with separators', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 999_999_999_999n }), amount => {
        const digits = String(amount)
        const wide = digits.replace(/\d/g, digit => String.fromCharCode(digit.charCodeAt(0) + 0xfee0))
        for (const typed of [digits, wide, amount.toLocaleString('en-US'), ` ${digits} `])
          expect(checkLimit(typed)).toEqual({ ok: true, value: amount })
      }),
    )
  })

  it('take nothing else', () => {
    fc.assert(
      fc.property(fc.string(), typed => {
        const checked = checkLimit(typed)
        if (checked.ok) expect(typed.trim()).toMatch(/^[\d,]+$/)
      }),
    )
  })

  it.each(['1234567890123', '-1', '1.5', '1e3', '1,23', ',1', '①', '一', '0x10', '１２ａ'])('not %s', typed =>
    expect(reasonOf(checkLimit(typed))).toBe('user.limit.digits'),
  )
  it('blank is refused, 0 is not', () => {
    expect(reasonOf(checkLimit(' '))).toBe('user.limit.blank')
    expect(checkLimit('0')).toEqual({ ok: true, value: 0n })
  })
})
