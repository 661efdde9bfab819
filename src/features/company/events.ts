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
    /** The first administrator, where one was registered with the company. */
    administrator: z.string().optional(),
  }),
)

/** A company's master was registered from the bank's command line. */
export const MasterCreated = defineEvent(
  'company.master-created',
  z.strictObject({ loginId: z.string(), name: z.string(), email: z.string() }),
)
