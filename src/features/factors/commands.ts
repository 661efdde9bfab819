import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { ok, type Refusal, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import { companyOf, type LiveSession } from '../../platform/http/live-session.ts'
import { policyOf } from '../../policy/policy.ts'
import { type CodeIssueRefusal, type CodeRefusal, issueCode, redeemCode } from '../codes/index.ts'
import { type OtpRefusal, useOtp } from '../otp/index.ts'
import { type Asked, type PasskeyRefusal, usePasskey } from '../passkeys/index.ts'
import { lockOut, tryPassword } from '../passwords/index.ts'
import { type RecoveryRefusal, useRecoveryCode } from '../recovery-codes/index.ts'
import { type AdvanceRefusal, stepUpSession } from '../sessions/index.ts'
import { type ContactProof, proveContact } from './commands.contacts.ts'
import { type Proof, SecondFactorPassed, SecondFactorRefused, StepUpPassed, StepUpRefused } from './events.ts'

export type PasswordProofRefusal =
  | 'stepUp.passwordBlank'
  | 'stepUp.passwordWrong'
  | 'stepUp.passwordOver'
  | 'stepUp.passwordLocked'

export type ProofRefusal =
  | OtpRefusal
  | CodeRefusal
  | PasskeyRefusal
  | RecoveryRefusal
  | PasswordProofRefusal
  | 'code.otherNumber'

/** The login password once more, with its failures counted as at the login. */
export const provePassword = async (
  deps: Deps,
  actor: UserActor,
  company: { preset: string; overrides: unknown },
  password: string,
): Promise<Result<null, PasswordProofRefusal>> => {
  if (password === '') return refuse('stepUp.passwordBlank')
  const policy = policyOf(company)
  const holder = { companyId: actor.companyId, userId: actor.id }
  const attempt = await tryPassword(deps, holder, 'login_password', password, {
    lock: policy.lock,
    onLock: (tx, lock) => lockOut(deps, tx, actor, 'login', policy, lock),
  })
  if (attempt.outcome === 'right') return ok(null)
  if (attempt.outcome === 'over') return refuse('stepUp.passwordOver')
  return refuse(attempt.outcome === 'wrong' ? 'stepUp.passwordWrong' : 'stepUp.passwordLocked')
}

/** A code by short message counts for the number it was sent to, as long as it is the user's (B-18). */
const proveSms = async (
  deps: Deps,
  actor: UserActor,
  code: string,
): Promise<Result<null, CodeRefusal | 'code.otherNumber'>> => {
  const redeemed = await redeemCode(deps, actor, { purpose: 'login-sms', code })
  if (!redeemed.ok) return redeemed
  const { mobile } = await deps.db.user.findUniqueOrThrow({
    where: { companyId_id: { companyId: actor.companyId, id: actor.id } },
    select: { mobile: true },
  })
  return mobile === redeemed.value.recipient ? ok(null) : refuse('code.otherNumber')
}

/**
 * The second factor of a login, given (B-17 to B-19); what it was goes into the history. Whether this factor may
 * finish this login, the caller has asked the policy.
 */
export const proveSecondFactor = async (
  deps: Deps,
  actor: UserActor,
  session: LiveSession,
  proof: Exclude<Proof, 'password'>,
  typed: string,
): Promise<Result<null, ProofRefusal>> => {
  const proved = await prove(deps, actor, proof, typed, { purpose: 'login', sessionId: session.id })
  await recordProof(deps, actor, proved, proof, [SecondFactorPassed, SecondFactorRefused])
  return proved
}

const prove = (
  deps: Deps,
  actor: UserActor,
  proof: Exclude<Proof, 'password'>,
  typed: string,
  asked: Asked,
): Promise<Result<null, ProofRefusal>> => {
  switch (proof) {
    case 'totp':
      return useOtp(deps, actor, typed)
    case 'sms':
      return proveSms(deps, actor, typed)
    case 'passkey':
      return usePasskey(deps, actor, asked, typed)
    case 'recovery':
      return useRecoveryCode(deps, actor, typed)
  }
}

const recordProof = async (
  deps: Deps,
  actor: UserActor,
  proved: Result<unknown> | Refusal,
  factor: Proof,
  [passed, refused]: readonly [typeof SecondFactorPassed, typeof SecondFactorRefused],
) => {
  const entry = { ...audit.byThemselves(actor), details: { factor } }
  if (proved.ok) await audit.recordAlone(deps, passed, entry)
  else await audit.recordAlone(deps, refused, { ...entry, outcome: 'refused', reason: proved.reason })
}

/** A first mobile number, proved by its code: it is the user's from now on, and the factor of this login (B-18). */
export const proveFirstMobile = async (
  deps: Deps,
  actor: UserActor,
  session: LiveSession,
  code: string,
): Promise<Result<ContactProof, CodeRefusal | AdvanceRefusal>> => {
  const proved = await proveContact(deps, actor, session, 'mobile', code)
  await recordProof(deps, actor, proved, 'sms', [SecondFactorPassed, SecondFactorRefused])
  return proved
}

/** Sends a code to the user's own mobile number. */
export const sendLoginCode = (
  deps: Deps,
  actor: UserActor,
  recipient: string,
): Promise<Result<{ expiresAt: Date }, CodeIssueRefusal>> =>
  inTx(deps, (tx: Tx) => issueCode(deps, tx, actor, { purpose: 'login-sms', recipient }))

/**
 * Proves anew who is there, before a change of a factor or an address (B-22). Gives the session's new token: ids change
 * at step-up.
 */
export const reauthenticate = async (
  deps: Deps,
  actor: UserActor,
  session: LiveSession,
  proof: 'totp' | 'passkey' | 'password',
  typed: string,
): Promise<Result<{ token: string }, ProofRefusal | 'session.stage'>> => {
  const proved =
    proof === 'password'
      ? await provePassword(deps, actor, companyOf(session), typed)
      : await prove(deps, actor, proof, typed, { purpose: 'step_up', sessionId: session.id })
  await recordProof(deps, actor, proved, proof, [StepUpPassed, StepUpRefused])
  if (!proved.ok) return proved
  const token = await inTx(deps, tx => stepUpSession(deps, tx, session.id))
  return token ? ok({ token }) : refuse('session.stage')
}
