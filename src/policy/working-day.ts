import calendar from '@holiday-jp/holiday_jp'
import { type BusinessDay, plusDays } from '../kernel/business-day.ts'

/** Whether a day is a Saturday, a Sunday or a public holiday of Japan. */
export const isDayOff = (day: BusinessDay): boolean => {
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay()
  return weekday === 0 || weekday === 6 || Object.hasOwn(calendar.holidays, day)
}

/**
 * Whether the bank works on a day: Monday to Friday, no public holiday, not 31 December to 3 January. A bank may have no other
 * holidays (銀行法 article 15, its 施行令 article 5): on a day on which only the helpdesk is closed (H-07) officers decide (H-04).
 */
export const isWorkingDay = (day: BusinessDay): boolean =>
  !isDayOff(day) && !['12-31', '01-01', '01-02', '01-03'].includes(day.slice(5))

/** The first working day after a day. */
export const nextWorkingDay = (day: BusinessDay): BusinessDay => {
  let next = plusDays(day, 1)
  while (!isWorkingDay(next)) next = plusDays(next, 1)
  return next
}
