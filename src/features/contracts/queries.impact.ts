import type { StaffActor } from '../../kernel/actor.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import type { Reduction } from './change.ts'
import type { OfferedService } from './form.sign-on.ts'
import { type ContractRecord, viewing } from './queries.ts'

/** How many users lose something by a reduction, and how many are in a service that ends. */
export type Impact = { permissions: number; accounts: number; entered: number }

/** What a reduction would mean for the company's users; reads only. */
export const impactOf = async (
  db: Tx,
  actor: StaffActor,
  companyId: string,
  { services, accounts, signOn }: Reduction,
): Promise<Impact> => {
  viewing(actor)
  const [found] = await db.$queryRaw<Impact[]>`
    SELECT (SELECT count(DISTINCT user_id)::int FROM user_permission
             WHERE company_id = ${companyId}::uuid AND service_code = ANY(${services})) AS permissions,
           (SELECT count(DISTINCT user_id)::int FROM user_account
             WHERE company_id = ${companyId}::uuid
               AND account_id = ANY(${accounts.map(({ id }) => id)}::uuid[])) AS accounts,
           (SELECT count(DISTINCT e.user_id)::int
              FROM service_entry e
              JOIN service_client c ON c.company_id = e.company_id AND c.client_id = e.client_id
              JOIN portal_service s ON s.code = c.service_code
             WHERE e.company_id = ${companyId}::uuid AND e.ended_at IS NULL
               AND (c.service_code = ANY(${signOn.map(({ code }) => code)})
                 OR s.permission_service = ANY(${services}))) AS entered`
  return found ?? { permissions: 0, accounts: 0, entered: 0 }
}

/** How many users lose their way in by the end of the contract. */
export const countUsers = (db: Pick<Tx, 'user'>, actor: StaffActor, companyId: string): Promise<number> => {
  viewing(actor)
  return db.user.count({ where: { companyId, serviceState: { not: 'deleted' } } })
}

/** The services with single sign-on that the company has not contracted, or not any more. */
export const offeredServices = async (
  db: Pick<Tx, 'portalService'>,
  actor: StaffActor,
  contract: Pick<ContractRecord, 'signOn'>,
): Promise<OfferedService[]> => {
  viewing(actor)
  const has = contract.signOn.filter(({ endedAt }) => endedAt === null).map(({ code }) => code)
  return db.portalService.findMany({
    where: { singleSignOn: true, suspendedAt: null, code: { notIn: has } },
    orderBy: { sort: 'asc' },
    select: { code: true, nameJa: true, nameEn: true },
  })
}
