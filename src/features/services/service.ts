import type { UserActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'

/** What a service asks of its users: a box of the permission matrix, `statement.view`; null: nothing (G-04). */
export type Requirement = {
  permissionService: string | null
  permissionCode: string | null
  /** 停止 by the bank, for every company (H-06). */
  suspendedAt: Date | null
}

/** The box as the matrix names it. */
export const permissionOf = ({
  permissionService,
  permissionCode,
}: Pick<Requirement, 'permissionService' | 'permissionCode'>): string | undefined =>
  permissionService && permissionCode ? `${permissionService}.${permissionCode}` : undefined

/**
 * Whether a user may enter a service with single sign-on: their company has contracted it still, the bank has not suspended it, and
 * they hold its permission.
 * Tiles, the way in and every authorization ask here.
 */
export const mayEnter = (
  service: Requirement,
  client: { companyId: string; endedAt?: Date | null } | undefined,
  actor: Pick<UserActor, 'companyId' | 'permissions'>,
): Result<void, 'service.notContracted' | 'service.suspended' | 'service.notPermitted'> => {
  if (!client || client.endedAt || client.companyId !== actor.companyId)
    return refuse('service.notContracted')
  if (service.suspendedAt) return refuse('service.suspended')
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

export const longestAddress = 300

/**
 * An address of a service: exact and over TLS, save in development on a machine's own loopback, where the demo's service lives:
 * in production whoever has a program on the customer's machine would be sent what the service alone may have. It is written as
 * browsers write it: what an officer compares by eye is what is called, with nothing invisible in it.
 */
export const isServiceAddress = (text: string, production: boolean): boolean => {
  if (text.length > longestAddress || !URL.canParse(text) || !/^[\x21-\x7e]+$/.test(text)) return false
  const { protocol, hostname, hash, username, password, href } = new URL(text)
  const own = hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]'
  return (
    (protocol === 'https:' || (protocol === 'http:' && own && !production)) &&
    hash === '' &&
    !text.includes('#') &&
    username === '' &&
    password === '' &&
    !text.includes('*') &&
    (href === text || href === `${text}/`)
  )
}
