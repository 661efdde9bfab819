import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'
import { codePurposes } from './code.ts'

const details = z.strictObject({ codePurpose: z.enum(codePurposes) })

export const CodeIssued = defineEvent('code.issued', details)
export const CodeRedeemed = defineEvent('code.redeemed', details)
export const CodeRefused = defineEvent('code.refused', details)
