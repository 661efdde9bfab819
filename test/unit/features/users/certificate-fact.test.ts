import { describe, expect, it } from 'vitest'
import type { StandingFacts } from '../../../../src/features/certificates/index.ts'
import { certificateFact } from '../../../../src/features/users/queries.ts'

const now = new Date('2026-11-20T03:00:00Z')
const day = (text: string) => new Date(`${text}T14:59:59Z`)
const certificate = (changed: Partial<StandingFacts>): StandingFacts => ({
  state: 'active',
  purpose: 'enrolment',
  signedAt: new Date('2026-11-19T03:00:00Z'),
  notAfter: day('2027-11-19'),
  delivery: {},
  ...changed,
})
const usable = certificate({ notAfter: day('2026-12-05') })

describe('D-01, E-06 which certificate stands for a user', () => {
  it.each([
    ['a renewed one that was never fetched', { state: 'signed', purpose: 'renewal' }],
    ['one under way', { state: 'requested', signedAt: null, notAfter: null }],
    ['one left unused for more than seven days', { state: 'delivered', signedAt: day('2026-11-10') }],
    ['one that is void', { state: 'void' }],
    ['one that was revoked', { state: 'revoked' }],
    ['one that has ended', { state: 'active', notAfter: day('2026-11-19') }],
  ] as const)('the usable one, whatever is newer: %s', (_what, newer) => {
    expect(certificateFact([certificate(newer), usable], now)).toEqual({
      standing: 'usable',
      notAfter: usable.notAfter,
    })
  })

  it('of two that work the newer one, which lasts longer (C-05)', () => {
    const renewed = certificate({ state: 'delivered', purpose: 'renewal' })
    expect(certificateFact([renewed, usable], now)).toEqual({
      standing: 'usable',
      notAfter: renewed.notAfter,
    })
  })

  it('the newest where none works, and none where there is none', () => {
    const ended = certificate({ notAfter: day('2026-11-19') })
    const revoked = certificate({ state: 'revoked' })
    expect(certificateFact([revoked, ended], now).standing).toBe('revoked')
    expect(certificateFact([ended, revoked], now).standing).toBe('expired')
    expect(certificateFact([certificate({ state: 'prepared' }), revoked], now).standing).toBe('issuing')
    expect(certificateFact([], now)).toEqual({ standing: 'none', notAfter: null })
  })
})
