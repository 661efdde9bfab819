import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { longestTyped } from '../../platform/http/typed-text.ts'
import { staffPolicy } from '../../policy/policy.ts'
import { type OtpRefusal, useOtp } from '../otp/index.ts'
import { tryPassword } from '../passwords/index.ts'
import { OfficerProofRefused } from './events.ts'
import { entryOf, lockOutStaff } from './lock-out.ts'

/** What a command takes that must not be run without it; only `proveOfficer` makes one. */
export type OfficerProof = { readonly officerId: string; readonly [proved]: true }
declare const proved: unique symbol

export type OfficerProofRefusal =
  | 'officer-proof.blank'
  | 'officer-proof.wrong'
  | 'officer-proof.over'
  | 'officer-proof.locked'
  | 'officer-proof.busy'
  | 'officer-proof.otpBlank'
  | 'officer-proof.otpMalformed'
  | 'officer-proof.otpWrong'
  | 'officer-proof.otpUsed'
  | 'officer-proof.otpSuspended'
  | 'officer-proof.otpMissing'

const passwordField = 'officerPassword'
const otpField = 'oneTimePassword'

/** The field of `partials/officer-proof` where a refused proof is shown; none after a lock, which has ended the session. */
export const officerProofField = (reason: string): string | undefined => {
  if (!reason.startsWith('officer-proof.') || reason === 'officer-proof.locked') return undefined
  return reason.startsWith('officer-proof.otp') ? otpField : passwordField
}

const ofOtp: Record<OtpRefusal, OfficerProofRefusal> = {
  'otp.blank': 'officer-proof.otpBlank',
  'otp.malformed': 'officer-proof.otpMalformed',
  'otp.wrong': 'officer-proof.otpWrong',
  'otp.used': 'officer-proof.otpUsed',
  'otp.suspended': 'officer-proof.otpSuspended',
  'otp.notRegistered': 'officer-proof.otpMissing',
  'otp.busy': 'officer-proof.busy',
}

const ofPassword = {
  wrong: 'officer-proof.wrong',
  // A temporary one whose time is over is not compared any more: typing it again helps nobody (H-05).
  over: 'officer-proof.over',
  locked: 'officer-proof.locked',
  waiting: 'officer-proof.busy',
  busy: 'officer-proof.busy',
} as const satisfies Record<string, OfficerProofRefusal>

/**
 * Asks the officer at the console once more who they are, from what the form of `partials/officer-proof` sent: their
 * password, and a one-time password that works once (H-01). Wrong passwords count towards the lock, which ends their
 * sessions; the fifth wrong code suspends their token until two others recover it. Refused tries are in the bank's history.
 */
export const proveOfficer = async (
  deps: Deps,
  actor: StaffActor,
  body: unknown,
): Promise<Result<OfficerProof, OfficerProofRefusal>> => {
  const sent = (body ?? {}) as Record<string, unknown>
  const typed = sent[passwordField]
  const code = sent[otpField]
  if (typeof typed !== 'string' || typed === '') return refuse('officer-proof.blank')
  if (typeof code !== 'string' || code.trim() === '') return refuse('officer-proof.otpBlank')
  const attempt =
    typed.length > longestTyped
      ? { outcome: 'wrong' as const }
      : await tryPassword(deps, { staffId: actor.id }, 'login_password', typed, {
          lock: staffPolicy.lock,
          onLock: tx => lockOutStaff(deps, tx, actor),
        })
  // The password first: a code works once, and is not spent on a page that comes back.
  if (attempt.outcome === 'right') {
    const used = await useOtp(deps, actor, code)
    return used.ok ? ok({ officerId: actor.id } as OfficerProof) : refuse(ofOtp[used.reason])
  }
  const reason = ofPassword[attempt.outcome]
  await audit.recordAlone(deps, OfficerProofRefused, {
    ...entryOf(actor),
    details: {},
    outcome: 'refused',
    reason,
  })
  return refuse(reason)
}
