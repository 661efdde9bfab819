import { describe, expect, it } from 'vitest'
import {
  after,
  type CertificateStep,
  downloadableUntil,
  lifeOf,
  overdueSince,
  progressOf,
  standingOf,
  statesBefore,
  unusedSince,
} from '../../../../src/features/certificates/certificate.ts'

const states = [
  'requested',
  'prepared',
  'signed',
  'delivered',
  'active',
  'void',
  'revoked',
  'superseded',
  'expired',
] as const
const steps: CertificateStep[] = [
  'prepare',
  'sign',
  'deliver',
  'use',
  'void',
  'revoke',
  'supersede',
  'expire',
]

/** C-10 as a table of its own: what is not in it is refused. */
const allowed: [string, CertificateStep, string][] = [
  ['requested', 'prepare', 'prepared'],
  ['requested', 'void', 'void'],
  ['prepared', 'sign', 'signed'],
  ['prepared', 'void', 'void'],
  ['signed', 'deliver', 'delivered'],
  ['signed', 'void', 'void'],
  ['signed', 'revoke', 'revoked'],
  ['signed', 'supersede', 'superseded'],
  ['signed', 'expire', 'expired'],
  ['delivered', 'deliver', 'delivered'],
  ['delivered', 'use', 'active'],
  ['delivered', 'void', 'void'],
  ['delivered', 'revoke', 'revoked'],
  ['delivered', 'supersede', 'superseded'],
  ['delivered', 'expire', 'expired'],
  ['active', 'use', 'active'],
  ['active', 'revoke', 'revoked'],
  ['active', 'supersede', 'superseded'],
  ['active', 'expire', 'expired'],
]

describe('the states of a certificate', () => {
  for (const state of states)
    for (const step of steps) {
      const [, , next] = allowed.find(([from, by]) => from === state && by === step) ?? []
      it(`C-10 ${state} by ${step} ${next ? `becomes ${next}` : 'is refused'}`, () => {
        expect(after(state, step)).toEqual(
          next
            ? { ok: true, value: next }
            : { ok: false, reason: 'certificate.state', params: { state, step } },
        )
      })
    }

  it('C-10 are asked for by the steps that leave them', () => {
    expect(statesBefore('sign')).toEqual(['prepared'])
    expect(statesBefore('void')).toEqual(['requested', 'prepared', 'signed', 'delivered'])
    expect(statesBefore('revoke')).toEqual(['signed', 'delivered', 'active'])
  })

  it('B-02 are worth a login only between delivery and end, and not a second longer than the certificate', () => {
    const notAfter = new Date('2027-11-20T14:59:59Z')
    const last = notAfter
    const late = new Date('2027-11-20T15:00:00Z')
    const handedOver = {
      purpose: 'enrolment' as const,
      signedAt: new Date('2026-11-20T00:00:00Z'),
      delivery: null,
    }
    expect(states.map(state => standingOf({ ...handedOver, state, notAfter }, last))).toEqual([
      'void',
      'void',
      'void',
      'usable',
      'usable',
      'void',
      'revoked',
      'superseded',
      'expired',
    ])
    expect(standingOf({ ...handedOver, state: 'active', notAfter }, late)).toBe('expired')
    expect(standingOf({ ...handedOver, state: 'revoked', notAfter }, late)).toBe('revoked')
  })
})

describe('the life of a certificate', () => {
  const notAfter = (issued: string) => lifeOf(new Date(issued), { months: 12 }).notAfter.toISOString()

  it('A-00 is a calendar year to the last second of the same day', () => {
    expect(notAfter('2026-11-20T08:55:03+09:00')).toBe('2027-11-20T14:59:59.000Z')
  })

  it('A-00 counts from the day in Japan', () => {
    expect(notAfter('2026-11-20T23:59:59.999+09:00')).toBe('2027-11-20T14:59:59.000Z')
    expect(notAfter('2026-11-21T00:00:00+09:00')).toBe('2027-11-21T14:59:59.000Z')
  })

  it('A-00 is clipped at the end of February when it begins on a leap day', () => {
    expect(notAfter('2028-02-29T12:00:00+09:00')).toBe('2029-02-28T14:59:59.000Z')
    expect(notAfter('2027-02-28T12:00:00+09:00')).toBe('2028-02-28T14:59:59.000Z')
  })

  it('A-00 is clipped at the end of shorter months', () => {
    const end = (issued: string, months: number) =>
      lifeOf(new Date(issued), { months }).notAfter.toISOString()
    expect(end('2027-01-31T12:00:00+09:00', 1)).toBe('2027-02-28T14:59:59.000Z')
    expect(end('2027-08-31T12:00:00+09:00', 1)).toBe('2027-09-30T14:59:59.000Z')
    expect(end('2027-08-31T12:00:00+09:00', 24)).toBe('2029-08-31T14:59:59.000Z')
  })

  it('begins five minutes back, for computers whose clock is slow', () => {
    expect(lifeOf(new Date('2026-11-20T08:55:03Z'), { months: 12 }).notBefore.toISOString()).toBe(
      '2026-11-20T08:50:03.000Z',
    )
  })
})

describe('the download', () => {
  const readyAt = new Date('2026-11-20T08:00:00Z')
  const open = { state: 'signed', readyAt, erasedAt: null } as const
  const at = (time: string) => new Date(`2026-11-20T${time}Z`)

  it('C-11 is open for 30 minutes to the second', () => {
    expect(downloadableUntil(readyAt)).toEqual(at('08:30:00'))
    expect(progressOf(open, at('08:29:59.999'))).toBe('ready')
    expect(progressOf(open, at('08:30:00'))).toBe('gone')
    expect(overdueSince(at('08:30:00'))).toEqual(readyAt)
  })

  it('C-11 stays open after a first download and ends with the first login', () => {
    expect(progressOf({ ...open, state: 'delivered' }, at('08:10:00'))).toBe('ready')
    expect(progressOf({ ...open, state: 'active', erasedAt: at('08:05:00') }, at('08:10:00'))).toBe('gone')
    expect(progressOf({ ...open, state: 'active' }, at('08:10:00'))).toBe('gone')
  })

  it('C-02 is waited for until the file is there, in every state before it', () => {
    for (const state of ['requested', 'prepared', 'signed'] as const)
      expect(progressOf({ state, readyAt: null, erasedAt: null }, at('09:00:00'))).toBe('issuing')
    expect(progressOf({ state: 'void', readyAt: null, erasedAt: null }, at('09:00:00'))).toBe('gone')
  })

  it('C-11 gives a certificate seven calendar days in Japan to be used', () => {
    // Requested on the 13th: usable to the end of the 20th.
    const requested = new Date('2026-11-13T00:00:00+09:00')
    expect(requested < unusedSince(new Date('2026-11-20T23:59:59+09:00'))).toBe(false)
    expect(requested < unusedSince(new Date('2026-11-21T00:00:00+09:00'))).toBe(true)
  })

  it('C-11 has it void by the clock, whether or not the job that writes it down has run', () => {
    const unused = {
      state: 'delivered' as const,
      purpose: 'enrolment' as const,
      signedAt: new Date('2026-11-13T00:00:00+09:00'),
      notAfter: new Date('2027-11-13T23:59:59+09:00'),
      delivery: {},
    }
    const late = new Date('2026-11-21T00:00:00+09:00')
    expect(standingOf(unused, new Date('2026-11-20T23:59:59+09:00'))).toBe('usable')
    expect(standingOf(unused, late)).toBe('void')
    expect(standingOf({ ...unused, purpose: 'reissue' }, late)).toBe('void')
    // One that was used, a renewed one, and one handed over directly are left.
    expect(standingOf({ ...unused, state: 'active' }, late)).toBe('usable')
    expect(standingOf({ ...unused, purpose: 'renewal' }, late)).toBe('usable')
    expect(standingOf({ ...unused, delivery: null }, late)).toBe('usable')
  })
})
