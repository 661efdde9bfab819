import { generateAuthenticationOptions } from '@simplewebauthn/server'
import type { Deps } from '../../deps.ts'
import type { Result } from '../../kernel/result.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
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

/** The passkey of this user that the answer is signed by, over the challenge of this attempt, for the first time. */
export const provePasskeyForEnrolment = (
  deps: Deps,
  holder: { companyId: string; userId: string } | undefined,
  attempt: string,
  response: string,
): Promise<Result<{ passkeyId: string }>> =>
  verifyPasskey(deps, holder, { purpose: 'enrolment', sessionId: attempt }, response)

/** Whether a passkey that was verified is still its user's, whose row is held: it may have been removed meanwhile. */
export const stillHolds = async (
  tx: Pick<Tx, 'passkey'>,
  holder: { companyId: string; userId: string },
  passkeyId: string,
): Promise<boolean> => (await tx.passkey.count({ where: { id: passkeyId, ...holder } })) > 0
