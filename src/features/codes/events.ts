import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'
import { codePurposes } from './code.ts'

const details = z.strictObject({ codePurpose: z.enum(codePurposes) })

export const CodeIssued = defineEvent('code.issued', details)
export const CodeRedeemed = defineEvent('code.redeemed', details)
export const CodeRefused = defineEvent('code.refused', details)
/** A mailed code has shown that the user's mail address is theirs (D-15). */
export const AddressProved = defineEvent('contact.proved', z.strictObject({ email: z.string() }))
/** What somebody proved of an address with an initial password counts no more (B-16). */
export const AddressUnproved = defineEvent(
  'contact.unproved',
  z.strictObject({
    before: z.strictObject({ email: z.string(), emailState: z.literal('valid') }),
    after: z.strictObject({ emailState: z.literal('unverified') }),
  }),
)
/** Too many wrong codes in a row, over several codes. */
export const CodeSuspended = defineEvent(
  'code.suspended',
  z.strictObject({ codePurpose: z.enum(codePurposes), failures: z.number() }),
)
export const CodeSuspensionLifted = defineEvent(
  'code.suspension-lifted',
  z.strictObject({ caseId: z.string().nullable(), caseReason: z.string() }),
)
