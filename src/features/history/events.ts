import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'

/** A try that ended at a page of refusal (F-02): which route was asked for, by which method, for which ids. */
export const AccessRefused = defineEvent(
  'access.refused',
  z.strictObject({ method: z.string(), address: z.string(), tried: z.array(z.string()).optional() }),
)
