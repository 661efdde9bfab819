import calendar from '@holiday-jp/holiday_jp'
import { type BusinessDay, plusDays } from '../kernel/business-day.ts'

/** Whether the bank works on a day: Monday to Friday, no public holiday, not 31 December to 3 January (H-07). */
export const isWorkingDay = (day: BusinessDay): boolean => {
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay()
  const date = day.slice(5)
  return (
    weekday !== 0 &&
    weekday !== 6 &&
    !['12-31', '01-01', '01-02', '01-03'].includes(date) &&
    !Object.hasOwn(calendar.holidays, day)
  )
}

/** The first working day after a day. */
export const nextWorkingDay = (day: BusinessDay): BusinessDay => {
  let next = plusDays(day, 1)
  while (!isWorkingDay(next)) next = plusDays(next, 1)
  return next
}
