import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'

const hours = z.strictObject({
  opensAt: z.string(),
  closesAt: z.string(),
  phone: z.string().nullable(),
  yearlyClosed: z.array(z.string()),
  closedDays: z.array(z.string()),
})

/** The bank's helpdesk has other hours, another number or other closed days (H-07). */
export const HelpdeskHoursChanged = defineEvent(
  'helpdesk.hours-changed',
  z.strictObject({ before: hours, after: hours }),
)
