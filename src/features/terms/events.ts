import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'

/** B-15: which version, and by whom, is what a dispute will ask. */
export const TermsAccepted = defineEvent('terms.accepted', z.strictObject({ version: z.number() }))

/** In the bank's own chain. */
export const TermsPublished = defineEvent(
  'terms.published',
  z.strictObject({
    entrance: z.string(),
    version: z.number(),
    mustAccept: z.boolean(),
    effectiveAt: z.string(),
  }),
)
