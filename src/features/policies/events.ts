import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'

const choice = z.strictObject({ preset: z.string(), overrides: z.array(z.string()) })

const change = z.strictObject({
  caseId: z.string().nullable(),
  caseReason: z.string().nullable(),
  before: choice.nullable(),
  after: choice.nullable(),
})

/** A company's policy has a new version (chapter A); details are null in a refused try. */
export const PolicyChanged = defineEvent(
  'policy.changed',
  z.strictObject({ ...change.shape, usersToChange: z.number(), sessionsEnded: z.number() }),
)

/** A change waits for its second officer. */
export const PolicyProposed = defineEvent('policy.proposed', change)
