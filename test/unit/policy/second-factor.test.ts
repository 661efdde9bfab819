import { describe, expect, it } from 'vitest'
import { policyOf, presetNames, presetOf } from '../../../src/policy/policy.ts'
import { asksOtpAtConfirm, factorsAtLogin, factorsOf } from '../../../src/policy/second-factor.ts'

const loginOf = (preset: string, secondFactor?: 'none' | 'sms' | 'totp' | 'passkey-or-totp') =>
  policyOf({ preset, overrides: secondFactor ? { login: { secondFactor } } : {} }).login

describe('the second factor', () => {
  it('B-18 of a company with SMS is a short message, or TOTP beside it; never a mail', () => {
    expect(factorsAtLogin(loginOf('omakase', 'sms'), false)).toEqual(['sms', 'totp'])
    expect(factorsOf(loginOf('omakase', 'sms'))).toEqual(['sms', 'totp'])
  })

  it('B-17 of a company with one-time passwords is asked for at every way in, and at confirm pages', () => {
    const login = loginOf('sevenbank', 'totp')
    expect(factorsAtLogin(login, false)).toEqual(['totp'])
    expect(factorsAtLogin(login, true)).toEqual(['totp'])
    expect(asksOtpAtConfirm(login)).toBe(true)
    expect(asksOtpAtConfirm(loginOf('sevenbank', 'sms'))).toBe(false)
  })

  it('B-19 of the recommended preset: none beside a certificate, a passkey and nothing else in its place', () => {
    const login = loginOf('recommended')
    expect(factorsAtLogin(login, true)).toEqual([])
    expect(factorsAtLogin(login, false)).toEqual(['passkey'])
    expect(factorsOf(login)).toEqual(['passkey', 'totp'])
  })

  it('A-01 is none in every preset whose manual has none', () => {
    for (const preset of presetNames.filter(name => name !== 'recommended'))
      for (const byCertificate of [true, false])
        expect(factorsAtLogin(presetOf(preset).login, byCertificate), preset).toEqual([])
  })
})
