import type { StaffActor, UserActor } from '../kernel/actor.ts'
import { can } from './can.ts'

export const staffRoles: readonly StaffActor['role'][] = ['operator', 'approver', 'editor', 'auditor']
export const userRoles: readonly UserActor['role'][] = ['user', 'administrator', 'contractor']

const nobody = { id: '', loginId: '', name: '', origin: {} }

/** Every permission at once: `has` is all that the rules ask of them. */
const everyPermission = { has: () => true } as unknown as ReadonlySet<string>

/**
 * Which roles may do an action, for reviewers: all of the audience's where a route names none. `user*` may with a permission of
 * the matrix alone (D-04).
 */
export const rolesFor = (audience: 'user' | 'staff', action?: string): string[] => {
  if (audience === 'staff')
    return staffRoles.filter(role => !action || can({ ...nobody, kind: 'staff', role }, action))
  return userRoles.flatMap(role => {
    const user = { ...nobody, kind: 'user' as const, companyId: '', role }
    if (!action || can({ ...user, permissions: new Set<string>() }, action)) return [role]
    return can({ ...user, permissions: everyPermission }, action) ? [`${role}*`] : []
  })
}
