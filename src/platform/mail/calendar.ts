import ical, {
  ICalAlarmType,
  ICalCalendarMethod,
  ICalEventBusyStatus,
  ICalEventTransparency,
} from 'ical-generator'
import { type BusinessDay, startOf } from '../../kernel/business-day.ts'

/** A day to be put into a calendar. `uid` stays the same for the same matter: a later file replaces the earlier. */
export type CalendarDay = {
  uid: string
  day: BusinessDay
  summary: string
  description: string
  /** When the file was made. */
  at: Date
}

/** Days before the day on which calendars remind of it. */
const reminderDays = 7

/** A calendar file (RFC 5545) with one whole day, which takes no time from anybody and reminds a week before. */
export const calendarFile = ({ uid, day, summary, description, at }: CalendarDay): string => {
  const calendar = ical({
    prodId: { company: 'Sekisho', product: 'Portal' },
    method: ICalCalendarMethod.PUBLISH,
  })
  const event = calendar.createEvent({
    id: uid,
    // A day in a calendar belongs to no zone: its date is all that is written.
    start: new Date(`${day}T00:00:00Z`),
    allDay: true,
    summary,
    description,
    stamp: at,
    // A later file must have a higher number to replace the earlier one.
    sequence: Math.floor(at.getTime() / 1000 - startOf('2026-01-01' as BusinessDay).getTime() / 1000),
    busystatus: ICalEventBusyStatus.FREE,
    transparency: ICalEventTransparency.TRANSPARENT,
  })
  event.createAlarm({ type: ICalAlarmType.display, trigger: reminderDays * 86_400, description: summary })
  return calendar.toString()
}
