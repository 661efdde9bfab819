import type { Prisma } from '../../generated/prisma/client.ts'
import type { UserRole } from '../../generated/prisma/enums.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { isId } from '../../kernel/ids.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { failuresUntilSuspension, isSuspended } from './otp.ts'
import type { OtpStanding } from './queries.ts'

/** A user who holds a token. */
export type OtpHolder = {
  id: string
  loginId: string
  name: string
  role: UserRole
  standing: Exclude<OtpStanding, 'none'>
  registeredAt: Date | null
  suspendedAt: Date | null
}

const holderOf = ({
  user,
  ...token
}: {
  failures: number
  suspendedAt: Date | null
  registeredAt: Date | null
  user: Pick<OtpHolder, 'id' | 'loginId' | 'name' | 'role'> | null
}): OtpHolder => {
  if (!user) throw new Error('a company’s token has no user')
  return {
    ...user,
    standing: isSuspended(token) ? 'suspended' : 'active',
    registeredAt: token.registeredAt,
    suspendedAt: token.suspendedAt,
  }
}

const shown = {
  failures: true,
  suspendedAt: true,
  registeredAt: true,
  user: { select: { id: true, loginId: true, name: true, role: true } },
} as const

/**
 * The users of the actor's company who hold a token, by login ID, a page of `size`, with how many there are in all; for
 * 利用停止解除 only the suspended ones. `among`: which users may be in the list at all. A page past the end shows the last.
 */
export const otpHolders = async (
  db: Pick<Tx, 'otpToken'>,
  actor: UserActor,
  {
    suspendedOnly,
    among,
    page,
    size,
  }: { suspendedOnly: boolean; among: Prisma.UserWhereInput; page: number; size: number },
): Promise<{ holders: OtpHolder[]; total: number; page: number }> => {
  const where: Prisma.OtpTokenWhereInput = {
    companyId: actor.companyId,
    state: 'active',
    user: { AND: [{ serviceState: { not: 'deleted' } }, among] },
    ...(suspendedOnly && {
      OR: [{ suspendedAt: { not: null } }, { failures: { gte: failuresUntilSuspension } }],
    }),
  }
  const total = await db.otpToken.count({ where })
  const current = Math.min(page, Math.max(1, Math.ceil(total / size)))
  const tokens = await db.otpToken.findMany({
    where,
    orderBy: [{ user: { loginIdKey: 'asc' } }, { id: 'asc' }],
    skip: (current - 1) * size,
    take: size,
    select: shown,
  })
  return { holders: tokens.map(holderOf), total, page: current }
}

/** One user of the actor's company with their token; another company's is not found either (security.md). */
export const findOtpHolder = async (
  db: Pick<Tx, 'otpToken'>,
  actor: UserActor,
  userId: string,
): Promise<OtpHolder | undefined> => {
  if (!isId(userId)) return undefined
  const token = await db.otpToken.findFirst({
    where: {
      companyId: actor.companyId,
      userId,
      state: 'active',
      user: { serviceState: { not: 'deleted' } },
    },
    select: shown,
  })
  return token ? holderOf(token) : undefined
}
