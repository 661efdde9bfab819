import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lifeOf, standingOf } from '../../../../src/features/certificates/certificate.ts'
import { dueNotice, noticeDays, wayBefore } from '../../../../src/features/certificates/expiry.ts'
import { daysLeft, isRenewable, renewalOpensAt } from '../../../../src/features/certificates/window.ts'
import { type BusinessDay, lastSecondOf, plusDays, startOf } from '../../../../src/kernel/business-day.ts'
import { isOver } from '../../../../src/kernel/clock.ts'
import { presetOf } from '../../../../src/policy/policy.ts'

const lastSecond = (day: string) => lastSecondOf(day as BusinessDay)
const beginning = (day: string) => startOf(day as BusinessDay)
const month = { months: 1 }
const thirtyDays = { days: 30 }

describe('the renewal window', () => {
  it('C-04 A-00 opens at 0:00 JST a calendar month before, clipped at the month’s end', () => {
    for (const [last, opens] of [
      ['2027-11-20', '2027-10-20'],
      ['2027-03-31', '2027-02-28'],
      ['2028-03-31', '2028-02-29'],
      ['2028-02-29', '2028-01-29'],
      ['2027-01-15', '2026-12-15'],
      ['2027-12-31', '2027-11-30'],
    ] as const)
      expect(renewalOpensAt(lastSecond(last), month)).toEqual(beginning(opens))
  })

  it('C-03 C-04 opens thirty days before for rokin, over leap days too', () => {
    for (const [last, opens] of [
      ['2027-11-20', '2027-10-21'],
      ['2028-03-15', '2028-02-14'],
      ['2027-03-15', '2027-02-13'],
    ] as const)
      expect(renewalOpensAt(lastSecond(last), thirtyDays)).toEqual(beginning(opens))
  })

  it('C-04 takes the first second and the last one of validity, and neither the one before nor the one after', () => {
    const notAfter = lastSecond('2028-02-29')
    const open = (instant: Date, seconds = 0) =>
      isRenewable(notAfter, month, new Date(instant.getTime() + seconds * 1000))
    expect(open(beginning('2028-01-29'), -1)).toBe(false)
    expect(open(beginning('2028-01-29'))).toBe(true)
    expect(open(notAfter)).toBe(true)
    // 23:59:59.999: still the last second.
    expect(open(notAfter, 0.999)).toBe(true)
    expect(open(notAfter, 1)).toBe(false)
  })

  it('B-02 a certificate is usable to the end of its last second', () => {
    const notAfter = lastSecond('2027-11-20')
    expect(isOver(notAfter, new Date(notAfter.getTime() + 999))).toBe(false)
    expect(isOver(notAfter, new Date(notAfter.getTime() + 1000))).toBe(true)
    const active = {
      state: 'active' as const,
      purpose: 'enrolment' as const,
      signedAt: beginning('2026-11-20'),
      notAfter,
      delivery: {},
    }
    expect(standingOf(active, new Date(notAfter.getTime() + 999))).toBe('usable')
    expect(standingOf(active, new Date(notAfter.getTime() + 1000))).toBe('expired')
  })
})

describe('the life of a certificate', () => {
  it('A-00 is 366 days counting the day of issue for rokin: the 366th is its last', () => {
    const { notAfter } = lifeOf(beginning('2026-11-20'), { days: 366 })
    expect(notAfter).toEqual(lastSecond('2027-11-20'))
    expect(lifeOf(beginning('2027-11-20'), { days: 366 }).notAfter).toEqual(lastSecond('2028-11-19'))
    // The last moment of a JST day still counts that day.
    expect(lifeOf(lastSecond('2026-11-20'), { days: 366 }).notAfter).toEqual(lastSecond('2027-11-20'))
  })

  it('A-00 issued on a leap day ends on 28 February of the next year', () => {
    expect(lifeOf(beginning('2028-02-29'), { months: 12 }).notAfter).toEqual(lastSecond('2029-02-28'))
  })
})

describe('notices of expiry', () => {
  it('C-06 are due at 30, 14, 7, 1 and 0 days and the day after, and the nearest one reached after days away', () => {
    expect([31, 30, 29, 15, 14, 8, 7, 2, 1, 0, -1, -7, -8].map(dueNotice)).toEqual([
      undefined,
      30,
      30,
      30,
      14,
      14,
      7,
      7,
      1,
      0,
      -1,
      -1,
      undefined,
    ])
  })

  it('C-06 C-04 each mail tells to renew when one can, over every last day of a leap year; else from when on', () => {
    const later: string[] = []
    for (const preset of ['shoko', 'rokin', 'prosrv', 'recommended'] as const) {
      const { certificate } = presetOf(preset)
      for (let day = 0; day < 366; day++) {
        const last = plusDays('2028-01-01' as BusinessDay, day)
        const notAfter = lastSecondOf(last)
        for (const left of noticeDays.filter(days => days >= 0)) {
          const now = startOf(plusDays(last, -left))
          const told = wayBefore(certificate, notAfter, now)
          expect(isRenewable(notAfter, certificate.renewalWindow, now)).toBe(told.way !== 'renewalLater')
          if (told.way !== 'renewalLater') continue
          expect(isRenewable(notAfter, certificate.renewalWindow, told.opensAt)).toBe(true)
          later.push(`${preset} ${left} ${last}`)
        }
      }
    }
    // February of a leap year has 29 days, and only the first mail comes before its window.
    expect(later).toContain('shoko 30 2028-03-15')
    expect(later.filter(each => !/ 30 2028-03-/.test(each))).toEqual([])
  })

  it('C-06 counts days of Japan, whatever the hour', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 86_399 }), fc.integer({ min: -10, max: 40 }), (second, days) => {
        const last = '2027-11-20' as BusinessDay
        const now = new Date(startOf(plusDays(last, -days)).getTime() + second * 1000)
        expect(daysLeft(lastSecondOf(last), now)).toBe(days)
        const due = dueNotice(days)
        if (due !== undefined) expect(noticeDays).toContain(due)
      }),
    )
  })
})
