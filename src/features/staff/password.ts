import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import type { LiveSession } from '../../platform/http/live-session.ts'
import { staffPolicy } from '../../policy/policy.ts'
import { lockOutStaff } from '../officer-proof/index.ts'
import { checkNextPassword, type NewPasswordRefusal, storePassword, tryPassword } from '../passwords/index.ts'
import { type AdvanceRefusal, advanceSession, endSessionsOf, holdOwner } from '../sessions/index.ts'
import { tellOfficer } from './commands.mails.ts'
import { StaffPasswordChanged } from './events.ts'
import { eraseKeptPasswords } from './kept-passwords.ts'

export type StaffPasswordRefusal =
  | 'password.currentWrong'
  | 'password.currentLocked'
  | NewPasswordRefusal
  | AdvanceRefusal

/**
 * An officer's change of their password, by hand or forced after one was made for them (B-08, H-01): the current one proves
 * who is there, its failures count, other sessions end, and this one goes on under a new token.
 */
export const changeStaffPassword = async (
  deps: Deps,
  actor: StaffActor,
  session: LiveSession,
  { current, next }: { current: string; next: string },
): Promise<Result<{ token: string }, StaffPasswordRefusal>> => {
  const holder = { staffId: actor.id }
  const forced = session.stage !== 'open'
  const refused = async <R extends StaffPasswordRefusal>(refusal: { ok: false; reason: R }) => {
    await audit.recordAlone(deps, StaffPasswordChanged, {
      ...audit.byThemselves(actor),
      details: { forced, otherSessionsEnded: 0 },
      outcome: 'refused',
      reason: refusal.reason,
    })
    return refusal
  }
  const attempt = await tryPassword(deps, holder, 'login_password', current, {
    lock: staffPolicy.lock,
    onLock: tx => lockOutStaff(deps, tx, actor),
  })
  if (attempt.outcome !== 'right')
    return refused(refuse(attempt.outcome === 'locked' ? 'password.currentLocked' : 'password.currentWrong'))
  const rule = staffPolicy.loginPassword
  const checked = await checkNextPassword(deps, holder, 'login_password', rule, next, actor)
  if (!checked.ok) return refused(checked)
  const hash = await deps.hasher.hash(next)
  return inTx(deps, async (tx): Promise<Result<{ token: string }, AdvanceRefusal>> => {
    await holdOwner(tx, holder)
    await storePassword(deps, tx, holder, 'login_password', hash, {
      forceChange: false,
      remembered: rule.remembered,
    })
    // Afterwards: of a recovery at the same time, whichever is stored last stays.
    await eraseKeptPasswords(tx, actor)
    const advanced = await advanceSession(deps, tx, session.id, session.stage, 'open')
    if (!advanced.ok) return advanced
    const otherSessionsEnded = await endSessionsOf(deps, tx, holder, 'password', session.id)
    const officer = await tx.staff.findUniqueOrThrow({
      where: { id: actor.id },
      select: { email: true, name: true },
    })
    await tellOfficer(deps, tx, officer, 'password')
    await audit.record(deps, tx, StaffPasswordChanged, {
      ...audit.byThemselves(actor),
      details: { forced, otherSessionsEnded },
    })
    return ok({ token: advanced.value })
  })
}
