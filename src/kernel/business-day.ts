/**
 * A day of Japanese business: a calendar day in Japan Standard Time, `YYYY-MM-DD`. Japan has no summer time, so a
 * day is always 24 hours that begin at 15:00 UTC of the day before.
 */
export type BusinessDay = string & { readonly businessDay: unique symbol }

const jstOffset = 9 * 3_600_000
const dayLength = 86_400_000

/** The JST day that an instant falls on. */
export const businessDayOf = (instant: Date): BusinessDay =>
  new Date(instant.getTime() + jstOffset).toISOString().slice(0, 10) as BusinessDay

/** The instant at which a day begins in JST. */
export const startOf = (day: BusinessDay): Date => new Date(Date.parse(`${day}T00:00:00.000Z`) - jstOffset)

/** The last second of a day in JST, 23:59:59. */
export const lastSecondOf = (day: BusinessDay): Date => new Date(startOf(day).getTime() + dayLength - 1000)

export const plusDays = (day: BusinessDay, days: number): BusinessDay =>
  new Date(Date.parse(`${day}T00:00:00.000Z`) + days * dayLength).toISOString().slice(0, 10) as BusinessDay

/** Calendar months, clipped at the month's end: 31 January plus one month is 28 or 29 February. */
export const plusMonths = (day: BusinessDay, months: number): BusinessDay => {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  const first = new Date(Date.UTC(year, month - 1 + months, 1))
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate()
  first.setUTCDate(Math.min(date, last))
  return first.toISOString().slice(0, 10) as BusinessDay
}

/** How many days from one day to another; negative when `to` comes first. */
export const daysBetween = (from: BusinessDay, to: BusinessDay): number =>
  Math.round((Date.parse(to) - Date.parse(from)) / dayLength)

/** A day as a `date` column takes and gives it: midnight UTC of the same calendar day. */
export const toColumn = (day: BusinessDay): Date => new Date(`${day}T00:00:00.000Z`)
export const fromColumn = (date: Date): BusinessDay => date.toISOString().slice(0, 10) as BusinessDay

/** A day from text typed or picked by a person; undefined when there is no such day. */
export const parseBusinessDay = (text: string): BusinessDay | undefined => {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined
  const date = new Date(`${text}T00:00:00.000Z`)
  return Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== text
    ? undefined
    : (text as BusinessDay)
}
