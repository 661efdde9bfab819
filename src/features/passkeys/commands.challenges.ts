import { createHash } from 'node:crypto'
import type { Deps } from '../../deps.ts'
import type { PasskeyPurpose } from '../../generated/prisma/enums.ts'
import { plusSeconds } from '../../kernel/clock.ts'
import { randomSeed } from '../../platform/random.ts'
import { challengeSeconds } from './passkey.ts'

export type ChallengeOwner = {
  purpose: PasskeyPurpose
  /** Absent at an enrolment, where nobody has been proved yet. */
  companyId?: string
  userId?: string
  /** The session it was made in, where an answer from another one must not count; an enrolment's attempt. */
  sessionId?: string
}

export const hashOf = (text: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(createHash('sha256').update(text).digest())

/** The bank as browsers know it: passkeys belong to the portal's host and are asked for on its origin alone. */
export const relyingParty = ({ settings }: Pick<Deps, 'settings'>): { id: string; origin: string } => ({
  id: new URL(settings.portalOrigin).hostname,
  origin: settings.portalOrigin,
})

/** A challenge of 256 random bits for a user to sign. */
export const makeChallenge = async (deps: Deps, owner: ChallengeOwner): Promise<Uint8Array<ArrayBuffer>> => {
  const now = deps.clock.now()
  const challenge = new Uint8Array(randomSeed(32))
  await deps.db.passkeyChallenge.create({
    data: {
      challengeHash: hashOf(Buffer.from(challenge).toString('base64url')),
      ...owner,
      expiresAt: plusSeconds(now, challengeSeconds),
    },
  })
  return challenge
}

/** Takes a challenge away: true for whoever comes first with it in time, for the same user and purpose, and once. */
export const takeChallenge = async (
  deps: Deps,
  owner: ChallengeOwner,
  challenge: string,
): Promise<boolean> => {
  const taken = await deps.db.passkeyChallenge.deleteMany({
    where: {
      challengeHash: hashOf(challenge),
      purpose: owner.purpose,
      companyId: owner.companyId ?? null,
      userId: owner.userId ?? null,
      sessionId: owner.sessionId ?? null,
      expiresAt: { gt: deps.clock.now() },
    },
  })
  return taken.count === 1
}
