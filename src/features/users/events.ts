import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'
import { grantableRoles } from './user.ts'

/** Everything that 利用者登録 gives a user (D-03 to D-05), but for the password. */
export const UserRegistered = defineEvent(
  'user.registered',
  z.strictObject({
    after: z.strictObject({
      loginId: z.string(),
      name: z.string(),
      email: z.string(),
      mobile: z.string().optional(),
      role: z.enum(grantableRoles),
      passwordChangeForced: z.boolean(),
      /** `service.permission`. */
      permissions: z.array(z.string()),
      accounts: z.array(
        z.strictObject({
          branchCode: z.string(),
          accountKind: z.enum(['ordinary', 'checking', 'savings']),
          accountNumber: z.string(),
        }),
      ),
      /** Whole yen for one transaction. */
      limits: z.array(z.strictObject({ service: z.string(), amount: z.bigint() })),
    }),
  }),
)

export const UserRegistrationRefused = defineEvent(
  'user.registration-refused',
  z.strictObject({ loginId: z.string() }),
)
