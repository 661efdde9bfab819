import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
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
  const token = { companyId: actor.companyId, userId, state: 'active' as const }
  const changed =
    act === 'revoke'
      ? await tx.otpToken.updateMany({
          where: token,
          data: { state: 'revoked', revokedAt: deps.clock.now() },
        })
      : await tx.otpToken.updateMany({
          where: {
            ...token,
            OR: [{ suspendedAt: { not: null } }, { failures: { gte: failuresUntilSuspension } }],
          },
          data: { suspendedAt: null, failures: 0 },
        })
  if (changed.count === 0) return refuse(act === 'revoke' ? 'otp.notRegistered' : 'otp.notSuspended')
  await tellOwner(
    deps,
    tx,
    { companyId: actor.companyId, userId },
    { happening: act === 'revoke' ? 'revoked' : 'lifted' },
  )
  await audit.record(deps, tx, act === 'revoke' ? OtpRevoked : OtpSuspensionLifted, {
    actor,
    companyId: actor.companyId,
    subject: { kind: 'user', id: userId, label: user.loginId },
    details: {},
  })
  return ok({ userId })
}
