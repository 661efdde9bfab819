import { type BusinessDay, businessDayOf, plusDays, startOf } from './business-day.ts'
import { toHalfWidth } from './width.ts'

const minuteLength = 60_000

/** A time on a day as people write it, `H:MM` up to `24:00`, which is the next day's 0:00; undefined for anything else. */
export const parseTimeOfDay = (text: string): number | undefined => {
  const found = /^(\d{1,2}):(\d{2})$/.exec(toHalfWidth(text).trim())
  if (!found) return undefined
  const [hours, minutes] = [Number(found[1]), Number(found[2])]
  return minutes < 60 && hours * 60 + minutes <= 24 * 60 ? hours * 60 + minutes : undefined
}

/** The instant of so many minutes after a day's beginning in JST. */
export const momentAt = (day: BusinessDay, minutes: number): Date =>
  new Date(startOf(day).getTime() + minutes * minuteLength)

/** The JST day and time, `9:00`, of an instant. */
export const dayAndTime = (at: Date): { day: BusinessDay; time: string } => {
  const day = businessDayOf(at)
  return { day, time: timeText(Math.floor((at.getTime() - startOf(day).getTime()) / minuteLength)) }
}

/** The same for an end, which is no part of what it ends: midnight is the day's 24:00, not the next one's 0:00 (G-01). */
export const dayAndTimeOfEnd = (at: Date): { day: BusinessDay; time: string } => {
  const { day, time } = dayAndTime(at)
  return time === '0:00' ? { day: plusDays(day, -1), time: '24:00' } : { day, time }
}

const timeText = (minutes: number): string =>
  `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`
