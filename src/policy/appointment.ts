import type { RoleWords } from './policy.ts'

export type Role = 'user' | 'administrator' | 'contractor'

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
