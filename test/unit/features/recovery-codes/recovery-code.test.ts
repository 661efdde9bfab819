import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  alphabet,
  printed,
  randomLength,
  readRecoveryCode,
} from '../../../../src/features/recovery-codes/recovery-code.ts'

const random = fc
  .array(fc.constantFrom(...alphabet), { minLength: randomLength, maxLength: randomLength })
  .map(letters => letters.join(''))

describe('recovery codes', () => {
  it('B-19 are read as printed, in capitals, with spaces or without hyphens', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9 }), random, (number, letters) => {
        const code = printed(number, letters)
        for (const typed of [code, code.toUpperCase(), code.replaceAll('-', ' '), code.replaceAll('-', '')])
          expect(readRecoveryCode(typed)).toEqual({ number, random: letters })
      }),
    )
  })

  it('B-19 carry at least 64 random bits, in letters that nobody takes for another', () => {
    expect(Math.log2(alphabet.length) * randomLength).toBeGreaterThan(64)
    expect(alphabet).not.toMatch(/[01ilo]/)
    expect(new Set(alphabet).size).toBe(alphabet.length)
  })

  it.each([
    '',
    '3',
    'abcd',
    '3-abcd-abcd-abcd',
    `x${'a'.repeat(16)}`,
    `3${'0'.repeat(16)}`,
    '3'.repeat(10_000),
  ])('B-19 are nothing else: %s', typed => {
    expect(readRecoveryCode(typed)).toBeUndefined()
  })
})
