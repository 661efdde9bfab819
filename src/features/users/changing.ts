import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import {
  type AcceptedChange,
  accept,
  applyChange,
  type Changed,
  type ChangeRefusal,
  type UserChange,
} from './change.ts'
import { factsChanged } from './change-facts.ts'
import { putChangeRequest } from './change-requests.ts'
import { UserChangeRefused } from './events.ts'
import { needsSecond, type Rights, takesOnlyOther } from './guard-rails.ts'
import { managing, otherAdministrators, reachOf } from './managing.ts'
import { limitedServices } from './matrix.ts'
import { companyAccounts, contractOf, findUser, type UserRecord } from './queries.ts'

/**
 * Changes a user of the actor's company (D-08), in one transaction with the history and the mails: a new login ID revokes
 * the certificates that bear the old one, a new mail address is unverified and told at both, a reset password ends the
 * sessions. Rights are read anew with every request, so that what is taken away is gone at the next one.
 *
 * An administrator's raise of their own rights or limits becomes a request that waits for another one, where the company
 * has another (D-11). Refuses where the user is no longer of the version that was changed (D-12), and what the forms would
 * not have let through.
 */
export const changeUser = (
  deps: Deps,
  actor: UserActor,
  change: UserChange,
): Promise<Result<Changed, ChangeRefusal>> =>
  managing(deps, actor, change.userId, async (tx, managed): Promise<Result<Changed, ChangeRefusal>> => {
    if (managed.user.version !== change.version) return refuse('draft.targetChanged')
    const own = actor.id === change.userId
    if (own && touchesOwnPart(managed.user, change)) return refuse('user.ownPart')
    // Whoever ended the certificate of their own session would lose the page that says so.
    if (own && actor.origin.certificateSerial && change.loginId !== managed.user.loginId)
      return refuse('user.loginId.ownCertificate')
    const accepted = await accept(tx, managed, change)
    if (!accepted.ok) return accepted
    const others = await otherAdministrators(tx, actor)
    const by = { actorId: actor.id, userId: change.userId }
    if (takesOnlyOther({ ...by, before: managed.user.role, after: change.role }, others.length))
      return refuse('user.onlyOtherAdministrator')
    const raise = { ...by, before: rightsOf(managed.user), after: rightsOf(accepted.value) }
    if (needsSecond(raise, others.length))
      return putChangeRequest(
        deps,
        tx,
        managed,
        accepted.value,
        others.filter(({ available }) => available),
      )
    return applyChange(deps, tx, managed, accepted.value, change.resets)
  })

/** Whether an administrator may begin to change this user; the command decides on the held row. */
export const mayBeginChange = async (
  deps: Deps,
  actor: UserActor,
  userId: string,
): Promise<Result<UserRecord, 'user.notFound' | 'user.notManaged'>> => {
  const found = await findUser(deps, actor, userId)
  if (!found.ok) return found
  const { policy } = await contractOf(deps.db, actor)
  return (await reachOf(deps.db, actor, policy)).manages(found.value) ? found : refuse('user.notManaged')
}

/** What nobody changes about themselves here: it has a page of its own, or needs somebody else. */
const touchesOwnPart = (user: UserRecord, { email, mobile, role, resets }: UserChange): boolean =>
  email !== user.email ||
  mobile !== user.mobile ||
  role !== user.role ||
  resets.login !== undefined ||
  resets.confirmation !== undefined

/** The rights of a user, stored or to be. */
export const rightsOf = (user: {
  role: UserRecord['role']
  permissions: Iterable<string>
  accounts: readonly { id: string }[]
  limits: ReadonlyMap<string, bigint>
}): Rights => ({
  role: user.role,
  permissions: new Set(user.permissions),
  accounts: new Set(user.accounts.map(({ id }) => id)),
  limits: user.limits,
})

/** Records a change that was refused at 「実行」, and what it asked for (F-02); its own transaction has been rolled back. */
export const recordChangeRefused = async (
  deps: Deps,
  actor: UserActor,
  change: UserChange,
  reason: string,
): Promise<void> => {
  const found = await findUser(deps, actor, change.userId)
  const { resets } = change
  const reset = (['login', 'confirmation'] as const).filter(which => resets[which] !== undefined)
  await audit.recordAlone(deps, UserChangeRefused, {
    actor,
    companyId: actor.companyId,
    ...(found.ok && { subject: { kind: 'user', id: found.value.id, label: found.value.loginId } }),
    details: {
      ...(found.ok && factsChanged(found.value, await askedFor(deps, actor, found.value, change))),
      ...(reset.length > 0 && { reset }),
    },
    outcome: 'refused',
    reason,
  })
}

/** A change as it would have been stored: limits only where requests are made, accounts as the company has them. */
const askedFor = async (
  { db }: Pick<Deps, 'db'>,
  actor: UserActor,
  user: UserRecord,
  change: UserChange,
): Promise<AcceptedChange> => {
  const limited = limitedServices(user.matrix, new Set(change.permissions)).map(({ code }) => code)
  return {
    ...change,
    accounts: (await companyAccounts(db, actor)).filter(({ id }) => change.accounts.includes(id)),
    limits: new Map([...change.limits].filter(([code]) => limited.includes(code))),
  }
}
