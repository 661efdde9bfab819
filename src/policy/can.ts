import type { Actor, StaffActor, UserActor } from '../kernel/actor.ts'

const administers = (user: UserActor) => user.role !== 'user'

/** What a user may do by role and by the permission matrix (D-04, D-14). */
const userActions = {
  'user:manage': administers,
  'company:manage': administers,
  'fee:manage': administers,
  'certificate:revoke': administers,
  'history:others': (user: UserActor) => user.permissions.has('history.all'),
}

const works = (staff: StaffActor) => staff.role === 'operator' || staff.role === 'approver'

/** What staff may do by role (H-01): editors write announcements, auditors look and touch nothing. */
const staffActions = {
  'customer:view': (staff: StaffActor) => staff.role !== 'editor',
  'policy:change': works,
  // What the helpdesk does for a customer, alone or for a second officer (H-03, H-04).
  'case:open': works,
  // The second officer of two is a 役席者 (A-03, H-04).
  'case:approve': (staff: StaffActor) => staff.role === 'approver',
  'case:review': works,
  // What the bank writes for its customers, terms and the helpdesk's hours among it: read by every officer, auditors too (H-01).
  'posting:view': () => true,
  // お知らせ, インフォメーション, アンケート (H-06).
  'posting:write': (staff: StaffActor) => staff.role === 'editor' || staff.role === 'approver',
  // Officers are registered, suspended and given roles by two officers, and auditors see who they are (H-08).
  'staff:view': (staff: StaffActor) => staff.role !== 'editor',
  'staff:manage': works,
  // When customers may call, and whom (H-07).
  'helpdesk-hours:change': (staff: StaffActor) => staff.role === 'editor' || staff.role === 'approver',
  // What officers did, from which computer, and what strangers tried: for those who oversee (H-01).
  'bank-history:view': (staff: StaffActor) => staff.role === 'auditor' || staff.role === 'approver',
  'terms:publish': (staff: StaffActor) => staff.role === 'editor' || staff.role === 'approver',
}

export type UserAction = keyof typeof userActions
export type StaffAction = keyof typeof staffActions
export type Action = UserAction | StaffAction

export const isAction = (action: string): action is Action =>
  Object.hasOwn(userActions, action) || Object.hasOwn(staffActions, action)

/** The one answer to "may they?": routes, menus and buttons all ask here. */
export const can = (actor: Actor, action: string): boolean => {
  if (actor.kind === 'user' && Object.hasOwn(userActions, action))
    return userActions[action as UserAction](actor)
  if (actor.kind === 'staff' && Object.hasOwn(staffActions, action))
    return staffActions[action as StaffAction](actor)
  return false
}
