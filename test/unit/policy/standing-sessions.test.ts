import { describe, expect, it } from 'vitest'
import { type LoginRule, type LoginWay, presetOf, type SecondFactor } from '../../../src/policy/policy.ts'
import { wouldStillOpen } from '../../../src/policy/standing-sessions.ts'

const login = (way: LoginWay, secondFactor: SecondFactor = 'none'): LoginRule => ({
  ...presetOf('omakase').login,
  ways: [way],
  secondFactor,
  secondFactorAt: 'every-way',
})
const byPassword: LoginWay = { certificate: 'none', asks: 'login-id' }
const named: LoginWay = { certificate: 'names-user', asks: 'nothing' }
const reached: LoginWay = { certificate: 'reaches-site', asks: 'login-id' }

describe('A-02, B-12 a session stays where it might have begun under the new policy', () => {
  it.each([
    ['the same way', named, named, true],
    ['a certificate of one’s own, where any of the company’s is enough now', named, reached, true],
    ['any certificate of the company, where one’s own is needed now', reached, named, false],
    ['any certificate of the company, as before', reached, reached, true],
    ['a way that is gone', named, byPassword, false],
  ])('%s', (_what, before, after, stays) =>
    expect(wouldStillOpen(login(before), login(after), true)).toBe(stays),
  )

  it.each<[SecondFactor, SecondFactor, boolean]>([
    ['none', 'none', true],
    ['totp', 'none', true],
    ['none', 'totp', false],
    ['totp', 'totp', true],
    // Whichever of the two it was, the new one takes it.
    ['totp', 'sms', true],
    ['totp', 'passkey-or-totp', true],
    // It may have been the other.
    ['sms', 'totp', false],
    ['passkey-or-totp', 'totp', false],
    ['passkey-or-totp', 'sms', false],
  ])('with %s asked for before, %s now: %s', (before, after, stays) =>
    expect(wouldStillOpen(login(byPassword, before), login(byPassword, after), false)).toBe(stays),
  )
})
