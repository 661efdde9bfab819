import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'

/** A user went into a service without another login (G-04). */
export const ServiceEntered = defineEvent('service.entered', z.strictObject({ serviceName: z.string() }))
/** A logout at a service ended the portal's session (G-05). */
export const ServiceLoggedOut = defineEvent('service.logged-out', z.strictObject({ serviceName: z.string() }))
/** A company has contracted a service, which became its client (H-06). */
export const ServiceContracted = defineEvent(
  'service.contracted',
  z.strictObject({ serviceName: z.string() }),
)
