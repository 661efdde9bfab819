import { describe, expect, it } from 'vitest'
import { isSuspended, keyAddress, keyText, stepOf } from '../../../../src/features/otp/otp.ts'

/** The seed of RFC 6238, appendix B; six digits are the last six of its eight. */
const seed = Buffer.from('12345678901234567890')
const at = (seconds: number) => new Date(seconds * 1000)

describe('one-time passwords', () => {
  it.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
  ])('B-17 are RFC 6238’s at %i s', (seconds, code) => {
    expect(stepOf(seed, code, at(seconds))).toBe(Math.floor(seconds / 30))
  })

  it('B-17 count a step early or late, and no more', () => {
    const step = Math.floor(1_234_567_890 / 30)
    expect(stepOf(seed, '005924', at(1_234_567_890 - 30))).toBe(step)
    expect(stepOf(seed, '005924', at(1_234_567_890 + 30))).toBe(step)
    expect(stepOf(seed, '005924', at(1_234_567_890 + 60))).toBeNull()
    expect(stepOf(seed, '005924', at(1_234_567_890 - 60))).toBeNull()
  })

  it('B-17 are handed to the app by an address and by a text that can be typed', () => {
    expect(keyAddress(seed, { issuer: 'Sekisho', label: 'kanri01' })).toBe(
      'otpauth://totp/Sekisho:kanri01?issuer=Sekisho&secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&algorithm=SHA1&digits=6&period=30',
    )
    expect(keyText(seed)).toBe('GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ')
  })

  it('B-17 are suspended from the fifth failure on, written or not', () => {
    expect(isSuspended({ failures: 4, suspendedAt: null })).toBe(false)
    expect(isSuspended({ failures: 5, suspendedAt: null })).toBe(true)
    expect(isSuspended({ failures: 0, suspendedAt: at(1) })).toBe(true)
  })
})
