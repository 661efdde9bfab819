import { verifyAuthenticationResponse } from '@simplewebauthn/server'
import type { Deps } from '../../deps.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import { type ChallengeOwner, relyingParty, takeChallenge } from './commands.challenges.ts'
import { readAssertion } from './forms.ts'

/**
 * Verifies a browser's answer against the passkeys of one user: signed by one of theirs, on our origin, by somebody the
 * device has verified, over a challenge of this owner that has not been answered yet. Nobody (`holder` undefined) costs
 * the same look (B-05). Records nothing. Gives the id of the passkey, which may be removed before it has opened anything.
 */
export const verifyPasskey = async (
  deps: Deps,
  holder: { companyId: string; userId: string } | undefined,
  asked: ChallengeOwner,
  response: string,
): Promise<Result<{ passkeyId: string }, 'passkey.unreadable' | 'passkey.refused'>> => {
  const read = readAssertion(response)
  if (!read) return refuse('passkey.unreadable')
  const passkey = await deps.db.passkey.findFirst({
    where: holder ? { ...holder, credentialId: read.id } : { credentialId: '' },
  })
  if (!passkey) return refuse('passkey.refused')
  const { id, origin } = relyingParty(deps)
  try {
    const answer = await verifyAuthenticationResponse({
      response: read,
      expectedChallenge: challenge => takeChallenge(deps, asked, challenge),
      expectedOrigin: origin,
      expectedRPID: id,
      credential: {
        id: passkey.credentialId,
        publicKey: passkey.publicKey,
        counter: Number(passkey.counter),
      },
      requireUserVerification: true,
    })
    if (!answer.verified) return refuse('passkey.refused')
    const counter = BigInt(answer.authenticationInfo.newCounter)
    // Synchronised passkeys stay at zero; a counter that counts must go up.
    const kept = await deps.db.passkey.updateMany({
      where: { id: passkey.id, ...(counter > 0n && { counter: { lt: counter } }) },
      data: { counter, lastUsedAt: deps.clock.now() },
    })
    return kept.count === 1 ? ok({ passkeyId: passkey.id }) : refuse('passkey.refused')
  } catch (error) {
    // The library throws for everything that is wrong with an answer; its words are for the log.
    deps.log.info({ err: error }, 'a passkey was not accepted')
    return refuse('passkey.refused')
  }
}
