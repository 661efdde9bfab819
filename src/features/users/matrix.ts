import type { ApprovalMode } from '../approvals/index.ts'

/** The kinds of permission, which are the rows of a service in the matrix (D-04). */
export const permissionKinds = ['request', 'deal', 'payees', 'enquiry', 'approve', 'administer'] as const
export type PermissionKind = (typeof permissionKinds)[number]

/** A service the company has contracted, with the boxes that may be ticked for it. */
export type MatrixService = {
  code: string
  /** How requests are approved at this company; null where approval does not apply. */
  approval: ApprovalMode | null
  /** Users have a limit for one transaction of it (D-05). */
  userLimit: boolean
  permissions: readonly MatrixPermission[]
}

export type MatrixPermission = { code: string; kind: PermissionKind; administratorsOnly: boolean }

/** `service.permission`, as an actor's permissions and the form carry them. */
export const permissionKey = (service: { code: string }, permission: { code: string }): string =>
  `${service.code}.${permission.code}`

/**
 * The matrix as this user may have it: nobody gets what the company has not contracted (D-11), and some permissions only
 * administrators may hold. 承認 is offered under 承認なし too: approvers must be there before approval is switched on (E-02).
 */
export const offeredTo = (matrix: readonly MatrixService[], role: Role): MatrixService[] =>
  withPermissions(matrix, (_service, permission) => isOffered(permission, role))

/** The matrix as it is read: also what the user holds from a time when it was still offered. */
export const offeredOrHeld = (
  matrix: readonly MatrixService[],
  role: Role,
  held: ReadonlySet<string>,
): MatrixService[] =>
  withPermissions(
    matrix,
    (service, permission) => held.has(permissionKey(service, permission)) || isOffered(permission, role),
  )

type Role = 'user' | 'administrator' | 'contractor'

const isOffered = (permission: MatrixPermission, role: Role): boolean =>
  !permission.administratorsOnly || role !== 'user'

const withPermissions = (
  matrix: readonly MatrixService[],
  keeps: (service: MatrixService, permission: MatrixPermission) => boolean,
): MatrixService[] =>
  matrix
    .map(service => ({
      ...service,
      permissions: service.permissions.filter(permission => keeps(service, permission)),
    }))
    .filter(service => service.permissions.length > 0)

/** The keys of everything a matrix offers. */
export const keysOf = (matrix: readonly MatrixService[]): Set<string> =>
  new Set(
    matrix.flatMap(service => service.permissions.map(permission => permissionKey(service, permission))),
  )

/** The services for which the user's limit must be set: those in which the user may make requests (D-05). */
export const limitedServices = (
  matrix: readonly MatrixService[],
  permissions: ReadonlySet<string>,
): MatrixService[] =>
  matrix.filter(
    service =>
      service.userLimit &&
      service.permissions.some(
        permission => permission.kind === 'request' && permissions.has(permissionKey(service, permission)),
      ),
  )

/** Asking and approving mean another thing for 振込振替 where requests are approved, as the manual's table says (D-04). */
export const meaningOf = (service: MatrixService, permission: MatrixPermission): string =>
  service.code === 'transfer' && (permission.kind === 'request' || permission.kind === 'approve')
    ? `${service.code}.${permission.code}.${service.approval === 'none' || service.approval === null ? 'withoutApproval' : 'withApproval'}`
    : `${service.code}.${permission.code}`
