import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'

const factor = z.enum(['totp', 'sms', 'passkey', 'recovery', 'password'])
export type Proof = z.output<typeof factor>

export const SecondFactorPassed = defineEvent('second-factor.passed', z.strictObject({ factor }))
export const SecondFactorRefused = defineEvent('second-factor.refused', z.strictObject({ factor }))
/** Somebody proved anew who they are before a change (B-22). */
export const StepUpPassed = defineEvent('step-up.passed', z.strictObject({ factor }))
export const StepUpRefused = defineEvent('step-up.refused', z.strictObject({ factor }))

const contact = z.enum(['email', 'mobile'])
export const ContactChanged = defineEvent(
  'contact.changed',
  z.strictObject({
    contact,
    before: z.strictObject({ contactAddress: z.string() }),
    after: z.strictObject({ contactAddress: z.string() }),
  }),
)
