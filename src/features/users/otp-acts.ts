import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import { findOtpHolder, liftSuspension, type OtpHolder, revokeToken } from '../otp/index.ts'
import { stillManages } from './commands.ts'
import { OtpChangeRefused } from './events.ts'
import { reachOf } from './managing.ts'
import { contractOf, findUser } from './queries.ts'

/** What an administrator does with a user's token (D-10): 利用停止解除 and トークンの失効. */
export type OtpAct = 'lift' | 'revoke'

export type OtpActRefusal =
  | 'access.forbidden'
  | 'user.notFound'
  | 'user.notManaged'
  | 'otp.notSuspended'
  | 'otp.notRegistered'
  | 'otp.own'

/** Whether an administrator may begin this act on a user's token; the command asks again in its transaction. */
export const mayBeginOtpAct = async (
  db: Tx,
  actor: UserActor,
  act: OtpAct,
  userId: string,
): Promise<Result<OtpHolder, OtpActRefusal | 'otp.holderNotFound'>> => {
  const holder = await findOtpHolder(db, actor, userId)
  if (!holder) return refuse('otp.holderNotFound')
  if (holder.id === actor.id) return refuse('otp.own')
  if (!(await managesNow(db, actor, holder))) return refuse('user.notManaged')
  return act === 'lift' && holder.standing !== 'suspended' ? refuse('otp.notSuspended') : ok(holder)
}

/**
 * Lifts the suspension of a user's token or revokes it, in the actor's company (D-10). Nobody does it for themselves:
 * another administrator, or the helpdesk, looks at who asks; and nobody to whom they do not manage (D-14).
 */
export const administerOtp = (
  deps: Deps,
  actor: UserActor,
  act: OtpAct,
  userId: string,
): Promise<Result<{ userId: string }, OtpActRefusal>> =>
  inTx(deps, async (tx): Promise<Result<{ userId: string }, OtpActRefusal>> => {
    if (!(await stillManages(tx, actor))) return refuse('access.forbidden')
    if (userId === actor.id) return refuse('otp.own')
    const found = await findUser({ ...deps, db: tx }, actor, userId)
    if (!found.ok) return found
    if (!(await managesNow(tx, actor, found.value))) return refuse('user.notManaged')
    const holder = { companyId: actor.companyId, userId, loginId: found.value.loginId }
    if (act === 'lift')
      return (await liftSuspension(deps, tx, actor, holder)) ? ok({ userId }) : refuse('otp.notSuspended')
    return (await revokeToken(deps, tx, actor, holder)) ? ok({ userId }) : refuse('otp.notRegistered')
  })

// A contractor's token is the bank's to look after, an administrator's the contractor's.
const managesNow = async (db: Tx, actor: UserActor, user: Pick<OtpHolder, 'id' | 'role'>): Promise<boolean> =>
  (await reachOf(db, actor, (await contractOf(db, actor)).policy)).manages(user)

/** Records an act that was refused at 「実行」, and on whom; its own transaction has been rolled back (F-02). */
export const recordOtpActRefused = async (
  deps: Deps,
  actor: UserActor,
  act: OtpAct,
  userId: string,
  reason: string,
): Promise<void> => {
  const found = await findUser(deps, actor, userId)
  await audit.recordAlone(deps, OtpChangeRefused, {
    actor,
    companyId: actor.companyId,
    ...(found.ok && { subject: { kind: 'user', id: userId, label: found.value.loginId } }),
    details: { otpAct: act },
    outcome: 'refused',
    reason,
  })
}
