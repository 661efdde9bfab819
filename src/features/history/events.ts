import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'

/** A try that ended at a page of refusal (F-02): which route was asked for, by which method, for which ids. */
export const AccessRefused = defineEvent(
  'access.refused',
  z.strictObject({ method: z.string(), address: z.string(), tried: z.array(z.string()).optional() }),
)

/** A page was printed (F-04): its screen, and the route as it is written. */
export const PagePrinted = defineEvent(
  'page.printed',
  z.strictObject({ screen: z.string(), address: z.string() }),
)
