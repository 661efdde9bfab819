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

const accounts = z.array(
  z.strictObject({
    branchCode: z.string(),
    accountKind: z.enum(['ordinary', 'checking', 'savings']),
    accountNumber: z.string(),
  }),
)
const parts = z.strictObject({
  loginId: z.string().optional(),
  name: z.string().optional(),
  email: z.string().optional(),
  mobile: z.string().optional(),
  role: z.enum(['user', 'administrator', 'contractor']).optional(),
  limits: z.array(z.strictObject({ service: z.string(), amount: z.bigint() })).optional(),
})
const given = z.strictObject({ permissions: z.array(z.string()).optional(), accounts: accounts.optional() })

/** What a change has changed: single facts before and after, lists by what came and went (D-08). */
const changedFacts = {
  before: parts.optional(),
  after: parts.optional(),
  added: given.optional(),
  removed: given.optional(),
}

/** `requestedBy`: the login ID of the administrator whose request another one approved (D-11). */
export const UserChanged = defineEvent(
  'user.changed',
  z.strictObject({
    ...changedFacts,
    reset: z.array(z.enum(['login', 'confirmation'])),
    sessionsEnded: z.number(),
    /** How many certificates a changed login ID has revoked. */
    certificates: z.number(),
    requestedBy: z.string().optional(),
  }),
)
/** 利用停止解除 or トークンの失効 of a one-time password that was refused (D-10). */
export const OtpChangeRefused = defineEvent(
  'otp.change-refused',
  z.strictObject({ otpAct: z.enum(['lift', 'revoke']) }),
)
/** パスキーの削除 of another user's that was refused (C-19). */
export const PasskeyRemovalRefused = defineEvent('passkey.removal-refused', z.strictObject({}))
/** What was asked for, where the user is still there to compare it with. */
export const UserChangeRefused = defineEvent(
  'user.change-refused',
  z.strictObject({ ...changedFacts, reset: z.array(z.enum(['login', 'confirmation'])).optional() }),
)

/** An administrator's change of their own rights waits for another administrator (D-11). */
export const ChangeRequested = defineEvent(
  'change-request.made',
  z.strictObject({ ...changedFacts, expiresAt: z.string() }),
)
export const ChangeRequestDeclined = defineEvent('change-request.declined', z.strictObject({}))
export const ChangeRequestWithdrawn = defineEvent('change-request.withdrawn', z.strictObject({}))
export const ChangeRequestRefused = defineEvent(
  'change-request.refused',
  z.strictObject({ requestDecision: z.enum(['approve', 'decline', 'withdraw']) }),
)

/** D-09: the row stays, for the history names it and its login ID is not given again. */
export const UserDeleted = defineEvent(
  'user.deleted',
  z.strictObject({
    before: z.strictObject({
      loginId: z.string(),
      name: z.string(),
      email: z.string(),
      role: z.enum(['user', 'administrator', 'contractor']),
      serviceState: z.enum(['available', 'suspended', 'blocked']),
    }),
    certificates: z.number(),
    sessionsEnded: z.number(),
  }),
)
export const UserDeletionRefused = defineEvent('user.deletion-refused', z.strictObject({}))

const serviceChange = z.strictObject({ caseReason: z.string(), sessionsEnded: z.number() })
/** 利用停止 and its end (D-15). */
export const UserSuspended = defineEvent('user.suspended', serviceChange)
export const UserResumed = defineEvent('user.resumed', serviceChange)
export const ServiceStateRefused = defineEvent(
  'user.service-state-refused',
  z.strictObject({ serviceAct: z.enum(['suspend', 'resume']), caseReason: z.string() }),
)
