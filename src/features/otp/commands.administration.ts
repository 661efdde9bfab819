import type { Deps } from '../../deps.ts'
import type { Actor, UserActor } from '../../kernel/actor.ts'
import { isId } from '../../kernel/ids.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import { can } from '../../policy/can.ts'
import { tellOwner } from './commands.ts'
import { OtpChangeRefused, OtpRevoked, OtpSuspensionLifted } from './events.ts'
import { failuresUntilSuspension } from './otp.ts'

/** What an administrator does with a user's token (D-10): 利用停止解除 and トークンの失効. */
export type OtpAct = 'lift' | 'revoke'

export type OtpActRefusal =
  | 'access.forbidden'
  | 'user.notFound'
  | 'otp.notSuspended'
  | 'otp.notRegistered'
  | 'otp.own'

/**
 * Lifts the suspension of a user's token or revokes it, in the actor's company (D-10). Nobody does it for themselves:
 * another administrator, or the helpdesk, looks at who asks.
 */
export const administerOtp = (
  deps: Deps,
  actor: UserActor,
  act: OtpAct,
  userId: string,
): Promise<Result<{ userId: string }, OtpActRefusal>> =>
  inTx(deps, tx => carryOut(deps, tx, actor, act, userId))

/** Records an act that was refused at 「実行」; its own transaction has been rolled back (F-02). */
export const recordOtpActRefused = (deps: Deps, actor: UserActor, reason: string): Promise<unknown> =>
  audit.recordAlone(deps, OtpChangeRefused, {
    actor,
    companyId: actor.companyId,
    details: {},
    outcome: 'refused',
    reason,
  })

/**
 * Lifts the suspension of a user's token in the transaction of another act, such as the helpdesk's release of locks, which
 * has asked who may: tells the owner and the history. False where nothing was suspended.
 */
export const liftSuspension = async (
  deps: Deps,
  tx: Tx,
  actor: Actor,
  user: { companyId: string; userId: string; loginId: string },
): Promise<boolean> => {
  const { loginId, ...holder } = user
  const { count } = await tx.otpToken.updateMany({
    where: { ...holder, state: 'active', ...suspended },
    data: { suspendedAt: null, failures: 0 },
  })
  if (count === 0) return false
  await tellOwner(deps, tx, holder, { happening: 'lifted' })
  await audit.record(deps, tx, OtpSuspensionLifted, {
    actor,
    companyId: holder.companyId,
    subject: { kind: 'user', id: holder.userId, label: loginId },
    details: {},
  })
  return true
}

/**
 * Revokes a user's token in the transaction of another act that has asked who may, such as the helpdesk's for a company's
 * only administrator who lost theirs and has no recovery codes (B-17, H-03): the owner and the history are told, and the
 * next login leads to a new registration. False where there was no token.
 */
export const revokeToken = async (
  deps: Deps,
  tx: Tx,
  actor: Actor,
  user: { companyId: string; userId: string; loginId: string },
): Promise<boolean> => {
  const { loginId, ...holder } = user
  const { count } = await tx.otpToken.updateMany({
    where: { ...holder, state: 'active' },
    data: { state: 'revoked', revokedAt: deps.clock.now() },
  })
  if (count === 0) return false
  await tellOwner(deps, tx, holder, { happening: 'revoked' })
  await audit.record(deps, tx, OtpRevoked, {
    actor,
    companyId: holder.companyId,
    subject: { kind: 'user', id: holder.userId, label: loginId },
    details: {},
  })
  return true
}

/** Revokes an officer's token in the transaction of their recovery by two others (H-08): the next login registers anew. */
export const revokeStaffToken = async (
  deps: Pick<Deps, 'clock'>,
  tx: Pick<Tx, 'otpToken'>,
  staffId: string,
): Promise<void> => {
  await tx.otpToken.updateMany({
    where: { staffId, state: 'active' },
    data: { state: 'revoked', revokedAt: deps.clock.now() },
  })
}

const suspended = {
  OR: [{ suspendedAt: { not: null } }, { failures: { gte: failuresUntilSuspension } }],
}

const carryOut = async (
  deps: Deps,
  tx: Tx,
  actor: UserActor,
  act: OtpAct,
  userId: string,
): Promise<Result<{ userId: string }, OtpActRefusal>> => {
  if (!isId(userId)) return refuse('user.notFound')
  const [me] = await tx.$queryRaw<{ role: UserActor['role'] }[]>`
    SELECT role::text AS role FROM "user"
     WHERE company_id = ${actor.companyId}::uuid AND id = ${actor.id}::uuid AND service_state = 'available'
       FOR SHARE`
  if (!me || !can({ ...actor, role: me.role }, 'user:manage')) return refuse('access.forbidden')
  if (userId === actor.id) return refuse('otp.own')
  const user = await tx.user.findFirst({
    where: { id: userId, companyId: actor.companyId, serviceState: { not: 'deleted' } },
    select: { loginId: true },
  })
  if (!user) return refuse('user.notFound')
  const holder = { companyId: actor.companyId, userId, loginId: user.loginId }
  if (act === 'lift')
    return (await liftSuspension(deps, tx, actor, holder)) ? ok({ userId }) : refuse('otp.notSuspended')
  return (await revokeToken(deps, tx, actor, holder)) ? ok({ userId }) : refuse('otp.notRegistered')
}
