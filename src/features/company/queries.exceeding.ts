import type { UserActor } from '../../kernel/actor.ts'
import { type Yen, yen } from '../../kernel/money.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { type CompanySettings, limitsAccounts, type WantedSettings } from './settings.ts'

/** Users whose limit for one transaction is more than the company's limits leave in a day. */
export type Exceeding = {
  service: string
  users: { name: string; loginId: string; limit: Yen; most: Yen }[]
  total: number
}

const mostNamed = 10

/**
 * The users whose 利用者一回当たり限度額 would exceed what the wanted limits leave in one day, by service (E-03, E-04): the
 * greatest 合計 among the accounts a user may use, or the company's own limit. Ten of a service are named.
 */
export const exceedingUsers = async (
  db: Tx,
  actor: UserActor,
  settings: CompanySettings,
  wanted: WantedSettings,
): Promise<Exceeding[]> => {
  const found: Exceeding[] = []
  if (limitsAccounts(settings)) found.push(await aboveAccounts(db, actor, settings, wanted))
  const most = (...kinds: Parameters<typeof wanted.limits.get>[0][]): Yen | undefined => {
    const amounts = settings.limits
      .filter(({ kind }) => kinds.includes(kind))
      .flatMap(({ kind, limit }) => wanted.limits.get(kind) ?? limit.amount ?? [])
    return amounts.length === 0 ? undefined : yen(amounts.reduce((a, b) => (a > b ? a : b)))
  }
  const days = {
    bulk_transfer: most('bulk_transfer'),
    payroll: most('salary', 'bonus'),
    direct_debit: most('direct_debit'),
  }
  for (const [service, limit] of Object.entries(days))
    if (limit !== undefined) found.push(await aboveCompany(db, actor, service, limit))
  return found.filter(({ total }) => total > 0)
}

type Row = { name: string; loginId: string; limit: bigint; most: bigint; total: number }

const asExceeding = (service: string, rows: readonly Row[]): Exceeding => ({
  service,
  users: rows.map(({ name, loginId, limit, most }) => ({
    name,
    loginId,
    limit: yen(limit),
    most: yen(most),
  })),
  total: rows[0]?.total ?? 0,
})

const aboveAccounts = async (
  db: Tx,
  { companyId }: UserActor,
  { accounts }: CompanySettings,
  wanted: WantedSettings,
): Promise<Exceeding> => {
  const totals = accounts.flatMap(({ id, limits }) => {
    const total = wanted.accounts.get(id)?.limits?.total ?? limits.total.amount
    return total === undefined ? [] : [{ id, total }]
  })
  const rows = await db.$queryRaw<Row[]>`
    WITH wanted AS (
      SELECT * FROM unnest(${totals.map(({ id }) => id)}::uuid[], ${totals.map(({ total }) => total)}::bigint[])
          AS account (id, total))
    SELECT holder.name, holder.login_id AS "loginId", own.amount AS "limit", reach.most,
           count(*) OVER ()::int AS total
      FROM user_limit own
      JOIN "user" holder ON holder.company_id = own.company_id AND holder.id = own.user_id
      JOIN LATERAL (
        SELECT max(wanted.total) AS most FROM user_account usable
          JOIN wanted ON wanted.id = usable.account_id
         WHERE usable.company_id = own.company_id AND usable.user_id = own.user_id) reach
        ON own.amount > reach.most
     WHERE own.company_id = ${companyId}::uuid AND own.service_code = 'transfer'
       AND holder.service_state <> 'deleted'
     ORDER BY holder.login_id_key
     LIMIT ${mostNamed}`
  return asExceeding('transfer', rows)
}

const aboveCompany = async (
  db: Tx,
  { companyId }: UserActor,
  service: string,
  most: Yen,
): Promise<Exceeding> => {
  const rows = await db.$queryRaw<Row[]>`
    SELECT holder.name, holder.login_id AS "loginId", own.amount AS "limit", ${most}::bigint AS most,
           count(*) OVER ()::int AS total
      FROM user_limit own
      JOIN "user" holder ON holder.company_id = own.company_id AND holder.id = own.user_id
     WHERE own.company_id = ${companyId}::uuid AND own.service_code = ${service} AND own.amount > ${most}::bigint
       AND holder.service_state <> 'deleted'
     ORDER BY holder.login_id_key
     LIMIT ${mostNamed}`
  return asExceeding(service, rows)
}
