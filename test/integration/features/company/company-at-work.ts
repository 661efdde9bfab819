import { sql } from '../../../support/database.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { secondAdministrator } from './changing.ts'

type Entry = { operation: string; outcome: string; reason: string | null; details: string }

/** The demo's company of shoko with two administrators at work, and what its tables say. */
export type CompanyAtWork = {
  portal: Portal
  admin: Visitor
  second: Awaited<ReturnType<typeof secondAdministrator>>
  companyId: string
  /** Whatever a test changed, the next begins with the demo's settings. */
  asAtFirst(): Promise<unknown>
  /** 当座 0104711, 普通 0253226, 普通 1180452, by number. */
  idOf(number: string): string
  /** Gives the second administrator these permissions, `service.permission`. */
  give(...keys: string[]): Promise<unknown>
  lastEntry(): Promise<Entry | undefined>
  amountOf(number: string, kind: string): Promise<bigint>
  modeOf(serviceCode: string): Promise<string | null>
}

export const companyAtWork = async (): Promise<CompanyAtWork> => {
  const portal = await openPortal({ presets: ['shoko', 'sevenbank'], generalUsers: false })
  const admin = await portal.administrator()
  const second = await secondAdministrator(portal)
  const { companyId } = second.person
  const first = await portal.deps.db.user.findFirstOrThrow({
    where: { companyId, loginId: demo.administrator.loginId },
  })
  const rows = await portal.deps.db.account.findMany({ where: { companyId } })
  const accounts = new Map(rows.map(({ number, id }) => [number, id]))
  const asAtFirst = () =>
    sql(
      portal.database.ownerUrl,
      `UPDATE company_service SET approval = 'single' WHERE company_id = '${companyId}' AND approval IS NOT NULL`,
      `INSERT INTO account_limit (company_id, account_id, kind, amount)
       SELECT company_id, id, limits.kind, CASE limits.kind WHEN 'each' THEN 50000000 ELSE 100000000 END
         FROM account, unnest(ARRAY['total', 'each', 'preregistered']) AS limits (kind)
        WHERE id IN (${[...accounts.values()].map(id => `'${id}'`).join()})
       ON CONFLICT (company_id, account_id, kind) DO UPDATE SET amount = EXCLUDED.amount, ceiling = NULL`,
      `UPDATE company_limit SET amount = 100000000 WHERE company_id = '${companyId}'`,
      `UPDATE account SET memo = '支払用', closed_at = NULL WHERE company_id = '${companyId}'`,
      `DELETE FROM user_permission WHERE company_id = '${companyId}' AND user_id <> '${first.id}'`,
      `DELETE FROM user_limit WHERE company_id = '${companyId}' AND user_id = '${second.person.id}'`,
      'UPDATE credential SET failures = 0, locked_at = NULL, locked_until = NULL',
    )

  const idOf = (number: string) => {
    const id = accounts.get(number)
    if (!id) throw new Error(`there is no account ${number}`)
    return id
  }
  const give = (...keys: string[]) =>
    portal.deps.db.userPermission.createMany({
      data: keys.map(key => {
        const [serviceCode = '', permissionCode = ''] = key.split('.')
        return { companyId, userId: second.person.id, serviceCode, permissionCode }
      }),
    })
  const lastEntry = async () => {
    const [entry] = await sql<Entry>(
      portal.database.ownerUrl,
      `SELECT operation, outcome::text, reason, details FROM history WHERE chain_id = '${companyId}'
        ORDER BY seq DESC LIMIT 1`,
    )
    return entry
  }
  const amountOf = async (number: string, kind: string) =>
    (await portal.deps.db.accountLimit.findFirstOrThrow({ where: { accountId: idOf(number), kind } })).amount
  const modeOf = async (serviceCode: string) =>
    (
      await portal.deps.db.companyService.findUniqueOrThrow({
        where: { companyId_serviceCode: { companyId, serviceCode } },
      })
    ).approval
  return { portal, admin, second, companyId, asAtFirst, idOf, give, lastEntry, amountOf, modeOf }
}
