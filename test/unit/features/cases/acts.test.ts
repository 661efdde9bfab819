import { describe, expect, it } from 'vitest'
import { changedSince, hindranceOf } from '../../../../src/features/cases/acts.ts'
import {
  accessGivenBy,
  customerActs,
  isDoneAlone,
  takesAccessAway,
} from '../../../../src/features/cases/case.ts'
import { bankActs, type PresetName, presetNames, presetOf } from '../../../../src/policy/policy.ts'

type Facts = Parameters<typeof hindranceOf>[1]

const customer = (preset: PresetName, facts: Partial<Facts> = {}): Facts => ({
  contractEndedAt: null,
  serviceState: 'available',
  suspendedByBank: false,
  role: 'user',
  helpless: false,
  registrationDue: false,
  policy: presetOf(preset),
  locked: false,
  mayBeReleased: true,
  passwords: [],
  certificates: [],
  errands: false,
  passkeys: [],
  otp: null,
  liveSessions: 0,
  ...facts,
})

describe('the helpdesk’s acts', () => {
  it('H-04 each gives access or takes it away; what takes it away is one officer’s in every preset', () => {
    for (const act of customerActs) {
      expect([act, takesAccessAway(act)]).toEqual([act, accessGivenBy(act) === null])
      for (const preset of presetNames)
        if (takesAccessAway(act)) expect(isDoneAlone(act, presetOf(preset))).toBe(true)
    }
    expect(customerActs.filter(act => isDoneAlone(act, presetOf('recommended')))).toEqual(
      customerActs.filter(takesAccessAway),
    )
    for (const act of bankActs) expect(isDoneAlone(act, { byOneOfficer: [] })).toBe(false)
  })

  it('H-03 nothing is done for a deleted user', () => {
    for (const act of customerActs)
      expect(hindranceOf(act, customer('shoko', { serviceState: 'deleted' }))).toEqual({
        ok: false,
        reason: 'customer.deleted',
      })
  })

  it('H-06 of somebody whose company’s contract has ended, access is taken away and never given', () => {
    for (const act of customerActs) {
      const facts = { contractEndedAt: new Date(0), serviceState: 'available', errands: true } as const
      const reason = hindranceOf(act, customer('shoko', facts))?.reason
      if (takesAccessAway(act)) expect([act, reason]).not.toEqual([act, 'customer.contractEnded'])
      else expect([act, reason]).toEqual([act, 'customer.contractEnded'])
    }
    expect(
      hindranceOf(
        'certificate_revocation',
        customer('shoko', { contractEndedAt: new Date(0), errands: true }),
      ),
    ).toBeUndefined()
  })

  it('A-01 whom the bank helps with a forgotten password is the preset’s to say', () => {
    const reasonOf = (preset: PresetName, facts: Partial<Facts> = {}) =>
      hindranceOf('password_reset', customer(preset, facts))?.reason
    expect(reasonOf('shoko')).toBeUndefined()
    expect(reasonOf('shoko', { serviceState: 'blocked' })).toBeUndefined()
    expect(reasonOf('shoko', { serviceState: 'suspended' })).toBe('customer.suspended')
    expect(reasonOf('rokin')).toBe('customer.byAdministrator')
    expect(reasonOf('rokin', { role: 'administrator' })).toBeUndefined()
    expect(reasonOf('rokin', { role: 'administrator', registrationDue: true })).toBe(
      'customer.registrationDue',
    )
    expect(reasonOf('sevenbank', { role: 'administrator' })).toBe('customer.byAdministrator')
    expect(reasonOf('sevenbank', { role: 'administrator', helpless: true })).toBeUndefined()
    for (const preset of ['prosrv', 'omakase', 'recommended'] as const)
      expect(reasonOf(preset, { role: 'administrator', helpless: true })).toBe('customer.byMailLink')
  })

  it('H-03 what a company does not use is not issued to it', () => {
    const reasonOf = (preset: PresetName) => hindranceOf('acquisition_password', customer(preset))?.reason
    for (const preset of ['shoko', 'prosrv', 'recommended'] as const) expect(reasonOf(preset)).toBeUndefined()
    for (const preset of ['rokin', 'sevenbank', 'omakase'] as const)
      expect(reasonOf(preset)).toBe('acquisition-password.notUsed')
    for (const preset of presetNames)
      expect(hindranceOf('registration_reset', customer(preset, { role: 'administrator' }))?.reason).toBe(
        preset === 'rokin' ? undefined : 'customer.noRegistration',
      )
  })

  it('C-08 a new computer takes the place of one with a certificate', () => {
    const reasonOf = (state?: 'active' | 'revoked') =>
      hindranceOf(
        'new_computer',
        customer('shoko', {
          certificates: state
            ? [
                {
                  ...{ id: 'one', serial: '1', state, requestedAt: new Date(0), notAfter: null },
                  ...{ lastUsedAt: null, endReason: null },
                },
              ]
            : [],
        }),
      )?.reason
    expect([reasonOf(), reasonOf('revoked'), reasonOf('active')]).toEqual([
      'customer.noCertificate',
      'customer.noCertificate',
      undefined,
    ])
  })

  it('H-03 the bank resumes what the bank suspended, and nothing else', () => {
    const reasonOf = (facts: Partial<Facts>) =>
      hindranceOf('user_resumption', customer('shoko', facts))?.reason
    expect(reasonOf({})).toBe('customer.notSuspended')
    expect(reasonOf({ serviceState: 'suspended' })).toBe('customer.suspendedByCompany')
    expect(reasonOf({ serviceState: 'suspended', suspendedByBank: true })).toBeUndefined()
  })

  it('H-04 tells which facts a case stood on and has lost', () => {
    const before = { serviceState: 'available', role: 'user', email: 'a@example.jp' }
    expect(changedSince(before, before)).toEqual([])
    expect(changedSince(before, { ...before, email: 'b@example.jp', role: 'administrator' })).toEqual([
      'role',
      'email',
    ])
  })
})
