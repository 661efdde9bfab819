import type { Deps } from '../../deps.ts'
import { type Holder, personOf, type UserActor } from '../../kernel/actor.ts'
import { isId } from '../../kernel/ids.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { openSeed, type TokenOwner } from './commands.ts'
import { failuresUntilSuspension, isSuspended, keyAddress, keyText } from './otp.ts'

/** How a user's token stands (D-01). */
export type OtpStanding = 'none' | 'active' | 'suspended'

/** The token of one user or officer, and since when it has been registered. */
export const otpStanding = async (
  db: Pick<Tx, 'otpToken'>,
  holder: Holder,
): Promise<{ standing: OtpStanding; registeredAt: Date | null }> => {
  const token = await db.otpToken.findFirst({
    where: { ...holder, state: 'active' },
    select: { failures: true, suspendedAt: true, registeredAt: true },
  })
  if (!token) return { standing: 'none', registeredAt: null }
  return { standing: isSuspended(token) ? 'suspended' : 'active', registeredAt: token.registeredAt }
}

/** What the registration page of a session shows; undefined where it has begun none. Never to be kept, logged or sent. */
export const pendingKey = async (
  deps: Pick<Deps, 'db' | 'secretBox'>,
  actor: TokenOwner,
  sessionId: string,
  issuer: string,
): Promise<{ address: string; text: string } | undefined> => {
  const pending = await deps.db.otpToken.findFirst({
    where: { ...personOf(actor), state: 'pending', sessionId },
    select: { id: true, sealedSeed: true },
  })
  if (!pending) return undefined
  const seed = openSeed(deps, pending)
  return { address: keyAddress(seed, { issuer, label: actor.loginId }), text: keyText(seed) }
}

export type OtpHolder = {
  id: string
  loginId: string
  name: string
  standing: Exclude<OtpStanding, 'none'>
  registeredAt: Date | null
  suspendedAt: Date | null
}

/** More than this many at once is a list for the search of 利用者一覧. */
const longest = 500

const holderOf = ({
  user,
  ...token
}: {
  failures: number
  suspendedAt: Date | null
  registeredAt: Date | null
  user: { id: string; loginId: string; name: string } | null
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
  user: { select: { id: true, loginId: true, name: true } },
} as const

/** The users of the actor's company who hold a token; for 利用停止解除 only the suspended ones. */
export const otpHolders = async (
  db: Pick<Tx, 'otpToken'>,
  actor: UserActor,
  { suspendedOnly }: { suspendedOnly: boolean },
): Promise<OtpHolder[]> => {
  const tokens = await db.otpToken.findMany({
    where: {
      companyId: actor.companyId,
      state: 'active',
      user: { serviceState: { not: 'deleted' } },
      ...(suspendedOnly && {
        OR: [{ suspendedAt: { not: null } }, { failures: { gte: failuresUntilSuspension } }],
      }),
    },
    orderBy: { user: { loginIdKey: 'asc' } },
    take: longest,
    select: shown,
  })
  return tokens.map(holderOf)
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
