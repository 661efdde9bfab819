import type { AccountClaims } from 'oidc-provider'
import type { Deps } from '../../deps.ts'
import { plusSeconds } from '../../kernel/clock.ts'
import { contractIsOver } from '../../platform/db/contract-over.ts'
import { mayEnter } from './service.ts'

/**
 * What a service may know of whoever it let in, as it is now (G-05); undefined once their session has ended, by itself too,
 * their permission is gone or the contract is.
 */
export const claimsOf = async (
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  entryId: string,
): Promise<AccountClaims | undefined> => {
  const now = clock.now()
  const entry = await db.serviceEntry.findUnique({
    where: { id: entryId },
    include: {
      session: { select: { lastSeenAt: true, idleSeconds: true, absoluteEnd: true, endedAt: true } },
      client: { include: { service: true, company: true } },
      user: { include: { permissions: true } },
    },
  })
  if (!entry?.enteredAt || entry.endedAt) return undefined
  const { session, client, user } = entry
  if (session.endedAt || session.absoluteEnd <= now) return undefined
  if (plusSeconds(session.lastSeenAt, session.idleSeconds) <= now) return undefined
  if (user.serviceState !== 'available' || contractIsOver(client.company, now)) return undefined
  const permissions = new Set(user.permissions.map(each => `${each.serviceCode}.${each.permissionCode}`))
  if (!mayEnter(client.service, client, { companyId: user.companyId, permissions }).ok) return undefined
  return {
    sub: user.id,
    name: user.name,
    preferred_username: user.loginId,
    company_id: client.companyId,
    company_name: client.company.name,
    contract_number: client.company.contractNumber,
    role: user.role,
    permissions: [...permissions].sort(),
  }
}
