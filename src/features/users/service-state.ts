import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { type ServiceStateRefusal, serviceStateAfter } from '../../policy/user-states.ts'
import { endAllOf } from '../certificates/index.ts'
import { voidResetLinks } from '../passwords/index.ts'
import { endSessionsOf } from '../sessions/index.ts'
import {
  ServiceStateRefused,
  UserDeleted,
  UserDeletionRefused,
  UserResumed,
  UserSuspended,
} from './events.ts'
import { takesOnlyOther } from './guard-rails.ts'
import { ServiceStateMail } from './mails.ts'
import { type Managed, type ManagingRefusal, managing, otherAdministrators, reachOf } from './managing.ts'
import { contractOf, findUser, type UserRecord } from './queries.ts'

export type ServiceAct = 'suspend' | 'resume' | 'delete'
export type ServiceActRefusal =
  | ManagingRefusal
  | ServiceStateRefusal
  | 'user.ownService'
  | 'user.onlyOtherAdministrator'
  | 'user.suspendedByBank'

/** Whether an administrator may begin to suspend, resume or delete this user; the command decides on the held row. */
export const mayBeginServiceAct = async (
  deps: Deps,
  actor: UserActor,
  act: ServiceAct,
  userId: string,
): Promise<Result<UserRecord, ServiceActRefusal>> => {
  const found = await findUser(deps, actor, userId)
  if (!found.ok) return found
  const { policy } = await contractOf(deps.db, actor)
  if (!(await reachOf(deps.db, actor, policy)).manages(found.value)) return refuse('user.notManaged')
  const may = mayAct(actor, act, found.value)
  if (!may.ok) return may
  return act === 'delete' && (await isOnlyOther(deps.db, actor, found.value))
    ? refuse('user.onlyOtherAdministrator')
    : found
}

/** Whether a deletion would leave nobody beside the actor who administers; a suspension can be ended, and leaves one (D-11). */
const isOnlyOther = async (
  db: Pick<Tx, 'user'>,
  actor: UserActor,
  { id, role }: Pick<UserRecord, 'id' | 'role'>,
): Promise<boolean> =>
  takesOnlyOther(
    { actorId: actor.id, userId: id, before: role },
    (await otherAdministrators(db, actor)).length,
  )

/** Nobody takes themselves out of service: the page that says so would be the last they see (D-11). */
const mayAct = (
  actor: { id: string },
  act: ServiceAct,
  user: Pick<UserRecord, 'id' | 'serviceState' | 'suspendedByBank'>,
): Result<UserRecord['serviceState'], ServiceActRefusal> => {
  if (actor.id === user.id) return refuse('user.ownService')
  // What the bank has suspended is the bank's to resume (H-03).
  if (act === 'resume' && user.suspendedByBank) return refuse('user.suspendedByBank')
  return serviceStateAfter(user.serviceState, act)
}

/** Which of these acts an administrator is offered for a user of theirs. */
export const serviceActsOffered = (
  actor: { id: string },
  user: Pick<UserRecord, 'id' | 'serviceState' | 'suspendedByBank'>,
): ServiceAct[] => (['suspend', 'resume', 'delete'] as const).filter(act => mayAct(actor, act, user).ok)

const move = async (
  deps: Deps,
  tx: Tx,
  { user, actor, company, locale }: Managed,
  act: ServiceAct,
  serviceState: UserRecord['serviceState'],
): Promise<number> => {
  const where = { companyId_id: { companyId: actor.companyId, id: user.id } }
  const at = deps.clock.now()
  await tx.user.update({
    where,
    data: { serviceState, version: { increment: 1 }, ...(act === 'delete' && { deletedAt: at }) },
  })
  await outbox.put(deps, tx, ServiceStateMail, {
    companyId: actor.companyId,
    userId: user.id,
    recipient: user.email,
    locale,
    addressee: { company: company.name, name: user.name },
    params: { at, changedBy: actor.name, act },
  })
  return act === 'resume' ? 0 : endSessionsOf(deps, tx, { userId: user.id }, 'user')
}

/**
 * 利用停止 and its end (D-15): a suspended user's sessions end at once and none opens, their record, certificates and locks
 * stay as they are. Refuses what does not follow from the present state, one's own, and what the guard rails forbid.
 */
export const changeServiceState = (
  deps: Deps,
  actor: UserActor,
  act: 'suspend' | 'resume',
  { userId, reason }: { userId: string; reason: string },
): Promise<Result<{ userId: string }, ServiceActRefusal>> =>
  managing(
    deps,
    actor,
    userId,
    async (tx, managed): Promise<Result<{ userId: string }, ServiceActRefusal>> => {
      const next = mayAct(actor, act, managed.user)
      if (!next.ok) return next
      const sessionsEnded = await move(deps, tx, managed, act, next.value)
      await audit.record(deps, tx, act === 'suspend' ? UserSuspended : UserResumed, {
        actor,
        companyId: actor.companyId,
        subject: { kind: 'user', id: userId, label: managed.user.loginId },
        details: { caseReason: reason, sessionsEnded },
      })
      return ok({ userId })
    },
  )

/** A deleted user as the result page shows them, as they were: the queries know them no more. */
export type DeletedUser = Pick<
  UserRecord,
  'loginId' | 'name' | 'email' | 'emailState' | 'role' | 'serviceState'
>

/**
 * Deletes a user (D-09): their certificates are revoked, their sessions and whatever else leads in end, and their login
 * ID is not given again. The row stays with its history.
 */
export const deleteUser = (
  deps: Deps,
  actor: UserActor,
  userId: string,
): Promise<Result<DeletedUser, ServiceActRefusal>> =>
  managing(deps, actor, userId, async (tx, managed): Promise<Result<DeletedUser, ServiceActRefusal>> => {
    const { loginId, name, email, emailState, role, serviceState } = managed.user
    const next = mayAct(actor, 'delete', managed.user)
    if (!next.ok || serviceState === 'deleted') return next.ok ? refuse('user.notFound') : next
    if (await isOnlyOther(tx, actor, managed.user)) return refuse('user.onlyOtherAdministrator')
    const holder = { companyId: actor.companyId, userId }
    const revoked = await endAllOf(deps, tx, actor, holder, 'userLeft')
    await voidResetLinks(deps, tx, holder)
    const sessionsEnded = await move(deps, tx, managed, 'delete', next.value)
    await audit.record(deps, tx, UserDeleted, {
      actor,
      companyId: actor.companyId,
      subject: { kind: 'user', id: userId, label: loginId },
      details: {
        before: { loginId, name, email, role, serviceState },
        certificates: revoked.length,
        sessionsEnded,
      },
    })
    return ok({ loginId, name, email, emailState, role, serviceState })
  })

/** Records an act that was refused at 「実行」; its own transaction has been rolled back (F-02). */
export const recordServiceActRefused = async (
  deps: Deps,
  actor: UserActor,
  act: ServiceAct,
  { userId, reason = '' }: { userId: string; reason?: string },
  refusal: string,
): Promise<void> => {
  const found = await findUser(deps, actor, userId)
  const entry = {
    actor,
    companyId: actor.companyId,
    ...(found.ok && { subject: { kind: 'user', id: userId, label: found.value.loginId } }),
    outcome: 'refused' as const,
    reason: refusal,
  }
  if (act === 'delete') await audit.recordAlone(deps, UserDeletionRefused, { ...entry, details: {} })
  else
    await audit.recordAlone(deps, ServiceStateRefused, {
      ...entry,
      details: { serviceAct: act, caseReason: reason },
    })
}
