import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'

export const RecoveryCodesIssued = defineEvent('recovery-codes.issued', z.strictObject({}))
export const RecoveryCodeUsed = defineEvent('recovery-codes.used', z.strictObject({ remaining: z.number() }))
export const RecoveryCodeRefused = defineEvent('recovery-codes.refused', z.strictObject({}))
