import type { Deps } from '../../deps.ts'
import type { StrangerActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import type { HashingPlace } from '../../platform/hasher.ts'
import { eraseOnce } from '../../platform/shown-once.ts'
import type { SecurityPolicy } from '../../policy/policy.ts'
import type { Candidate } from '../candidates/index.ts'
import { provePasskeyForEnrolment, stillHolds } from '../passkeys/index.ts'
import { AcquisitionPasswordVoided } from './events.ts'

/** What stands beside the login password at the enrolment page (chapter A, «proof to enrol»). */
export type SecondProof = 'acquisition-password' | 'passkey'

export type SecondProofRefusal =
  | 'enrolment.wrongAcquisitionPassword'
  | 'enrolment.noAcquisitionPassword'
  | 'enrolment.wrongPasskey'

export type SecondProofTry =
  | { right: true; by: 'acquisition-password'; id: string }
  | { right: true; by: 'passkey'; id: string }
  /** `exhausted`: this was the acquisition password's last try. */
  | { right: false; why: SecondProofRefusal; exhausted?: { id: string; failures: number } }

/** Compares an acquisition password; its tries count only for who knows the login password (B-07). */
export const tryAcquisitionPassword = (
  deps: Deps,
  user: Candidate['user'] | undefined,
  policy: SecurityPolicy | undefined,
  password: string,
): Promise<SecondProofTry> =>
  deps.hasher.withPlace('stranger', place => compareAcquisition(deps, place, user, policy, password))

const compareAcquisition = async (
  deps: Deps,
  place: HashingPlace,
  user: Candidate['user'] | undefined,
  policy: SecurityPolicy | undefined,
  password: string,
): Promise<SecondProofTry> => {
  const now = deps.clock.now()
  const most = policy?.acquisitionPassword.failuresUntilVoid ?? 0
  const [row] = await deps.db.$queryRaw<{ id: string; hash: string; failures: number }[]>`
    UPDATE acquisition_password SET failures = failures + 1
     WHERE user_id = ${user?.id ?? null}::uuid AND used_at IS NULL AND voided_at IS NULL
       AND expires_at > ${now}::timestamptz AND failures < ${most}
    RETURNING id, hash, failures`
  if (!row) {
    await place.verifyNobody(password)
    return { right: false, why: 'enrolment.noAcquisitionPassword' }
  }
  const { id, failures } = row
  if (await place.verify(row.hash, password)) return { right: true, by: 'acquisition-password', id }
  return {
    right: false,
    why: 'enrolment.wrongAcquisitionPassword',
    ...(failures >= most && { exhausted: { id, failures } }),
  }
}

/**
 * Uses a proof up, on the held row of its user: an acquisition password once only, of several at the same time one finds it
 * unused. A passkey's challenge is used up already, but the passkey may have been removed since, for its device was lost
 * (C-19).
 */
export const useProof = async (
  deps: Deps,
  tx: Tx,
  holder: { companyId: string; userId: string },
  proof: SecondProofTry & { right: true },
): Promise<Result<null, SecondProofRefusal>> => {
  if (proof.by === 'passkey')
    return (await stillHolds(tx, holder, proof.id)) ? ok(null) : refuse('enrolment.wrongPasskey')
  const { count } = await tx.acquisitionPassword.updateMany({
    where: { id: proof.id, usedAt: null, voidedAt: null },
    // The try that was taken before the comparison is given back: it was none (B-07).
    data: { usedAt: deps.clock.now(), failures: { decrement: 1 } },
  })
  return count === 1 ? ok(null) : refuse('enrolment.noAcquisitionPassword')
}

/** Ends an acquisition password whose tries are used up (B-07). */
export const voidExhausted = (
  deps: Deps,
  actor: StrangerActor,
  user: Candidate['user'],
  { id, failures }: { id: string; failures: number },
): Promise<void> =>
  inTx(deps, async tx => {
    const { count } = await tx.acquisitionPassword.updateMany({
      where: { id, usedAt: null, voidedAt: null },
      data: { voidedAt: deps.clock.now() },
    })
    if (count === 0) return
    await eraseOnce(tx, [id])
    await audit.record(deps, tx, AcquisitionPasswordVoided, {
      actor,
      companyId: user.companyId,
      subject: { kind: 'user', id: user.id, label: user.loginId },
      details: { failures },
    })
  })

/**
 * Verifies the passkey that a browser signed this attempt's challenge with. Nobody, and who typed a wrong password, cost
 * the same look for it (B-05); the strangers' count, taken with the password, goes on counting until all is right (B-07).
 */
export const tryPasskey = async (
  deps: Deps,
  user: Candidate['user'] | undefined,
  attempt: string,
  response: string,
): Promise<SecondProofTry> => {
  const holder = user && { companyId: user.companyId, userId: user.id }
  const proved = await provePasskeyForEnrolment(deps, holder, attempt, response)
  return proved.ok
    ? { right: true, by: 'passkey', id: proved.value.passkeyId }
    : { right: false, why: 'enrolment.wrongPasskey' }
}
