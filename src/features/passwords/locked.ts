import type { Clock } from '../../kernel/clock.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import type { Locked, SecurityPolicy } from '../../policy/policy.ts'
import { isSuspended } from '../otp/index.ts'
import { isLocked } from './credential.ts'

/**
 * The user whose lock it is, with what the policy asks about them: who may release depends on it (chapter A). An
 * administrator who can't get in, or can't confirm, helps nobody: with the others locked, blocked or suspended, each of
 * them is the last, and the company is not shut out of its own portal (B-06).
 */
export const lockedUser = async (
  deps: { clock: Clock },
  tx: Pick<Tx, 'user'>,
  policy: Pick<SecurityPolicy, 'lock'>,
  user: { companyId: string; userId: string },
): Promise<Locked> => {
  const { role } = await tx.user.findUniqueOrThrow({
    where: { companyId_id: { companyId: user.companyId, id: user.userId } },
    select: { role: true },
  })
  if (role === 'user') return { role, lastAdministrator: false }
  const others = await tx.user.findMany({
    where: {
      companyId: user.companyId,
      id: { not: user.userId },
      role: { not: 'user' },
      serviceState: 'available',
    },
    select: {
      credentials: { select: { failures: true, lockedAt: true, lockedUntil: true } },
      codeFailures: { where: { suspendedAt: { not: null } }, select: { purpose: true } },
      otpTokens: { where: { state: 'active' }, select: { failures: true, suspendedAt: true } },
    },
  })
  const now = deps.clock.now()
  const able = others.filter(
    ({ credentials, otpTokens, codeFailures }) =>
      !credentials.some(each => isLocked(each, policy.lock, now)) &&
      !otpTokens.some(isSuspended) &&
      codeFailures.length === 0,
  )
  return { role, lastAdministrator: able.length === 0 }
}
