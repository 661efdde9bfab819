import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { breachesOf, weakeningsOf } from '../../../src/policy/floor.ts'
import {
  type LockRule,
  type PolicyOverrides,
  type PresetName,
  policyOf,
  presetNames,
  presetOf,
} from '../../../src/policy/policy.ts'

const breaches = (preset: PresetName, overrides: object) =>
  breachesOf(presetOf(preset), policyOf({ preset, overrides }))

const weakenings = (preset: PresetName, before: PolicyOverrides, after: PolicyOverrides) =>
  weakeningsOf(policyOf({ preset, overrides: before }), policyOf({ preset, overrides: after }))

describe('A-03, H-04 what one officer alone does not weaken', () => {
  const certificates: PolicyOverrides = {
    login: { ways: [{ certificate: 'confirms-user', asks: 'login-id' }] },
  }
  it.each([
    ['omakase', { login: { secondFactor: 'sms' } }, {}, ['login.secondFactor']],
    ['omakase', {}, { login: { secondFactor: 'sms' } }, []],
    [
      'sevenbank',
      { login: { secondFactor: 'totp' } },
      { session: { idleSeconds: 600 } },
      ['login.secondFactor'],
    ],
    ['sevenbank', {}, { login: { secondFactorAtConfirm: false } }, ['login.secondFactorAtConfirm']],
    ['sevenbank', certificates, {}, ['login.ways']],
    ['sevenbank', {}, certificates, []],
    ['sevenbank', {}, { confirmation: 'none' }, ['confirmation']],
    ['sevenbank', { confirmation: 'step-up' }, {}, ['confirmation']],
    ['sevenbank', {}, { confirmation: 'step-up' }, []],
    ['shoko', { session: { idleSeconds: 600 } }, { session: { idleSeconds: 601 } }, ['session.idleSeconds']],
    ['shoko', {}, { session: { absoluteSeconds: 86_400 } }, ['session.absoluteSeconds']],
    ['shoko', {}, { session: { idleSeconds: 180 }, lock: { failures: 9 } }, []],
  ] as const)('%s from %j to %j: %j', (preset, before, after, expected) => {
    expect(weakenings(preset, before, after)).toEqual(expected)
    expect(weakenings(preset, after, after)).toEqual([])
  })
})

describe('A-03 the floor of a preset', () => {
  it.each(presetNames)('%s keeps its own', preset => expect(breaches(preset, {})).toEqual([]))

  it.each([
    ['shoko', { lock: { failures: 4 } }, ['lock.failures']],
    ['shoko', { lock: { failures: 2 } }, []],
    // A lock that somebody must release may not become one that ends by itself.
    ['shoko', { lock: { seconds: 86_400 } }, ['lock.seconds']],
    ['rokin', { lock: { seconds: 3_599 } }, ['lock.seconds']],
    ['rokin', { lock: { seconds: null } }, []],
    ['rokin', { lock: { blocksAt: 4 } }, ['lock.blocksAt']],
    ['rokin', { lock: { blocksAt: null } }, ['lock.blocksAt']],
    ['rokin', { lock: { blocksAt: 2 } }, []],
    ['omakase', { lock: { blocksAt: 9 } }, []],
    ['sevenbank', { loginPassword: { minimum: 5 } }, ['loginPassword.minimum']],
    ['sevenbank', { loginPassword: { minimum: 12, days: 30 } }, []],
    ['recommended', { session: { idleSeconds: 3_600 }, confirmation: 'none' }, []],
  ] as const)('%s with %j: %j', (preset, overrides, expected) =>
    expect(breaches(preset, overrides)).toEqual(expected),
  )

  it('finds nothing in a rule that is stricter in everything', () => {
    const lock: LockRule = { ...presetOf('rokin').lock }
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: lock.failures }),
        fc.option(fc.integer({ min: lock.seconds ?? 0, max: 1_000_000 })),
        fc.integer({ min: 1, max: lock.blocksAt ?? 1 }),
        fc.integer({ min: 8, max: 12 }),
        (failures, seconds, blocksAt, minimum) => {
          const overrides = { lock: { failures, seconds, blocksAt }, loginPassword: { minimum } }
          expect(breaches('rokin', overrides)).toEqual([])
        },
      ),
    )
  })
})
