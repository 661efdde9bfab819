import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import * as audit from '../../platform/audit/audit.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { toUser } from '../../platform/outbox/to-user.ts'
import type { SecurityPolicy } from '../../policy/policy.ts'
import { releaserToAsk } from '../../policy/who-helps.ts'
import { endSessionsOf } from '../sessions/index.ts'
import type { NewLock } from './attempts.ts'
import { PasswordBlocked, PasswordLocked } from './events.ts'
import { lockedUser } from './locked.ts'
import { BlockMail, LockMail } from './mails.ts'

/**
 * What a lock does wherever it strikes, in the transaction that sets it: a locked login password ends the user's
 * sessions, and the owner is told once (B-05, B-06). The lock that blocks takes the user out of service (閉塞) until
 * somebody releases them. A locked confirmation password stops changes, not the work.
 */
export const lockOut = async (
  deps: Deps,
  tx: Tx,
  actor: UserActor,
  which: 'login' | 'confirmation',
  policy: SecurityPolicy,
  { blocks, until }: NewLock,
): Promise<void> => {
  const holder = { companyId: actor.companyId, userId: actor.id }
  const sessionsEnded = which === 'login' ? await endSessionsOf(deps, tx, { userId: actor.id }, 'lock') : 0
  if (blocks && which === 'login')
    await tx.user.updateMany({
      where: {
        ...{ companyId: actor.companyId, id: actor.id, serviceState: 'available' },
        // Whoever's contract has ended is out already, and their state is the job's to write (H-06).
        company: { contractEndedAt: null },
      },
      data: { serviceState: 'blocked', version: { increment: 1 } },
    })
  const letter = await toUser(tx, holder)
  const happened = { at: deps.clock.now(), ...(actor.origin.ip && { from: actor.origin.ip }) }
  const release = until ? 'itself' : releaserToAsk(policy, await lockedUser(deps, tx, policy, holder))
  if (blocks && release !== 'itself')
    await outbox.put(deps, tx, BlockMail, { ...letter, params: { ...happened, ask: release } })
  else
    await outbox.put(deps, tx, LockMail, {
      ...letter,
      params: { ...happened, release, ...(until && { until }) },
    })
  await audit.record(deps, tx, blocks ? PasswordBlocked : PasswordLocked, {
    actor,
    companyId: actor.companyId,
    subject: { kind: 'user', id: actor.id, label: actor.loginId },
    details: { which, failures: policy.lock.failures, sessionsEnded },
  })
}

/** How a lock ends: by itself at a time, if the policy has it so, and before that by whom its owner asks (B-06). */
export type Release = {
  by: 'helpdesk' | 'administrator'
  until: Date | null
  /** An officer of the bank set it, not wrong passwords (H-03). */
  lockedByBank: boolean
}

/** How the lock of a user's password ends, as the lock's mail said it: for the page that says that it is locked. */
export const releaseOf = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  policy: SecurityPolicy,
  holder: { companyId: string; userId: string },
  kind: 'login_password' | 'confirmation_password',
): Promise<Release> => {
  const row = await deps.db.credential.findFirst({
    where: { ...holder, kind },
    select: { lockedUntil: true, lockedByBank: true },
  })
  return {
    by: releaserToAsk(policy, await lockedUser(deps, deps.db, policy, holder)),
    until: row?.lockedUntil ?? null,
    lockedByBank: row?.lockedByBank ?? false,
  }
}

/** Which lock a user stands before whose login password is locked: the one that ends, or the one that blocks (閉塞). */
export const whichLock = async (
  deps: Pick<Deps, 'db'>,
  actor: UserActor,
): Promise<'login.locked' | 'login.blocked'> => {
  const { serviceState } = await deps.db.user.findUniqueOrThrow({
    where: { companyId_id: { companyId: actor.companyId, id: actor.id } },
    select: { serviceState: true },
  })
  return serviceState === 'blocked' ? 'login.blocked' : 'login.locked'
}
