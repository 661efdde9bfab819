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
      /** When the first password ends, where the portal made it (D-03). */
      temporaryUntil: z.string().optional(),
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

/** The first password that the portal made was shown, once, to the administrator who registered its owner (D-03, H-05). */
export const FirstPasswordShown = defineEvent('user.first-password-shown', z.strictObject({}))
