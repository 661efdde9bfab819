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
const days = formats({ month: 'long', day: 'numeric', weekday: 'short', timeZone: 'Asia/Tokyo' })

const dayOfYear = ({ language }: Reader, date: string): string =>
  daysOfYear[language].format(new Date(`2024-${date}T00:00:00Z`))

const moment = ({ t, language }: Reader, at: Date): string => {
  const minutes = Math.floor(((at.getTime() + 9 * 3_600_000) % 86_400_000) / 60_000)
  return t('common.helpdesk.moment', { day: days[language].format(at), time: timeText(minutes) })
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

/** Every page says it, and it changes only with the hours: they are read anew every half minute. */
const said = new WeakMap<HelpdeskHours, Partial<Record<Language, string>>>()

const sentenceOnce = (reader: Reader, hours: HelpdeskHours): string => {
  const before = said.get(hours) ?? {}
  said.set(hours, before)
  before[reader.language] ??= hoursSentence(reader, hours)
  return before[reader.language] ?? ''
}

/** Whom to call and when, and, while nobody answers, when next: for the frame of a page. */
export const helpdeskNotice = (
  reader: Reader,
  hours: HelpdeskHours,
  now: Date,
): { phone?: string; hours: string; closedNow?: string } => {
  const answering = answeringAt(hours, now)
  return {
    hours: sentenceOnce(reader, hours),
    ...(hours.phone && { phone: hours.phone }),
    ...(!answering.open && {
      closedNow: answering.next
        ? reader.t('common.helpdesk.closedNow', { at: moment(reader, answering.next) })
        : reader.t('common.helpdesk.closed'),
    }),
  }
}
