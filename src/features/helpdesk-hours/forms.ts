import { z } from 'zod'
import { type BusinessDay, parseBusinessDay } from '../../kernel/business-day.ts'
import { parseTimeOfDay } from '../../kernel/time-of-day.ts'
import { toHalfWidth } from '../../kernel/width.ts'
import type { HelpdeskHours } from './hours.ts'
import { timeText } from './words.ts'

// However long: what is cut off or blanked here would clear a list of days, and say that it was registered.
const typed = z.string().catch('')
export const hoursForm = z.object({
  version: z.coerce.number().int().positive().catch(0),
  opensAt: typed,
  closesAt: typed,
  phone: typed,
  yearlyClosed: typed,
  closedDays: typed,
})
export type HoursValues = z.output<typeof hoursForm>

/** More than a year's days is no list of exceptions. */
const mostDays = 400

export const valuesOf = (hours: HelpdeskHours): HoursValues => ({
  version: hours.version,
  opensAt: timeText(hours.opensAt),
  closesAt: timeText(hours.closesAt),
  phone: hours.phone ?? '',
  yearlyClosed: hours.yearlyClosed.join('\n'),
  closedDays: hours.closedDays.join('\n'),
})

export type HoursProblem = {
  field: keyof HoursValues
  reason: string
  params?: Record<string, string | number>
  /** The key of the field's label, where another field may make the same mistake (I-03). */
  at?: string
}

/** Days as they are typed, one a line; with slashes as on the other pages, or with hyphens. */
const linesOf = (text: string): string[] =>
  toHalfWidth(text)
    .replaceAll('/', '-')
    .split(/[\s,、]+/)
    .filter(line => line !== '')

/** What was typed as hours, or each mistake at its field. */
export const readHoursForm = (
  values: HoursValues,
): { hours: HelpdeskHours; problems: [] } | { hours?: undefined; problems: HoursProblem[] } => {
  const problems: HoursProblem[] = []
  const opensAt = parseTimeOfDay(values.opensAt)
  const closesAt = parseTimeOfDay(values.closesAt)
  if (opensAt === undefined)
    problems.push({ field: 'opensAt', reason: 'helpdeskHours.time', at: 'helpdesk-hours.opensAt' })
  if (closesAt === undefined)
    problems.push({ field: 'closesAt', reason: 'helpdeskHours.time', at: 'helpdesk-hours.closesAt' })
  if (opensAt !== undefined && closesAt !== undefined && opensAt >= closesAt)
    problems.push({ field: 'closesAt', reason: 'helpdeskHours.order' })
  const phone = toHalfWidth(values.phone).trim()
  if (phone !== '' && !/^[0-9][0-9-]{4,18}[0-9]$/.test(phone))
    problems.push({ field: 'phone', reason: 'helpdeskHours.phone' })
  const yearlyClosed = [...new Set(linesOf(values.yearlyClosed))].sort()
  const badDate = yearlyClosed.find(date => parseBusinessDay(`2024-${date}`) === undefined)
  if (badDate !== undefined)
    problems.push({
      field: 'yearlyClosed',
      reason: 'helpdeskHours.date',
      params: { date: badDate.slice(0, 20) },
    })
  const closedDays = [...new Set(linesOf(values.closedDays))].sort()
  const badDay = closedDays.find(day => parseBusinessDay(day) === undefined)
  if (badDay !== undefined)
    problems.push({ field: 'closedDays', reason: 'helpdeskHours.day', params: { date: badDay.slice(0, 20) } })
  for (const [field, days] of [
    ['yearlyClosed', yearlyClosed],
    ['closedDays', closedDays],
  ] as const)
    if (days.length > mostDays)
      problems.push({ field, reason: 'helpdeskHours.tooMany', params: { most: mostDays } })
  if (problems.length > 0 || opensAt === undefined || closesAt === undefined) return { problems }
  return {
    hours: {
      version: values.version,
      opensAt,
      closesAt,
      phone: phone === '' ? null : phone,
      yearlyClosed,
      closedDays: closedDays.map(day => day as BusinessDay),
    },
    problems: [],
  }
}
