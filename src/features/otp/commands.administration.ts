import type { Deps } from '../../deps.ts'
import type { Actor } from '../../kernel/actor.ts'
import * as audit from '../../platform/audit/audit.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { tellOwner } from './commands.ts'
import { OtpRevoked, OtpSuspensionLifted } from './events.ts'
import { failuresUntilSuspension } from './otp.ts'

/** A user as the history names them. */
type Named = { companyId: string; userId: string; loginId: string }

const entryAbout = (actor: Actor, { companyId, userId, loginId }: Named) => ({
  actor,
  companyId,
  subject: { kind: 'user', id: userId, label: loginId },
  details: {},
})

/**
 * Lifts the suspension of a user's token in the transaction of another act, such as the helpdesk's release of locks, which
 * has asked who may: tells the owner and the history. False where nothing was suspended.
 */
export const liftSuspension = async (deps: Deps, tx: Tx, actor: Actor, user: Named): Promise<boolean> => {
  const holder = { companyId: user.companyId, userId: user.userId }
  const { count } = await tx.otpToken.updateMany({
    where: { ...holder, state: 'active', ...suspended },
    data: { suspendedAt: null, failures: 0 },
  })
  if (count === 0) return false
  await tellOwner(deps, tx, holder, { happening: 'lifted' })
  await audit.record(deps, tx, OtpSuspensionLifted, entryAbout(actor, user))
  return true
}

/**
 * Revokes a user's token in the transaction of another act that has asked who may, such as the helpdesk's for a company's
 * only administrator who lost theirs and has no recovery codes (B-17, H-03): the owner and the history are told, and the
 * next login leads to a new registration. False where there was no token.
 */
export const revokeToken = async (deps: Deps, tx: Tx, actor: Actor, user: Named): Promise<boolean> => {
  const holder = { companyId: user.companyId, userId: user.userId }
  const { count } = await tx.otpToken.updateMany({
    where: { ...holder, state: 'active' },
    data: { state: 'revoked', revokedAt: deps.clock.now() },
  })
  if (count === 0) return false
  await tellOwner(deps, tx, holder, { happening: 'revoked' })
  await audit.record(deps, tx, OtpRevoked, entryAbout(actor, user))
  return true
}

/** Revokes an officer's token in the transaction of their recovery by two others (H-08): the next login registers anew. */
export const revokeStaffToken = async (
  deps: Pick<Deps, 'clock'>,
  tx: Pick<Tx, 'otpToken'>,
  staffId: string,
): Promise<boolean> => {
  const { count } = await tx.otpToken.updateMany({
    where: { staffId, state: 'active' },
    data: { state: 'revoked', revokedAt: deps.clock.now() },
  })
  return count > 0
}

const suspended = {
  OR: [{ suspendedAt: { not: null } }, { failures: { gte: failuresUntilSuspension } }],
}
