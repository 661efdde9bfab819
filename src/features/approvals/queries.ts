import type { Tx } from '../../platform/db/in-tx.ts'
import { type ApprovalMode, type Missing, missingApprovers, type Staffing } from './approval.ts'

/** The services whose requests may need an approval (E-02). */
export const approvedServices = ['transfer', 'bulk_transfer', 'payroll', 'direct_debit'] as const
export type ApprovedService = (typeof approvedServices)[number]

export const isApproved = (code: string): code is ApprovedService =>
  approvedServices.some(each => each === code)

type Row = Staffing & { service: string }

/** Two others are the most that anybody needs: of three approvers nobody lacks one, and more need not be counted. */
const enough = 3

/**
 * Who of a company may ask and approve, by contracted service, counted as far as the rule asks: whether there is a
 * requester at all, approvers up to three, and which of these ask themselves. Only those who can use the service count: a
 * suspended, blocked or deleted user neither asks nor approves. Ten thousand users are not looked at one by one.
 */
export const staffingOf = async (db: Tx, companyId: string): Promise<Map<string, Staffing>> => {
  const rows = await db.$queryRaw<Row[]>`
    SELECT contracted.service_code AS service, contracted.approval::text AS mode,
           asking.requesters, approving.approvers, approving.both
      FROM company_service contracted
     CROSS JOIN LATERAL (
       SELECT count(*)::int AS requesters
         FROM (SELECT 1 FROM user_permission given
                 JOIN permission
                   ON permission.service_code = given.service_code AND permission.code = given.permission_code
                 JOIN "user" holder ON holder.company_id = given.company_id AND holder.id = given.user_id
                WHERE given.company_id = contracted.company_id AND given.service_code = contracted.service_code
                  AND permission.kind = 'request' AND holder.service_state = 'available'
                LIMIT 1) first_requester
       ) asking
     CROSS JOIN LATERAL (
       SELECT count(*)::int AS approvers,
              count(*) FILTER (WHERE EXISTS (
                SELECT 1 FROM user_permission given
                  JOIN permission
                    ON permission.service_code = given.service_code AND permission.code = given.permission_code
                 WHERE given.company_id = contracted.company_id AND given.user_id = approver.user_id
                   AND given.service_code = contracted.service_code AND permission.kind = 'request'))::int AS both
         FROM (SELECT DISTINCT given.user_id FROM user_permission given
                 JOIN permission
                   ON permission.service_code = given.service_code AND permission.code = given.permission_code
                 JOIN "user" holder ON holder.company_id = given.company_id AND holder.id = given.user_id
                WHERE given.company_id = contracted.company_id AND given.service_code = contracted.service_code
                  AND permission.kind = 'approve' AND holder.service_state = 'available'
                LIMIT ${enough}) approver
       ) approving
     WHERE contracted.company_id = ${companyId}::uuid AND contracted.approval IS NOT NULL`
  return new Map(rows.map(({ service, ...staffing }) => [service, staffing]))
}

/** How many approvers are missing by service; with other modes than those that hold, where any are given. */
export const missingIn = (
  staffing: ReadonlyMap<string, Staffing>,
  modes?: ReadonlyMap<string, ApprovalMode>,
): Missing =>
  new Map(
    [...staffing].map(([service, each]) => [
      service,
      missingApprovers({ ...each, mode: modes?.get(service) ?? each.mode }),
    ]),
  )

/** Some people by name, and how many there are in all. */
export type People = { named: { id: string; name: string; loginId: string }[]; total: number }

/**
 * Who may ask for a service's transactions, or approve them, by login ID; `besides` leaves one out, who may not approve
 * what they ask for themselves (D-11).
 * @param most how many are named
 */
export const peopleWho = async (
  db: Tx,
  companyId: string,
  service: string,
  kind: 'request' | 'approve',
  most: number,
  besides?: string,
): Promise<People> => {
  const rows = await db.$queryRaw<{ id: string; name: string; loginId: string; total: number }[]>`
    SELECT holder.id, holder.name, holder.login_id AS "loginId", count(*) OVER ()::int AS total
      FROM "user" holder
     WHERE holder.company_id = ${companyId}::uuid AND holder.service_state = 'available'
       AND holder.id IS DISTINCT FROM ${besides ?? null}::uuid
       AND EXISTS (
         SELECT 1 FROM user_permission given
           JOIN permission
             ON permission.service_code = given.service_code AND permission.code = given.permission_code
          WHERE given.company_id = holder.company_id AND given.user_id = holder.id
            AND given.service_code = ${service} AND permission.kind = ${kind})
     ORDER BY holder.login_id_key
     LIMIT ${most}`
  return {
    named: rows.map(({ id, name, loginId }) => ({ id, name, loginId })),
    total: rows[0]?.total ?? 0,
  }
}
