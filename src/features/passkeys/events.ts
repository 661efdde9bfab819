import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'

export const PasskeyRegistered = defineEvent('passkey.registered', z.strictObject({ passkey: z.string() }))
export const PasskeyRemoved = defineEvent('passkey.removed', z.strictObject({ passkey: z.string() }))
export const PasskeyRefused = defineEvent('passkey.refused', z.strictObject({}))
