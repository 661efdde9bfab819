import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'

/** 「パスワードを忘れた方はコチラ」 (B-15): asked for, and what became of it. */
export const PasswordResetAsked = defineEvent('password-reset.asked', z.strictObject({}))
export const PasswordResetDone = defineEvent(
  'password-reset.done',
  z.strictObject({ otherSessionsEnded: z.number() }),
)
export const PasswordResetRefused = defineEvent('password-reset.refused', z.strictObject({}))
