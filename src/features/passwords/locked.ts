import type { Clock } from '../../kernel/clock.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { isHelpless } from '../../policy/appointment.ts'
import type { SecurityPolicy } from '../../policy/policy.ts'
import type { Locked } from '../../policy/who-helps.ts'
import { isSuspended } from '../otp/index.ts'
import { isLocked } from './credential.ts'

/**
 * The user whose lock it is, with what the policy asks about them: who may release depends on it (chapter A). Who can't get
 * in, or can't confirm, helps nobody, and neither does who does not manage this user: a contractor is the bank's to help, and
 * so is an administrator whose contractor is out, however many other administrators there are (B-06, D-14).
 */
export const lockedUser = async (
  deps: { clock: Clock },
  tx: Pick<Tx, 'user'>,
  policy: Pick<SecurityPolicy, 'lock' | 'roles'>,
  user: { companyId: string; userId: string },
): Promise<Locked> => {
  const { role } = await tx.user.findUniqueOrThrow({
    where: { companyId_id: { companyId: user.companyId, id: user.userId } },
    select: { role: true },
  })
  if (role === 'user') return { role, helpless: false }
  const others = await tx.user.findMany({
    where: {
      companyId: user.companyId,
      id: { not: user.userId },
      role: { not: 'user' },
      serviceState: { not: 'deleted' },
    },
    select: {
      id: true,
      role: true,
      serviceState: true,
      credentials: { select: { failures: true, lockedAt: true, lockedUntil: true } },
      codeFailures: { where: { suspendedAt: { not: null } }, select: { purpose: true } },
      otpTokens: { where: { state: 'active' }, select: { failures: true, suspendedAt: true } },
    },
  })
  const now = deps.clock.now()
  const people = others.map(({ credentials, otpTokens, codeFailures, ...person }) => ({
    ...person,
    able:
      person.serviceState === 'available' &&
      !credentials.some(each => isLocked(each, policy.lock, now)) &&
      !otpTokens.some(isSuspended) &&
      codeFailures.length === 0,
  }))
  return { role, helpless: isHelpless({ id: user.userId, role }, people, policy) }
}
