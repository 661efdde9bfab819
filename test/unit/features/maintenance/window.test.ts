import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { closedServices, isWithin, type ServiceWindow } from '../../../../src/features/maintenance/window.ts'
import { type BusinessDay, startOf } from '../../../../src/kernel/business-day.ts'
import { dayAndTime, dayAndTimeOfEnd, momentAt, parseTimeOfDay } from '../../../../src/kernel/time-of-day.ts'

const day = (text: string) => text as BusinessDay
const at = (text: string) => new Date(`${text}+09:00`)
const window = (serviceCode: string | null, from: string, to: string): ServiceWindow => ({
  serviceCode,
  startsAt: at(from),
  endsAt: at(to),
})

describe('a time of day', () => {
  it('G-01 24:00 is the next day’s 0:00, and is said as the end of its own day', () => {
    const end = momentAt(day('2022-09-25'), parseTimeOfDay('24:00') ?? 0)
    expect(end).toEqual(at('2022-09-26T00:00:00'))
    expect(dayAndTimeOfEnd(end)).toEqual({ day: '2022-09-25', time: '24:00' })
    expect(dayAndTime(end)).toEqual({ day: '2022-09-26', time: '0:00' })
  })

  it('G-01 what is no time of a day is none', () => {
    for (const text of ['', '9', '24:01', '25:00', '9:60', '9:5', '-1:00', '9:00 AM', '99:99', '9.00'])
      expect(parseTimeOfDay(text)).toBeUndefined()
    expect(parseTimeOfDay('０９：３０')).toBe(570)
  })

  it('G-01 every minute of every day comes back as it was typed, as a beginning and as an end', () => {
    const anyDay = fc
      .integer({ min: 0, max: 40_000 })
      .map(n => new Date(n * 86_400_000).toISOString().slice(0, 10))
    fc.assert(
      fc.property(anyDay, fc.integer({ min: 0, max: 1439 }), (text, minutes) => {
        const start = dayAndTime(momentAt(day(text), minutes))
        expect(momentAt(start.day, parseTimeOfDay(start.time) ?? -1)).toEqual(momentAt(day(text), minutes))
        expect(start.day).toBe(text)
        const end = dayAndTimeOfEnd(momentAt(day(text), minutes + 1))
        expect(end.day).toBe(text)
        expect(parseTimeOfDay(end.time)).toBe(minutes + 1)
      }),
    )
  })
})

const minute = fc.integer({ min: 0, max: 600 })
const anyWindow: fc.Arbitrary<ServiceWindow> = fc.record({
  serviceCode: fc.constantFrom('a', 'b', null),
  startsAt: minute.map(m => momentAt(day('2026-11-20'), m)),
  endsAt: minute.map(m => momentAt(day('2026-11-20'), m)),
})

describe('closed services', () => {
  it('G-01 are closed from the first moment of a window up to its last, over midnight too', () => {
    const windows = [window('history', '2022-09-30T17:00:00', '2022-10-01T17:00:00')]
    const closed = (text: string) => closedServices(windows, at(text)).get('history')
    expect(closed('2022-09-30T16:59:59')).toBeUndefined()
    expect(closed('2022-09-30T17:00:00')).toEqual(at('2022-10-01T17:00:00'))
    expect(closed('2022-10-01T00:00:00')).toEqual(at('2022-10-01T17:00:00'))
    expect(closed('2022-10-01T16:59:59')).toEqual(at('2022-10-01T17:00:00'))
    expect(closed('2022-10-01T17:00:00')).toBeUndefined()
  })

  it('G-01 windows that touch or overlap are one, in whatever order they were written', () => {
    const windows = [
      window('a', '2022-09-26T00:00:00', '2022-09-26T05:00:00'),
      window('a', '2022-09-25T22:00:00', '2022-09-26T00:00:00'),
      window('a', '2022-09-26T06:00:00', '2022-09-26T07:00:00'),
    ]
    expect(closedServices(windows, at('2022-09-25T23:00:00')).get('a')).toEqual(at('2022-09-26T05:00:00'))
  })

  it('G-01 a service is closed if and only if the moment lies in one of its windows, and opens outside them', () => {
    fc.assert(
      fc.property(fc.array(anyWindow, { maxLength: 8 }), minute, (windows, m) => {
        const now = momentAt(day('2026-11-20'), m)
        const closed = closedServices(windows, now)
        for (const code of ['a', 'b']) {
          const own = windows.filter(each => each.serviceCode === code && each.startsAt < each.endsAt)
          expect(closed.has(code)).toBe(own.some(each => isWithin(each, now)))
          const until = closed.get(code)
          if (until) expect(own.some(each => isWithin(each, until))).toBe(false)
        }
      }),
    )
  })

  it('G-01 a window that ends before it begins closes nothing', () => {
    const start = startOf(day('2026-11-20'))
    const windows = [{ serviceCode: 'a', startsAt: new Date(start.getTime() + 60_000), endsAt: start }]
    expect(closedServices(windows, start).size).toBe(0)
  })
})
