import type { Tx } from '../../platform/db/in-tx.ts'
import type { Locked } from '../../policy/policy.ts'

/** The user whose lock it is, with what the policy asks about them: who may release depends on it (chapter A). */
export const lockedUser = async (
  tx: Pick<Tx, 'user'>,
  user: { companyId: string; userId: string },
): Promise<Locked> => {
  const { role } = await tx.user.findUniqueOrThrow({
    where: { companyId_id: { companyId: user.companyId, id: user.userId } },
    select: { role: true },
  })
  const others = await tx.user.count({
    where: {
      companyId: user.companyId,
      id: { not: user.userId },
      role: { not: 'user' },
      serviceState: 'available',
    },
  })
  return { role, lastAdministrator: role !== 'user' && others === 0 }
}
