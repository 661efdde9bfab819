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

const words = {
  serviceName: z.string().optional(),
  serviceNameEn: z.string().optional(),
  serviceText: z.string().optional(),
  serviceTextEn: z.string().optional(),
  place: z.number().optional(),
}

/** Two officers have registered a service, in the bank's own history (H-06). */
export const ServiceRegistered = defineEvent(
  'service.registered',
  z.strictObject({
    caseId: z.string(),
    caseReason: z.string(),
    after: z.strictObject({
      ...words,
      serviceCode: z.string(),
      serviceAddress: z.string().nullable(),
      permission: z.string().nullable(),
      forWhom: z.enum(['everyone', 'administrators', 'certificate_users']),
    }),
  }),
)

/** An editor has changed what home says of a service, or where it stands (H-06). */
export const ServiceChanged = defineEvent(
  'service.changed',
  z.strictObject({ serviceCode: z.string(), before: z.strictObject(words), after: z.strictObject(words) }),
)

/** One officer has suspended a service, at once and for every company; another looks at it (H-04). */
export const ServiceSuspended = defineEvent(
  'service.suspended',
  z.strictObject({
    caseId: z.string(),
    caseReason: z.string(),
    reviewDueOn: z.string(),
    serviceCode: z.string(),
    serviceName: z.string(),
    serviceSessionsEnded: z.number(),
  }),
)

/** Two officers have resumed a service (H-04). */
export const ServiceResumed = defineEvent(
  'service.resumed',
  z.strictObject({
    caseId: z.string(),
    caseReason: z.string(),
    serviceCode: z.string(),
    serviceName: z.string(),
  }),
)
