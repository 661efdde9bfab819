import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { longestTyped } from '../../platform/http/typed-text.ts'
import { staffPolicy } from '../../policy/policy.ts'
import { tryPassword } from '../passwords/index.ts'
import { OfficerProofRefused } from './events.ts'
import { entryOf, lockOutStaff } from './lock-out.ts'

/** What a command takes that must not be run without it; only `proveOfficer` makes one. */
export type OfficerProof = { readonly officerId: string; readonly [proved]: true }
declare const proved: unique symbol

export type OfficerProofRefusal =
  | 'officer-proof.blank'
  | 'officer-proof.wrong'
  | 'officer-proof.locked'
  | 'officer-proof.busy'

/** The field of `partials/officer-proof`, where its mistakes are shown. */
export const officerProofField = 'officerPassword'

/**
 * Asks the officer at the console once more who they are, from what the form of `partials/officer-proof` sent (H-01).
 * Failures count towards the lock of their password, which ends their sessions. Refused tries are in the bank's history.
 */
export const proveOfficer = async (
  deps: Deps,
  actor: StaffActor,
  body: unknown,
): Promise<Result<OfficerProof, OfficerProofRefusal>> => {
  const typed: unknown = (body as Record<string, unknown> | null | undefined)?.[officerProofField]
  if (typeof typed !== 'string' || typed === '') return refuse('officer-proof.blank')
  const attempt =
    typed.length > longestTyped
      ? { outcome: 'wrong' as const }
      : await tryPassword(deps, { staffId: actor.id }, 'login_password', typed, {
          lock: staffPolicy.lock,
          onLock: tx => lockOutStaff(deps, tx, actor),
        })
  if (attempt.outcome === 'right') return ok({ officerId: actor.id } as OfficerProof)
  const reason =
    attempt.outcome === 'locked'
      ? 'officer-proof.locked'
      : attempt.outcome === 'wrong' || attempt.outcome === 'over'
        ? 'officer-proof.wrong'
        : 'officer-proof.busy'
  await audit.recordAlone(deps, OfficerProofRefused, {
    ...entryOf(actor),
    details: {},
    outcome: 'refused',
    reason,
  })
  return refuse(reason)
}
