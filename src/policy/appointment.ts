import type { RoleWords } from './policy.ts'
import type { ServiceState } from './user-states.ts'

export type Role = 'user' | 'administrator' | 'contractor'

/**
 * The states in which a contractor is one. Whom the bank has suspended appoints nobody and may be gone for good: a company
 * must not wait for them (D-14). A 閉塞 ends by the bank's release.
 */
export const contractorStates = ['available', 'blocked'] as const satisfies ServiceState[]

/** Whether one of these people is the company's contractor, as far as that decides who appoints (D-14). */
export const hasContractor = (people: readonly { role: Role; serviceState: ServiceState }[]): boolean =>
  people.some(
    ({ role, serviceState }) =>
      role === 'contractor' && contractorStates.some(state => state === serviceState),
  )

/**
 * Whether administrators are appointed by the contractor alone (D-14): where the company's manual has 契約者 and the
 * company has one. Until the bank has registered one its administrators appoint each other, lest nobody can.
 */
export const contractorAppoints = (policy: { roles: RoleWords }, hasContractor: boolean): boolean =>
  policy.roles.contractor && hasContractor

/** Whether somebody may give the administrator right, or take it away. */
export const mayAppoint = (actor: { role: Role }, byContractor: boolean): boolean =>
  actor.role === 'contractor' || (actor.role === 'administrator' && !byContractor)

/** Whom of the others somebody manages, by role; a contractor is the bank's to manage (D-14). */
export const managedRoles = (actor: { role: Role }, byContractor: boolean): Role[] => {
  if (actor.role === 'user') return []
  return mayAppoint(actor, byContractor) ? ['user', 'administrator'] : ['user']
}

/**
 * Whether somebody manages this user: changes, suspends, deletes them. A contractor is the bank's to manage, and
 * administrators are those' who appoint them; everybody who manages users keeps the record that is their own.
 */
export const mayManage = (
  actor: { id: string; role: Role },
  target: { id: string; role: Role },
  byContractor: boolean,
): boolean => {
  if (actor.role === 'user') return false
  return actor.id === target.id || managedRoles(actor, byContractor).includes(target.role)
}

/**
 * Whether nobody of the company can help this administrator or contractor: a contractor is the bank's to manage, and an
 * administrator that of the last of their managers who is able to (B-06, B-17, D-14).
 * @param others the company's other people; `able` where they could act this moment
 */
export const isHelpless = (
  user: { id: string; role: Role },
  others: readonly { id: string; role: Role; serviceState: ServiceState; able: boolean }[],
  policy: { roles: RoleWords },
): boolean => {
  if (user.role === 'user') return false
  const byContractor = contractorAppoints(policy, hasContractor(others))
  return !others.some(other => other.able && mayManage(other, user, byContractor))
}
