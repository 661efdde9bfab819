import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { ok, type Result } from '../../kernel/result.ts'
import type { SecurityPolicy } from '../../policy/policy.ts'
import { type OtpRefusal, otpStanding, useOtp } from '../otp/index.ts'
import { type Asked, listPasskeys, type PasskeyRefusal, usePasskey } from '../passkeys/index.ts'
import { type RecoveryRefusal, recoveryCodesLeft, useRecoveryCode } from '../recovery-codes/index.ts'

/** Which factors the page of the link asks for beside the ID; `recovery`: a recovery code may stand in for the TOTP. */
export type AskedProofs = { totp: boolean; passkey: boolean; recovery: boolean }

/** What was given of them. */
export type GivenProofs = { oneTimePassword: string; recoveryCode: string; passkey: string }

export type ProofRefusal = OtpRefusal | PasskeyRefusal | RecoveryRefusal

/**
 * Every factor the user holds that a page on the portal can ask for, where the policy says that the link alone is not
 * enough (chapter A; decision 0029). A suspended token is asked for too: that it opens nothing is what it is suspended for.
 */
export const askedProofs = async (
  deps: Pick<Deps, 'db'>,
  { forgottenPassword }: Pick<SecurityPolicy, 'forgottenPassword'>,
  holder: { companyId: string; userId: string },
): Promise<AskedProofs> => {
  if (!forgottenPassword.thenEveryOtherFactor) return { totp: false, passkey: false, recovery: false }
  const totp = (await otpStanding(deps.db, holder)).standing !== 'none'
  const passkey = (await listPasskeys(deps.db, holder)).length > 0
  const codes = totp ? await recoveryCodesLeft(deps.db, holder) : null
  return { totp, passkey, recovery: codes !== null && codes.left > 0 }
}

/** A challenge belongs to the link it was asked for with, as one of a login does to its session: no other page takes it. */
export const askedByLink = (linkId: string): Asked => ({ purpose: 'login', sessionId: linkId })

/** Each of the proofs that are asked for must be right; the code is last, for it is spent by the comparison. */
export const proveAll = async (
  deps: Deps,
  actor: UserActor,
  linkId: string,
  asked: AskedProofs,
  given: GivenProofs,
): Promise<Result<null, ProofRefusal>> => {
  if (asked.passkey) {
    const proved = await usePasskey(deps, actor, askedByLink(linkId), given.passkey)
    if (!proved.ok) return proved
  }
  if (!asked.totp) return ok(null)
  return asked.recovery && given.recoveryCode.trim() !== ''
    ? useRecoveryCode(deps, actor, given.recoveryCode)
    : useOtp(deps, actor, given.oneTimePassword)
}
