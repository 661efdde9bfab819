import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'
import { caseKinds } from '../two-officers/index.ts'
import { deliveries } from './case.ts'

/** What an officer asked the search for, and how much came of it; in the bank's own chain (F-04). */
export const StaffSearched = defineEvent(
  'staff.searched',
  z.strictObject({
    field: z.string(),
    text: z.string(),
    company: z.string().optional(),
    companies: z.number(),
    users: z.number(),
  }),
)

/** An officer looked at a customer's page; in the company's chain, for the company to see (F-04). */
export const CustomerViewed = defineEvent('staff.customer-viewed', z.strictObject({}))

const paper = {
  caseId: z.string(),
  caseReason: z.string(),
  formReceivedOn: z.string().nullable(),
}
/** What one officer did alone; another looks at it on this JST day at the latest (H-04). */
const reviewed = { caseId: z.string(), caseReason: z.string(), reviewDueOn: z.string() }
const delivery = z.enum(deliveries)
const emailState = z.enum(['unverified', 'valid', 'undeliverable'])

/** Never its value (F-02, H-05). `replaced`: an unused one before it was voided. */
export const AcquisitionPasswordIssued = defineEvent(
  'acquisition-password.issued',
  z.strictObject({ ...paper, delivery, expiresAt: z.string(), replaced: z.boolean() }),
)

/** A temporary password by the bank, to be changed at its first use; never its value. */
export const PasswordReissued = defineEvent(
  'password.reissued',
  z.strictObject({
    ...paper,
    which: z.enum(['login', 'confirmation', 'initial']),
    delivery,
    expiresAt: z.string(),
    sessionsEnded: z.number(),
  }),
)

/** A master user begins again with 初期登録 (B-16). */
export const RegistrationReset = defineEvent(
  'registration.reset',
  z.strictObject({
    ...paper,
    delivery,
    expiresAt: z.string(),
    certificates: z.number(),
    sessionsEnded: z.number(),
    before: z.strictObject({ emailState }),
    after: z.strictObject({ emailState }),
  }),
)

/** A mail address was corrected by the paper form. */
export const EmailCorrected = defineEvent(
  'contact.corrected',
  z.strictObject({
    ...paper,
    before: z.strictObject({ email: z.string(), emailState }),
    after: z.strictObject({ email: z.string(), emailState }),
  }),
)

/** A mobile number was corrected by the paper form (B-18). */
export const MobileCorrected = defineEvent(
  'contact.number-corrected',
  z.strictObject({
    ...paper,
    before: z.strictObject({ mobile: z.string() }),
    after: z.strictObject({ mobile: z.string() }),
  }),
)

/** Somebody has become the company's contractor by the paper form (D-14). */
export const ContractorAppointed = defineEvent(
  'user.contractor-appointed',
  z.strictObject({
    ...paper,
    before: z.strictObject({ role: z.enum(['user', 'administrator']) }),
    after: z.strictObject({ role: z.literal('contractor') }),
  }),
)

/** The bank revoked the token of whom nobody of their company can help; the token's own entry is `otp.revoked`. */
export const OtpRevocationCarriedOut = defineEvent('otp.revocation-case', z.strictObject(paper))

/** An officer revoked a customer's certificates alone. */
export const RevocationCarriedOut = defineEvent(
  'certificate.revocation-case',
  z.strictObject({ ...reviewed, certificates: z.number(), sessionsEnded: z.number() }),
)

/** An officer removed one passkey of a customer alone; its own entry is `passkey.removed`. */
export const PasskeyRemovalCarriedOut = defineEvent(
  'passkey.removal-case',
  z.strictObject({ ...reviewed, passkey: z.string(), sessionsEnded: z.number() }),
)

/** An officer locked a customer's login password, suspended them, or ended their sessions alone. */
export const UserLocked = defineEvent(
  'user.locked-by-bank',
  z.strictObject({ ...reviewed, sessionsEnded: z.number() }),
)
export const UserSuspended = defineEvent(
  'user.suspended-by-bank',
  z.strictObject({ ...reviewed, sessionsEnded: z.number() }),
)
export const SessionsEnded = defineEvent(
  'session.ended-by-bank',
  z.strictObject({ ...reviewed, sessionsEnded: z.number() }),
)

/** What the bank had suspended works again. */
export const UserResumed = defineEvent('user.resumed-by-bank', z.strictObject(paper))

/** A secret was shown or printed, once (H-05); never its value. */
export const SecretShown = defineEvent(
  'case.shown-once',
  z.strictObject({ caseId: z.string(), caseKind: z.enum(caseKinds), shownAs: z.enum(['page', 'letter']) }),
)

/** Another officer has looked at what one did alone (H-04). */
export const CaseReviewed = defineEvent('case.reviewed', z.strictObject({ caseId: z.string() }))
