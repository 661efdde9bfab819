import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import type { SecurityPolicy } from '../../policy/policy.ts'
import { mayRelease } from '../../policy/who-helps.ts'
import { liftCodeSuspensions } from '../codes/index.ts'
import { LockReleased, LockReleasedMail, lockedUser, releaseLock } from '../passwords/index.ts'
import { stillManages } from './commands.ts'
import { type Reach, reachOf } from './managing.ts'
import { contractOf, findUser, type UserRecord } from './queries.ts'

export type LockReleaseRefusal =
  | 'access.forbidden'
  | 'user.notFound'
  | 'user.notManaged'
  | 'lock.notLocked'
  | 'lock.own'
  | 'lock.notAdministrator'

export const longestReason = 200

/** Whether this administrator is offered 「ロック解除」 for a user of theirs; the command decides on held rows. */
export const offersRelease = (
  policy: SecurityPolicy,
  actor: UserActor,
  reach: Reach,
  user: Pick<UserRecord, 'id' | 'role' | 'locked' | 'strangersEnd' | 'codesSuspended'> & {
    confirmationLocked?: boolean
    serviceState: string
  },
): boolean =>
  (user.locked ||
    user.strangersEnd ||
    user.codesSuspended ||
    user.confirmationLocked === true ||
    user.serviceState === 'blocked') &&
  user.id !== actor.id &&
  reach.manages(user) &&
  mayRelease(policy, actor, { role: user.role, helpless: false })

/** Whether an administrator may begin to release the locks of this user. */
export const mayBeginRelease = async (
  deps: Pick<Deps, 'clock'>,
  db: Tx,
  actor: UserActor,
  userId: string,
): Promise<Result<UserRecord, LockReleaseRefusal>> => {
  const found = await findUser({ ...deps, db }, actor, userId)
  if (!found.ok) return refuse('user.notFound')
  // A second pair of eyes: whoever could undo their own lock would have none (B-06).
  if (found.value.id === actor.id) return refuse('lock.own')
  const { policy } = await contractOf(db, actor)
  // Who releases a lock opens the way in: a contractor is the bank's to manage, administrators the contractor's (D-14).
  const reach = await reachOf(db, actor, policy)
  if (!reach.manages(found.value)) return refuse('user.notManaged')
  const locked = await lockedUser(deps, db, policy, { companyId: actor.companyId, userId })
  if (!mayRelease(policy, actor, locked)) return refuse('lock.notAdministrator')
  return offersRelease(policy, actor, reach, found.value) ? found : refuse('lock.notLocked')
}

/**
 * Releases the locks and the block of a user of the actor's company, where the policy leaves that to administrators
 * (B-06, D-10): both passwords and the codes, with the reason in the history and a mail to the user.
 */
export const releaseForCompany = (
  deps: Deps,
  actor: UserActor,
  { userId, reason }: { userId: string; reason: string },
): Promise<Result<{ userId: string }, LockReleaseRefusal>> =>
  inTx(deps, async (tx): Promise<Result<{ userId: string }, LockReleaseRefusal>> => {
    if (!(await stillManages(tx, actor))) return refuse('access.forbidden')
    const begun = await mayBeginRelease(deps, tx, actor, userId)
    if (!begun.ok) return begun
    const user = begun.value
    const { company, policy } = await contractOf(tx, actor)
    const holder = { companyId: actor.companyId, userId }
    const released: { which: 'login' | 'confirmation' | 'codes'; lockedAt: Date | null }[] = []
    for (const which of ['login', 'confirmation'] as const) {
      const done = await releaseLock(deps, tx, holder, `${which}_password`, policy.lock)
      if (done.ok) released.push({ which, lockedAt: done.value.lockedAt })
    }
    const passwords = released.length > 0
    const suspended = await tx.codeFailures.findFirst({
      where: { ...holder, suspendedAt: { not: null } },
      select: { suspendedAt: true },
    })
    const lifted = await liftCodeSuspensions(
      deps,
      tx,
      actor,
      { ...holder, loginId: user.loginId },
      { caseId: null, caseReason: reason },
    )
    if (lifted) released.push({ which: 'codes', lockedAt: suspended?.suspendedAt ?? null })
    if (released.length === 0) return refuse('lock.notLocked')
    const { locale } = await tx.user.findUniqueOrThrow({
      where: { companyId_id: { companyId: actor.companyId, id: userId } },
      select: { locale: true },
    })
    // Of the codes alone their own mail tells.
    if (passwords)
      await outbox.put(deps, tx, LockReleasedMail, {
        ...holder,
        recipient: user.email,
        locale,
        addressee: { company: company.name, name: user.name },
        params: { at: deps.clock.now(), by: 'administrator' },
      })
    for (const { which, lockedAt } of released)
      await audit.record(deps, tx, LockReleased, {
        actor,
        companyId: actor.companyId,
        subject: { kind: 'user', id: userId, label: user.loginId },
        details: {
          which,
          lockedAt: lockedAt?.toISOString() ?? null,
          caseId: null,
          caseReason: reason,
          formReceivedOn: null,
        },
      })
    return ok({ userId })
  })

/** Records a release that was refused at 「実行」; its own transaction has been rolled back (F-02). */
export const recordReleaseRefused = async (
  deps: Deps,
  actor: UserActor,
  { userId, reason }: { userId: string; reason: string },
  refusal: string,
): Promise<void> => {
  const found = await findUser(deps, actor, userId)
  await audit.recordAlone(deps, LockReleased, {
    actor,
    companyId: actor.companyId,
    ...(found.ok && { subject: { kind: 'user', id: userId, label: found.value.loginId } }),
    details: { which: null, lockedAt: null, caseId: null, caseReason: reason, formReceivedOn: null },
    outcome: 'refused',
    reason: refusal,
  })
}
