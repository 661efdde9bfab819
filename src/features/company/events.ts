import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'

/** A company joins: by which entrance, under which policy, with which services. */
export const CompanyCreated = defineEvent(
  'company.created',
  z.strictObject({
    contractNumber: z.string(),
    name: z.string(),
    preset: z.string(),
    services: z.array(z.string()),
    accounts: z.number(),
    administrator: z.string(),
  }),
)
