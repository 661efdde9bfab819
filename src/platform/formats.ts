import type { Language } from './i18n.ts'

/** How times, days and money are written for people: always JST (I-01), whatever the machine's zone is. */
export type Formats = {
  /** `2026年11月20日 17時55分03秒` / `20 November 2026, 17:55:03 (JST)` — to the second, as B-10 asks. */
  dateTime: (at: Date) => string
  /** `2026/11/20 17:55:03` in both languages, for tables. */
  dateTimeCompact: (at: Date) => string
  /** `2026年11月20日` / `20 November 2026`; takes a moment, or a business day `YYYY-MM-DD`. */
  date: (at: Date | string) => string
  /** `1,234,567円` / `¥1,234,567`; whole yen. */
  yen: (amount: bigint | number) => string
}

const englishDay = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Asia/Tokyo',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
})
const digits = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

const tokyo = 9 * 3_600_000

// Japan is nine hours ahead of UTC, without summer time: arithmetic is a hundredth of what Intl takes for the twenty or
// fifty moments of a page.
const partsOf = (at: Date) => {
  const there = new Date(at.getTime() + tokyo)
  const two = (number: number) => String(number).padStart(2, '0')
  return {
    year: String(there.getUTCFullYear()),
    month: two(there.getUTCMonth() + 1),
    day: two(there.getUTCDate()),
    hour: two(there.getUTCHours()),
    minute: two(there.getUTCMinutes()),
    second: two(there.getUTCSeconds()),
  }
}

// A business day has no time: noon in Tokyo lies on that day in Tokyo whatever is done to it.
const momentOf = (at: Date | string): Date => (typeof at === 'string' ? new Date(`${at}T12:00:00+09:00`) : at)

const compact = (at: Date): string => {
  const { year, month, day, hour, minute, second } = partsOf(at)
  return `${year}/${month}/${day} ${hour}:${minute}:${second}`
}

const japaneseFormats: Formats = {
  dateTime: at => {
    const { year, month, day, hour, minute, second } = partsOf(at)
    return `${year}年${month}月${day}日 ${hour}時${minute}分${second}秒`
  },
  dateTimeCompact: compact,
  date: at => {
    const { year, month, day } = partsOf(momentOf(at))
    return `${year}年${Number(month)}月${Number(day)}日`
  },
  yen: amount => `${digits.format(amount)}円`,
}

const englishFormats: Formats = {
  dateTime: at => {
    const { hour, minute, second } = partsOf(at)
    return `${englishDay.format(at)}, ${hour}:${minute}:${second} (JST)`
  },
  dateTimeCompact: compact,
  date: at => englishDay.format(momentOf(at)),
  yen: amount => `¥${digits.format(amount)}`,
}

/** The formats of a language. */
export const formatsOf = (language: Language): Formats =>
  language === 'ja' ? japaneseFormats : englishFormats
