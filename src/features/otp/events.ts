import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'

/** `replaced`: the token before it ended with this registration. */
export const OtpRegistered = defineEvent('otp.registered', z.strictObject({ replaced: z.boolean() }))
export const OtpRefused = defineEvent('otp.refused', z.strictObject({}))
/** 利用停止: five wrong codes in a row. */
export const OtpSuspended = defineEvent('otp.suspended', z.strictObject({ failures: z.number() }))
export const OtpSuspensionLifted = defineEvent('otp.suspension-lifted', z.strictObject({}))
/** トークンの失効, or the user's own removal. */
export const OtpRevoked = defineEvent('otp.revoked', z.strictObject({}))
