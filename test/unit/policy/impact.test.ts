import { describe, expect, it } from 'vitest'
import type { BusinessDay } from '../../../src/kernel/business-day.ts'
import { type AlikeUsers, impactOf, isTightened } from '../../../src/policy/impact.ts'
import { type PolicyOverrides, type PresetName, policyOf, presetOf } from '../../../src/policy/policy.ts'

const day = (text: string) => text as BusinessDay
const today = day('2026-11-20')

const someone = (changed: Partial<AlikeUsers> = {}): AlikeUsers => ({
  users: 1,
  certificate: false,
  factors: new Set(),
  loginPassword: { setOn: day('2026-11-01'), changeForced: false },
  confirmationPassword: false,
  ...changed,
})

const impact = (
  from: [PresetName, PolicyOverrides],
  to: [PresetName, PolicyOverrides],
  users: AlikeUsers[],
) =>
  impactOf(
    policyOf({ preset: from[0], overrides: from[1] }),
    policyOf({ preset: to[0], overrides: to[1] }),
    users,
    today,
  )

describe('A-02 what a change of policy means for users', () => {
  it('nothing, where nothing changes', () => {
    const users = [someone(), someone({ certificate: true })]
    expect(impact(['omakase', {}], ['omakase', {}], users)).toEqual({
      users: 2,
      mustChangePassword: 0,
      mustSetConfirmation: 0,
      loseLoginMethod: 0,
      needCertificate: 0,
      needFactor: 0,
    })
  })

  it('a certificate for those without one, and the way in that they lose', () => {
    const users = [someone({ users: 3 }), someone({ certificate: true })]
    const found = impact(['omakase', {}], ['rokin', {}], users)
    expect(found).toMatchObject({
      users: 4,
      needCertificate: 3,
      loseLoginMethod: 4,
      mustChangePassword: 4,
    })
  })

  it('the certificate login of those who have one', () => {
    const users = [someone(), someone({ certificate: true })]
    expect(impact(['shoko', {}], ['omakase', {}], users).loseLoginMethod).toBe(1)
  })

  it('passwords that are over under the new days, save those to be changed anyway', () => {
    const users = [
      someone({ loginPassword: { setOn: day('2026-11-13'), changeForced: false } }),
      someone({ loginPassword: { setOn: day('2026-11-12'), changeForced: false } }),
      someone({ loginPassword: { setOn: day('2026-11-12'), changeForced: true } }),
      someone({ loginPassword: null }),
    ]
    expect(
      impact(['omakase', {}], ['omakase', { loginPassword: { days: 7 } }], users).mustChangePassword,
    ).toBe(1)
  })

  it('a confirmation password for those without one, and a second factor for those without one', () => {
    const users = [someone(), someone({ confirmationPassword: true, factors: new Set(['totp']) })]
    const wanted: PolicyOverrides = { confirmation: 'password', login: { secondFactor: 'sms' } }
    expect(impact(['omakase', {}], ['omakase', wanted], users)).toMatchObject({
      mustSetConfirmation: 1,
      needFactor: 1,
    })
  })

  it('a second factor is asked of nobody whose certificate is one', () => {
    const users = [someone({ certificate: true })]
    expect(impact(['shoko', {}], ['recommended', {}], users).needFactor).toBe(0)
  })
})

describe('a tightened password rule', () => {
  const rule = presetOf('prosrv').loginPassword
  it.each([
    [{ minimum: rule.minimum + 1 }, true],
    [{ maximum: rule.maximum - 1 }, true],
    [{ contains: ['letter', 'digit', 'symbol'] as const }, true],
    [{ blocklist: true }, true],
    [{ minimumWithSecondFactor: rule.minimum + 1 }, true],
    [{ minimumWithSecondFactor: rule.minimum - 1 }, false],
    [{ minimum: rule.minimum - 1, alphabet: 'any' as const, contains: [] }, false],
    [{ days: 30, remembered: 9 }, false],
  ])('%j: %s', (changed, tightened) => expect(isTightened(rule, { ...rule, ...changed })).toBe(tightened))
})
