import type { Deps } from '../../deps.ts'
import { type Holder, personOf } from '../../kernel/actor.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { openSeed, type TokenOwner } from './commands.ts'
import { isSuspended, keyAddress, keyText } from './otp.ts'

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
