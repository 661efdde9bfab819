import { generateAuthenticationOptions } from '@simplewebauthn/server'
import type { Deps } from '../../deps.ts'
import { makeChallenge, relyingParty } from './commands.challenges.ts'
import { verifyPasskey } from './commands.verification.ts'

/**
 * What a browser needs to sign with any passkey it keeps for us, before anybody is proved: the list of somebody's passkeys
 * would tell who holds one (B-05). The challenge is this attempt's.
 * @param attempt an id that only the browser's encrypted cookie carries
 */
export const passkeyForEnrolment = async (deps: Deps, attempt: string) =>
  generateAuthenticationOptions({
    rpID: relyingParty(deps).id,
    allowCredentials: [],
    challenge: await makeChallenge(deps, { purpose: 'enrolment', sessionId: attempt }),
    userVerification: 'required',
  })

/** Whether the answer is signed by a passkey of this user, over the challenge of this attempt, for the first time. */
export const provePasskeyForEnrolment = async (
  deps: Deps,
  holder: { companyId: string; userId: string } | undefined,
  attempt: string,
  response: string,
): Promise<boolean> =>
  (await verifyPasskey(deps, holder, { purpose: 'enrolment', sessionId: attempt }, response)).ok
