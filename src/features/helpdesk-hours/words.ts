import type { Language, Translate } from '../../platform/i18n.ts'
import { answeringAt, type HelpdeskHours, yearlySpans } from './hours.ts'

/** Minutes after midnight as a time, `9:00`. */
export const timeText = (minutes: number): string =>
  `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`

type Reader = { t: Translate; language: Language }

const formats = (options: Intl.DateTimeFormatOptions): Record<Language, Intl.DateTimeFormat> => ({
  ja: new Intl.DateTimeFormat('ja-JP', options),
  en: new Intl.DateTimeFormat('en-GB', options),
})
// Made once: one takes longer than all else that a page says of the helpdesk.
const daysOfYear = formats({ month: 'long', day: 'numeric', timeZone: 'UTC' })
const days = formats({ month: 'long', day: 'numeric', timeZone: 'Asia/Tokyo' })
const weekdays = formats({ weekday: 'short', timeZone: 'Asia/Tokyo' })

/** `12-31` as 「12月31日」. */
export const dayOfYear = ({ language }: { language: Language }, date: string): string =>
  daysOfYear[language].format(new Date(`2024-${date}T00:00:00Z`))

const moment = ({ t, language }: Reader, at: Date): string => {
  const minutes = Math.floor(((at.getTime() + 9 * 3_600_000) % 86_400_000) / 60_000)
  return t('common.helpdesk.moment', {
    day: days[language].format(at),
    weekday: weekdays[language].format(at),
    time: timeText(minutes),
  })
}

/** The hours in a sentence: weekdays, from when to when, and when not (H-07). */
export const hoursSentence = (reader: Reader, hours: HelpdeskHours): string => {
  const { t } = reader
  const closed = yearlySpans(hours.yearlyClosed).map(({ from, to }) =>
    from === to
      ? dayOfYear(reader, from)
      : t('common.helpdesk.span', { from: dayOfYear(reader, from), to: dayOfYear(reader, to) }),
  )
  return t('common.helpdesk.hoursOf', {
    opens: timeText(hours.opensAt),
    closes: timeText(hours.closesAt),
    closed: [t('common.helpdesk.daysOff'), ...closed].join(t('common.helpdesk.separator')),
  })
}

type Notice = { phone?: string; hours: string; closedNow?: string }

/** Every page says it, and within one minute all say the same; the hours are read anew every half minute. */
const said = new WeakMap<HelpdeskHours, Partial<Record<Language, { minute: number; notice: Notice }>>>()

/** Whom to call and when, and, while nobody answers, when next: for the frame of a page. */
export const helpdeskNotice = (reader: Reader, hours: HelpdeskHours, now: Date): Notice => {
  const minute = Math.floor(now.getTime() / 60_000)
  const known = said.get(hours) ?? {}
  const last = known[reader.language]
  if (last?.minute === minute) return last.notice
  const notice = noticeAt(reader, hours, now)
  said.set(hours, { ...known, [reader.language]: { minute, notice } })
  return notice
}

const noticeAt = (reader: Reader, hours: HelpdeskHours, now: Date): Notice => {
  const answering = answeringAt(hours, now)
  return {
    hours: hoursSentence(reader, hours),
    ...(hours.phone && { phone: hours.phone }),
    ...(!answering.open && {
      closedNow: answering.next
        ? reader.t('common.helpdesk.closedNow', { at: moment(reader, answering.next) })
        : reader.t('common.helpdesk.closed'),
    }),
  }
}
