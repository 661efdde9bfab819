import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'

const registrationOf = z.enum(['master', 'user'])

/** 初期登録 (B-16): begun with the initial password, its address confirmed, completed. */
export const RegistrationStarted = defineEvent('registration.started', z.strictObject({ registrationOf }))
export const RegistrationFailed = defineEvent('registration.failed', z.strictObject({ registrationOf }))
export const RegistrationMailConfirmed = defineEvent(
  'registration.mail-confirmed',
  z.strictObject({
    before: z.strictObject({ email: z.string() }),
    after: z.strictObject({ email: z.string() }),
  }),
)
export const RegistrationCompleted = defineEvent(
  'registration.completed',
  z.strictObject({
    before: z.strictObject({ loginId: z.string() }),
    after: z.strictObject({ loginId: z.string() }),
  }),
)
export const RegistrationRefused = defineEvent('registration.refused', z.strictObject({}))
