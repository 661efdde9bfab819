import { expect, it } from 'vitest'
import type { BusinessDay } from '../../../../src/kernel/business-day.ts'
import { calendarFile } from '../../../../src/platform/mail/calendar.ts'

const file = (at: string) =>
  calendarFile({
    uid: 'certificate.expiring-c0ffee@sekisho',
    day: '2027-11-20' as BusinessDay,
    summary: '電子証明書の有効期限',
    description: '山田, 太郎; 様',
    at: new Date(at),
  })

it('C-06 the calendar file is one whole day that takes no time, with a reminder, and a later one replaces it', () => {
  const first = file('2027-10-21T00:00:00Z')
  for (const line of [
    'BEGIN:VCALENDAR',
    'METHOD:PUBLISH',
    'UID:certificate.expiring-c0ffee@sekisho',
    'DTSTART;VALUE=DATE:20271120',
    'TRANSP:TRANSPARENT',
    'SUMMARY:電子証明書の有効期限',
    'TRIGGER:-P7D',
    'DESCRIPTION:山田\\, 太郎\\; 様',
  ])
    expect(first.split('\r\n')).toContain(line)
  const sequence = (text: string) => Number(/SEQUENCE:(\d+)/.exec(text)?.[1])
  expect(sequence(file('2027-11-06T00:00:00Z'))).toBeGreaterThan(sequence(first))
})
