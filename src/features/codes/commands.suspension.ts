import type { Deps } from '../../deps.ts'
import { type Actor, holderOf, type UserActor } from '../../kernel/actor.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { toUser } from '../../platform/outbox/to-user.ts'
import { type CodePurpose, codeRules, failuresUntilSuspension } from './code.ts'
import { CodeSuspended, CodeSuspensionLifted } from './events.ts'
import { CodeSuspensionMail } from './mails.ts'

type Holder = { companyId: string; userId: string }

/** Whether codes of this purpose are suspended for a user, after too many wrong ones in a row. */
export const isCodeSuspended = async (
  db: Pick<Tx, 'codeFailures'>,
  holder: Holder,
  purpose: CodePurpose,
): Promise<boolean> =>
  (await db.codeFailures.count({ where: { ...holder, purpose, suspendedAt: { not: null } } })) > 0

const tellOwner = async (
  deps: Deps,
  tx: Tx,
  holder: Holder,
  change: { happening: 'suspended' | 'lifted'; from?: string },
): Promise<void> => {
  await outbox.put(deps, tx, CodeSuspensionMail, {
    ...(await toUser(tx, holder)),
    params: { at: deps.clock.now(), ...change },
  })
}

/**
 * Counts a wrong code across all codes of its purpose: each one has its few tries, and a new one could be asked for ever
 * again. Where a code stands for the person, the twentieth in a row suspends the purpose, in one transaction with the
 * mail to its owner; true when it is suspended.
 */
export const countWrongCode = (deps: Deps, actor: UserActor, purpose: CodePurpose): Promise<boolean> =>
  inTx(deps, async tx => {
    if (!codeRules[purpose].standsForPerson) return false
    const now = deps.clock.now()
    const [row] = await tx.$queryRaw<{ failures: number; suspendedAt: Date | null }[]>`
      INSERT INTO code_failures AS f (company_id, user_id, purpose, failures)
      VALUES (${actor.companyId}::uuid, ${actor.id}::uuid, ${purpose}, 1)
      ON CONFLICT (company_id, user_id, purpose) DO UPDATE SET failures = f.failures + 1
      RETURNING failures, suspended_at AS "suspendedAt"`
    if (!row || row.failures < failuresUntilSuspension) return false
    if (row.suspendedAt) return true
    const holder = holderOf(actor)
    await tx.codeFailures.updateMany({ where: { ...holder, purpose }, data: { suspendedAt: now } })
    await tx.authenticationCode.updateMany({
      where: { ...holder, purpose, usedAt: null, voidedAt: null },
      data: { voidedAt: now },
    })
    const { ip } = actor.origin
    await tellOwner(deps, tx, holder, { happening: 'suspended', ...(ip && { from: ip }) })
    await audit.record(deps, tx, CodeSuspended, {
      actor,
      companyId: actor.companyId,
      subject: { kind: 'user', id: actor.id, label: actor.loginId },
      details: { codePurpose: purpose, failures: row.failures },
    })
    return true
  })

/** A right code ends the count; a suspension that struck meanwhile stays. */
export const forgetWrongCodes = async (deps: Deps, actor: UserActor, purpose: CodePurpose): Promise<void> => {
  await deps.db.codeFailures.deleteMany({ where: { ...holderOf(actor), purpose, suspendedAt: null } })
}

/**
 * Lifts the suspensions of a user's codes in the transaction of a release of locks, which has asked who may: tells the
 * owner and the history. False where nothing was suspended.
 */
export const liftCodeSuspensions = async (
  deps: Deps,
  tx: Tx,
  actor: Actor,
  user: Holder & { loginId: string },
  why: { caseId: string | null; caseReason: string },
): Promise<boolean> => {
  const { loginId, ...holder } = user
  const { count } = await tx.codeFailures.deleteMany({ where: { ...holder, suspendedAt: { not: null } } })
  if (count === 0) return false
  await tellOwner(deps, tx, holder, { happening: 'lifted' })
  await audit.record(deps, tx, CodeSuspensionLifted, {
    actor,
    companyId: holder.companyId,
    subject: { kind: 'user', id: holder.userId, label: loginId },
    details: why,
  })
  return true
}
