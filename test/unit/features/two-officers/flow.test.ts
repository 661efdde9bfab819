import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type CaseStanding,
  decisions,
  endOfWaiting,
  stateAfter,
  stateOf,
} from '../../../../src/features/two-officers/flow.ts'

const officers = ['preparer', 'approver', 'other'] as const
const now = new Date('2026-11-20T03:00:00Z')

const tries = fc.array(
  fc.record({
    decision: fc.constantFrom(...decisions),
    officer: fc.constantFrom(...officers),
    mayApprove: fc.boolean(),
    minutes: fc.integer({ min: 0, max: 30 * 24 * 60 }),
  }),
  { maxLength: 12 },
)

describe('a case that takes two officers', () => {
  it('H-04 is decided once at most, never by the officer who prepared it, and never after its time', () => {
    fc.assert(
      fc.property(tries, attempts => {
        let standing: CaseStanding = {
          state: 'prepared',
          preparedById: 'preparer',
          expiresAt: endOfWaiting(now),
        }
        let changes = 0
        for (const { decision, officer, mayApprove, minutes } of attempts) {
          const at = new Date(now.getTime() + minutes * 60_000)
          const next = stateAfter(standing, decision, { id: officer, mayApprove }, at)
          if (!next.ok) continue
          changes++
          expect(stateOf(standing, at)).toBe('prepared')
          expect(next.value === 'withdrawn').toBe(officer === 'preparer')
          if (next.value !== 'withdrawn') expect(mayApprove).toBe(true)
          standing = { ...standing, state: next.value }
        }
        expect(changes).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('H-04 says why a decision can’t be', () => {
    const standing: CaseStanding = { state: 'prepared', preparedById: 'a', expiresAt: now }
    const late = new Date(now.getTime() + 1)
    const may = { id: 'b', mayApprove: true }
    expect(stateAfter(standing, 'approve', may, now)).toEqual({ ok: true, value: 'done' })
    expect(stateAfter(standing, 'approve', may, late)).toEqual({ ok: false, reason: 'case.expired' })
    const suspended = { ...standing, preparerOut: true }
    expect(stateAfter(suspended, 'approve', may, now)).toMatchObject({ reason: 'case.preparerOut' })
    expect(stateAfter(suspended, 'reject', may, now)).toMatchObject({ value: 'rejected' })
    expect(stateAfter(standing, 'approve', { id: 'a', mayApprove: true }, now)).toMatchObject({
      reason: 'case.sameOfficer',
    })
    expect(stateAfter(standing, 'reject', { id: 'b', mayApprove: false }, now)).toMatchObject({
      reason: 'access.forbidden',
    })
    for (const decision of decisions)
      expect(stateAfter({ ...standing, aboutOfficerId: 'b' }, decision, may, now)).toMatchObject({
        reason: 'staff.own',
      })
    expect(stateAfter({ ...standing, aboutOfficerId: 'c' }, 'reject', may, now)).toMatchObject({ ok: true })
    expect(stateAfter(standing, 'withdraw', may, now)).toMatchObject({ reason: 'case.notOwn' })
    expect(stateAfter({ ...standing, state: 'done' }, 'approve', may, now)).toMatchObject({
      reason: 'case.decided',
    })
  })

  it('H-04 waits until the end of the fifth working day, JST, over weekends and holidays', () => {
    // Friday 20 November 2026; Monday the 23rd is 勤労感謝の日.
    expect(endOfWaiting(now)).toEqual(new Date('2026-11-30T14:59:59Z'))
  })
})
