import type { Deps } from '../../deps.ts'
import type { Origin, UserActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { toUser } from '../../platform/outbox/to-user.ts'
import { policyOf } from '../../policy/policy.ts'
import { type Candidate, candidateActor, claimant, namesUser } from '../candidates/index.ts'
import {
  checkNextPassword,
  holdUnchanged,
  type NewPasswordRefusal,
  PasswordChangedMail,
  storePassword,
} from '../passwords/index.ts'
import { endSessionsOf } from '../sessions/index.ts'
import { PasswordResetDone, PasswordResetRefused } from './events.ts'
import { askedProofs, type GivenProofs, type ProofRefusal, proveAll } from './proofs.ts'
import { mayReset } from './queries.ts'
import { hashOfToken, resetRule } from './reset.ts'

const holderOf = (actor: UserActor) => ({ companyId: actor.companyId, userId: actor.id })

const subjectOf = ({ user }: Candidate) => ({ kind: 'user', id: user.id, label: user.loginId })

export type ResetRefusal = NewPasswordRefusal | ProofRefusal | 'password-reset.refused'

/**
 * Sets a new password by the link of a mail and the login ID, once and within half an hour (B-15). Every session of the
 * user ends; whoever logs in next does so with the new password and every factor that the policy asks for. A link that is
 * over, used, or another's is refused in the same words. A password below the rule leaves the link for another try, and so
 * does a factor that is missing or wrong, where the policy asks for every other one first (decision 0029).
 */
export const resetPassword = async (
  deps: Deps,
  given: {
    token: string
    candidate: Candidate | undefined
    loginId: string
    password: string
    proofs: GivenProofs
  },
  origin: Origin,
): Promise<Result<null, ResetRefusal>> => {
  const { candidate, loginId, password } = given
  const refused = async <R extends ResetRefusal>(reason: R, params?: Record<string, string | number>) => {
    await audit.recordAlone(deps, PasswordResetRefused, {
      actor: claimant(candidate, origin),
      companyId: candidate?.user.companyId ?? null,
      ...(candidate && { subject: subjectOf(candidate) }),
      details: {},
      outcome: 'refused',
      reason,
    })
    return params ? refuse(reason, params) : refuse(reason)
  }
  const now = deps.clock.now()
  const [link] = await deps.db.$queryRaw<{ id: string; userId: string }[]>`
    UPDATE password_reset SET tries = tries + 1
     WHERE token_hash = ${hashOfToken(given.token)} AND used_at IS NULL AND voided_at IS NULL
       AND expires_at > ${now}::timestamptz AND tries < ${resetRule.tries}
    RETURNING id, user_id AS "userId"`
  if (!link || !candidate || link.userId !== candidate.user.id || !(await mayReset(deps, candidate)))
    return refused('password-reset.refused')
  const policy = policyOf(candidate.company)
  if (!namesUser(policy, loginId, candidate.user)) return refused('password-reset.refused')
  const actor = candidateActor(candidate, origin)
  const holder = holderOf(actor)
  const checked = await checkNextPassword(
    deps,
    holder,
    'login_password',
    policy.loginPassword,
    password,
    candidate.user,
  )
  if (!checked.ok) return refused(checked.reason, checked.params)
  const proved = await proveAll(deps, actor, link.id, await askedProofs(deps, policy, holder), given.proofs)
  if (!proved.ok) return refused(proved.reason, proved.params)
  const hash = await deps.hasher.hash(password)
  const done = await inTx(deps, async (tx): Promise<Result<null, 'password-reset.refused'>> => {
    if (!(await holdUnchanged(deps, tx, holder, now)).ok) return refuse('password-reset.refused')
    const used = await tx.passwordReset.updateMany({
      where: { id: link.id, usedAt: null, voidedAt: null },
      data: { usedAt: now },
    })
    if (used.count === 0) return refuse('password-reset.refused')
    await storePassword(deps, tx, holder, 'login_password', hash, {
      forceChange: false,
      remembered: policy.loginPassword.remembered,
    })
    const otherSessionsEnded = await endSessionsOf(deps, tx, { userId: actor.id }, 'password')
    await outbox.put(deps, tx, PasswordChangedMail, {
      ...(await toUser(tx, holder)),
      params: { at: now, credential: 'login_password', ...(origin.ip && { from: origin.ip }) },
    })
    await audit.record(deps, tx, PasswordResetDone, {
      actor,
      companyId: actor.companyId,
      subject: subjectOf(candidate),
      details: { otherSessionsEnded },
    })
    return ok(null)
  })
  return done.ok ? done : refused(done.reason)
}
