import { type BusinessDay, businessDayOf, plusDays } from '../../kernel/business-day.ts'
import { momentAt } from '../../kernel/time-of-day.ts'
import { isDayOff } from '../../policy/working-day.ts'

/** When the helpdesk is there to be called (H-07): on weekdays that are no public holidays, in Japan's time. */
export type HelpdeskHours = {
  version: number
  /** Minutes after midnight. */
  opensAt: number
  closesAt: number
  phone: string | null
  /** Closed each year, `MM-DD`. */
  yearlyClosed: readonly string[]
  /** Closed besides. */
  closedDays: readonly BusinessDay[]
}

/** Whether the helpdesk opens on a day at all. */
export const isOpenDay = (hours: HelpdeskHours, day: BusinessDay): boolean =>
  !isDayOff(day) && !hours.yearlyClosed.includes(day.slice(5)) && !hours.closedDays.includes(day)

/** Further than this nobody looks for the next open day: every day of a year may be closed. */
const furthestDays = 366

/** Whether somebody answers now, and otherwise when next; null where no day of the coming year is open. */
export const answeringAt = (
  hours: HelpdeskHours,
  now: Date,
): { open: true } | { open: false; next: Date | null } => {
  const today = businessDayOf(now)
  if (isOpenDay(hours, today)) {
    const opens = momentAt(today, hours.opensAt)
    if (now < opens) return { open: false, next: opens }
    if (now < momentAt(today, hours.closesAt)) return { open: true }
  }
  let day = today
  for (let n = 0; n < furthestDays; n++) {
    day = plusDays(day, 1)
    if (isOpenDay(hours, day)) return { open: false, next: momentAt(day, hours.opensAt) }
  }
  return { open: false, next: null }
}

const nextOfYear = (date: string): string => plusDays(`2024-${date}` as BusinessDay, 1).slice(5)

/** Days of each year as spans, `12-31` to `01-03` as one, for people to read. */
export const yearlySpans = (days: readonly string[]): { from: string; to: string }[] => {
  const closed = new Set(days)
  const follows = new Set([...closed].map(nextOfYear))
  const begins = [...closed].filter(day => !follows.has(day))
  return begins.sort().map(from => {
    let to = from
    while (closed.has(nextOfYear(to)) && nextOfYear(to) !== from) to = nextOfYear(to)
    return { from, to }
  })
}
