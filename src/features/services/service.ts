import type { UserActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'

/** What a service asks of its users: a box of the permission matrix, `statement.view`; null: nothing (G-04). */
export type Requirement = { permissionService: string | null; permissionCode: string | null }

/** The box as the matrix names it. */
export const permissionOf = ({ permissionService, permissionCode }: Requirement): string | undefined =>
  permissionService && permissionCode ? `${permissionService}.${permissionCode}` : undefined

/**
 * Whether a user may enter a service with single sign-on: their company has contracted it still, and they hold its permission.
 * Tiles, the way in and every authorization ask here.
 */
export const mayEnter = (
  service: Requirement,
  client: { companyId: string; endedAt?: Date | null } | undefined,
  actor: Pick<UserActor, 'companyId' | 'permissions'>,
): Result<void, 'service.notContracted' | 'service.notPermitted'> => {
  if (!client || client.endedAt || client.companyId !== actor.companyId)
    return refuse('service.notContracted')
  const permission = permissionOf(service)
  return permission === undefined || actor.permissions.has(permission)
    ? ok(undefined)
    : refuse('service.notPermitted', { action: permission })
}

/** How somebody came in, as services are told (`acr`): with a certificate, or without one. */
export const acrOf = (certificate: boolean): string =>
  `urn:sekisho:acr:${certificate ? 'certificate' : 'password'}`
export const acrValues = [acrOf(true), acrOf(false)]

/** The same in the words of RFC 8176 (`amr`): a password; a key that the connection proved; more than one factor. */
export const amrOf = (certificate: boolean, secondFactor: boolean): string[] => [
  'pwd',
  ...(certificate ? ['swk'] : []),
  ...(certificate || secondFactor ? ['mfa'] : []),
]
