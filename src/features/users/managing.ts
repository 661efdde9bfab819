import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { isId } from '../../kernel/ids.ts'
import { type Result, refuse } from '../../kernel/result.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import {
  contractorAppoints,
  contractorStates,
  managedRoles,
  mayAppoint,
  mayManage,
  type Role,
} from '../../policy/appointment.ts'
import { can } from '../../policy/can.ts'
import type { SecurityPolicy } from '../../policy/policy.ts'
import { type KeepingRefusal, keepingApprovers } from '../approvals/index.ts'
import { isAdministered } from './guard-rails.ts'
import { contractOf, findUser, type UserRecord } from './queries.ts'

/** A user whose row is held until the transaction ends, and whoever manages them, by the rows. */
export type Managed = {
  user: UserRecord
  /** The language of mails to the user. */
  locale: string
  actor: UserActor
  /** Whether the actor may give and take the administrator right (D-14). */
  appoints: boolean
  company: { name: string; contractNumber: string }
  policy: SecurityPolicy
}

export type ManagingRefusal =
  | 'access.forbidden'
  | 'user.notFound'
  | 'user.notManaged'
  | 'user.lastAdministrator'
  | KeepingRefusal

/**
 * Runs an administrator's act on a user inside one transaction, between the guard rails (D-11): the actor still manages
 * this user, somebody who administers is left after it, and enough approvers are. Acts of one company take turns, for the
 * company's row is held first: two administrators who remove each other find one of them gone.
 * @param reach `anybody`: an act that every administrator may do to any user of the company, such as a second look
 */
export const managing = <T, R extends string>(
  deps: Deps,
  actor: UserActor,
  userId: string,
  act: (tx: Tx, managed: Managed) => Promise<Result<T, R>>,
  reach: 'managed' | 'anybody' = 'managed',
): Promise<Result<T, R | ManagingRefusal>> =>
  inTx(deps, tx =>
    keepingApprovers(tx, actor.companyId, async (): Promise<Result<T, R | ManagingRefusal>> => {
      const managed = await holdManaged(deps, tx, actor, userId, reach)
      if (!managed.ok) return managed
      const done = await act(tx, managed.value)
      if (!done.ok) return done
      return (await administratorsOf(tx, actor.companyId)).some(({ available }) => available)
        ? done
        : refuse('user.lastAdministrator')
    }),
  )

const holdManaged = async (
  deps: Deps,
  tx: Tx,
  given: UserActor,
  userId: string,
  reach: 'managed' | 'anybody',
): Promise<Result<Managed, ManagingRefusal>> => {
  const actor = await holdActor(tx, given)
  if (!actor) return refuse('access.forbidden')
  if (!isId(userId)) return refuse('user.notFound')
  const [row] = await tx.$queryRaw<{ locale: string }[]>`
    SELECT locale FROM "user"
     WHERE company_id = ${actor.companyId}::uuid AND id = ${userId}::uuid AND service_state <> 'deleted'
       FOR UPDATE`
  if (!row) return refuse('user.notFound')
  const found = await findUser({ ...deps, db: tx }, actor, userId)
  if (!found.ok) return found
  const { company, policy } = await contractOf(tx, actor)
  const byContractor = contractorAppoints(policy, await hasContractor(tx, actor.companyId))
  if (reach === 'managed' && !mayManage(actor, found.value, byContractor)) return refuse('user.notManaged')
  return {
    ok: true,
    value: { user: found.value, ...row, actor, appoints: mayAppoint(actor, byContractor), company, policy },
  }
}

/** The actor as their row has them now: the right may have gone since the page came. */
const holdActor = async (tx: Tx, actor: UserActor): Promise<UserActor | undefined> => {
  const [row] = await tx.$queryRaw<{ role: Role }[]>`
    SELECT role::text AS role FROM "user"
     WHERE company_id = ${actor.companyId}::uuid AND id = ${actor.id}::uuid AND service_state = 'available'
       FOR SHARE`
  const held = row && { ...actor, role: row.role }
  return held && can(held, 'user:manage') ? held : undefined
}

const hasContractor = async (db: Pick<Tx, 'user'>, companyId: string): Promise<boolean> =>
  (await db.user.count({
    where: { companyId, role: 'contractor', serviceState: { in: [...contractorStates] } },
  })) > 0

type Administrator = {
  id: string
  name: string
  email: string
  locale: string
  /** Neither suspended nor blocked. */
  available: boolean
}

/** Who administers a company: all it has, who can do so now and who can't (D-11). */
export const administratorsOf = async (db: Pick<Tx, 'user'>, companyId: string): Promise<Administrator[]> => {
  const people = await db.user.findMany({
    where: { companyId, role: { not: 'user' }, serviceState: { not: 'deleted' } },
    orderBy: { loginIdKey: 'asc' },
    select: { id: true, name: true, email: true, locale: true, role: true, serviceState: true },
  })
  return people.map(({ role, serviceState, ...person }) => ({
    ...person,
    available: isAdministered([{ role, serviceState }]),
  }))
}

/** The administrators of the actor's company but themselves, whoever can act now and who can't (D-11). */
export const otherAdministrators = async (
  db: Pick<Tx, 'user'>,
  actor: Pick<UserActor, 'id' | 'companyId'>,
): Promise<Administrator[]> =>
  (await administratorsOf(db, actor.companyId)).filter(({ id }) => id !== actor.id)

/** What this actor may do about users by their company's roles (D-14); commands ask again, on held rows. */
export type Reach = {
  /** Whether they may give and take the administrator right. */
  appoints: boolean
  manages: (user: Pick<UserRecord, 'id' | 'role'>) => boolean
  /** The same for lists, as a condition on users. */
  managed: ManagedUsers
}

/** Themselves, and who has one of these roles. */
export type ManagedUsers = { OR: [{ id: string }, { role: { in: Role[] } }] }

/** How far the actor's hand reaches, for pages that offer only what it may do. */
export const reachOf = async (
  db: Pick<Tx, 'user'>,
  actor: UserActor,
  policy: Pick<SecurityPolicy, 'roles'>,
): Promise<Reach> => {
  const byContractor = contractorAppoints(
    policy,
    policy.roles.contractor && (await hasContractor(db, actor.companyId)),
  )
  return {
    appoints: mayAppoint(actor, byContractor),
    manages: user => mayManage(actor, user, byContractor),
    managed: { OR: [{ id: actor.id }, { role: { in: managedRoles(actor, byContractor) } }] },
  }
}
