import { describe, expect, it } from 'vitest'
import { readHoursForm, valuesOf } from '../../../../src/features/helpdesk-hours/forms.ts'
import {
  answeringAt,
  type HelpdeskHours,
  yearlySpans,
} from '../../../../src/features/helpdesk-hours/hours.ts'
import { helpdeskNotice, hoursSentence } from '../../../../src/features/helpdesk-hours/words.ts'
import type { BusinessDay } from '../../../../src/kernel/business-day.ts'
import { createTranslations } from '../../../../src/platform/i18n.ts'

const hours: HelpdeskHours = {
  version: 1,
  opensAt: 540,
  closesAt: 1080,
  phone: null,
  yearlyClosed: ['01-01', '01-02', '01-03', '12-31'],
  closedDays: ['2026-11-24' as BusinessDay],
}
const at = (text: string) => new Date(`${text}+09:00`)
const next = (text: string, given = hours) => {
  const answering = answeringAt(given, at(text))
  return answering.open ? 'open' : (answering.next?.toISOString() ?? 'never')
}
const translations = createTranslations({
  root: 'locales',
  onMissingKey: (_language, key) => {
    throw new Error(`no words for ${key}`)
  },
})

describe('H-07 when the helpdesk answers', () => {
  it('from the first second of opening until the last before closing, on weekdays, in Japan', () => {
    expect(next('2026-11-20T08:59:59')).toBe(at('2026-11-20T09:00:00').toISOString())
    expect(next('2026-11-20T09:00:00')).toBe('open')
    expect(next('2026-11-20T17:59:59')).toBe('open')
  })

  it('not at closing time, on weekends, on a holiday, on a day closed besides, or at the turn of the year', () => {
    // Friday evening: the weekend, 勤労感謝の日 on Monday and the day closed besides lie between.
    expect(next('2026-11-20T18:00:00')).toBe(at('2026-11-25T09:00:00').toISOString())
    expect(next('2026-11-21T12:00:00')).toBe(at('2026-11-25T09:00:00').toISOString())
    expect(next('2026-12-30T18:00:00')).toBe(at('2027-01-04T09:00:00').toISOString())
    expect(next('2026-12-31T10:00:00')).toBe(at('2027-01-04T09:00:00').toISOString())
  })

  it('never where every day is closed, and says so', () => {
    const days = Array.from({ length: 366 }, (_, n) =>
      new Date(Date.UTC(2024, 0, 1 + n)).toISOString().slice(5, 10),
    )
    const closed = { ...hours, yearlyClosed: days }
    expect(next('2026-11-20T10:00:00', closed)).toBe('never')
    const reader = { t: translations('ja'), language: 'ja' as const }
    expect(helpdeskNotice(reader, closed, at('2026-11-20T10:00:00')).closedNow).toBe(
      'ただいま受付を行っていません。',
    )
    expect(yearlySpans(days)).toEqual([])
  })

  it('in words of both languages', () => {
    const said = (language: 'ja' | 'en', text: string) =>
      helpdeskNotice({ t: translations(language), language }, hours, at(text))
    expect(said('ja', '2026-11-20T10:00:00')).toEqual({
      hours: '平日 9:00～18:00（土曜・日曜、祝日、12月31日～1月3日を除きます）',
    })
    expect(said('ja', '2026-11-20T18:00:00').closedNow).toBe(
      'ただいま受付時間外です。次の受付は11月25日（水）9:00からです。',
    )
    expect(said('en', '2026-11-20T18:00:00').closedNow).toContain('Wed 25 November, 9:00 (JST)')
    expect(hoursSentence({ t: translations('en'), language: 'en' }, hours)).toContain(
      '31 December – 3 January',
    )
  })
})

describe('H-07 what the bank types', () => {
  it('comes back as it was stored', () => {
    expect(readHoursForm(valuesOf(hours)).hours).toEqual(hours)
  })

  it('is taken in full width and with spaces, and each mistake is said at its field', () => {
    const values = {
      ...valuesOf(hours),
      opensAt: '８：３０',
      phone: '０１２０-000-000',
      closedDays: ' 2027-05-06 ',
    }
    expect(readHoursForm(values).hours).toMatchObject({
      opensAt: 510,
      phone: '0120-000-000',
      closedDays: ['2027-05-06'],
    })
    const wrong = {
      version: 1,
      opensAt: '18:00',
      closesAt: '9:00',
      phone: 'x',
      yearlyClosed: '02-30',
      closedDays: '2027-02-29',
    }
    expect(readHoursForm(wrong).problems.map(({ field }) => field)).toEqual([
      'closesAt',
      'phone',
      'yearlyClosed',
      'closedDays',
    ])
    expect(readHoursForm({ ...wrong, opensAt: '25:00' }).problems[0]?.field).toBe('opensAt')
  })
})
