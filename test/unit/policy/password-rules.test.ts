import { describe, expect, it } from 'vitest'
import { checkNewPassword } from '../../../src/policy/password-rules.ts'
import { presetOf } from '../../../src/policy/policy.ts'

const owner = {
  loginId: 'tanaka@yamada-shoten.example',
  name: '田中　花子',
  ownWords: ['株式会社 山田商店', 'hanako.tanaka@yamada-shoten.example', '8001000000'],
}
const refusal = (preset: Parameters<typeof presetOf>[0], password: string, more = {}) => {
  const checked = checkNewPassword(presetOf(preset).loginPassword, password, { ...owner, ...more })
  return checked.ok ? undefined : checked.reason
}

describe('the password rule of recommended', () => {
  it('A-01 takes any characters from fifteen on, and from eight on beside a second factor', () => {
    expect(refusal('recommended', 'x7 q 月がとても青い夜')).toBe('password.tooShort')
    expect(refusal('recommended', '月がとても青い夜でしたね、先週')).toBeUndefined()
    expect(refusal('recommended', '😀😀😀😀😀😀😀😀😀😀😀😀😀😀🎉')).toBeUndefined()
    expect(refusal('recommended', 'mizu-iro', { holdsSecondFactor: true })).toBeUndefined()
    expect(refusal('recommended', 'mizuiro', { holdsSecondFactor: true })).toBe('password.tooShort')
    expect(refusal('recommended', 'a b '.repeat(16))).toBeUndefined()
    expect(refusal('recommended', 'a b '.repeat(250))).toBe('password.tooLong')
    expect(refusal('recommended', 'tab\tin the middle of it')).toBe('password.alphabet')
  })

  it('A-01 counts characters as they are kept: a letter and its accent, typed as two, are one', () => {
    const decomposed = 'がぎぐげござじずぜぞだぢづで'.normalize('NFD')
    expect([...decomposed]).toHaveLength(28)
    expect(refusal('recommended', decomposed)).toBe('password.tooShort')
    expect(refusal('recommended', `${decomposed}ど`)).toBeUndefined()
  })

  it('A-01 refuses what everybody uses, in any case, with figures behind it, or one character over and over', () => {
    for (const password of [
      'password',
      'Password1',
      'QWERTYUIOP',
      'iloveyou!!',
      'sunshine2026',
      'aaaaaaaaaaaaaaaa',
    ])
      expect(refusal('recommended', password, { holdsSecondFactor: true })).toBe('password.isCommon')
  })

  it('A-01 refuses words of the company and the user anywhere in it, in any width', () => {
    for (const password of [
      'kumo-HANAKO-to-sora',
      'ＴＡＮＡＫＡ to aoi sora',
      '今日は山田商店から帰ります。はい',
      'ao-8001000000-midori',
    ])
      expect(refusal('recommended', password)).toBe('password.ownWord')
  })
})

describe('the password rules of the manuals', () => {
  it('A-01 [R] asks for upper, lower, digit and symbol within 8 to 12', () => {
    expect(refusal('rokin', 'Abcdef-1')).toBeUndefined()
    expect(refusal('rokin', 'Abcde-1')).toBe('password.tooShort')
    expect(refusal('rokin', 'Abcdefghij-12')).toBe('password.tooLong')
    expect(refusal('rokin', 'abcdef-1')).toBe('password.upperMissing')
    expect(refusal('rokin', 'ABCDEF-1')).toBe('password.lowerMissing')
    expect(refusal('rokin', 'Abcdef-g')).toBe('password.digitMissing')
    expect(refusal('rokin', 'Abcdefg1')).toBe('password.symbolMissing')
    expect(refusal('rokin', 'Ａbcdef-1')).toBe('password.alphabet')
    // Letters, digits and symbols: a space is none of them.
    expect(refusal('rokin', 'Haji e-26')).toBe('password.alphabet')
  })
})
