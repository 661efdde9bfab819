import { keepingApprovers } from '../../src/features/approvals/index.ts'
import { ok } from '../../src/kernel/result.ts'
import { sql } from './database.ts'
import type { Portal } from './portal.ts'

let files = 0

/**
 * Does `work` while a file of users is being registered in that company, as src/features/user-csv/register.ts does it: its
 * first statement has stored a hundred, and the rest comes only afterwards. They are counted and stored then; gives what `work`
 * gives.
 */
export const duringImport = async <T>(
  { deps }: Portal,
  companyId: string,
  work: () => Promise<T>,
): Promise<T> => {
  const scope = `file${++files}`
  const storing = (first: number) => `
    INSERT INTO "user" (id, company_id, login_id, login_id_key, login_id_scope, name, email, role, created_at)
    SELECT gen_random_uuid(), '${companyId}', '${scope}-' || n, '${scope}-' || n, '${scope}', '一括　太郎', 'n@example.co.jp',
           'user', now()
      FROM generate_series(${first}, ${first + 99}) AS n`
  return deps.db.$transaction(
    async tx => {
      // A file may take minutes; whoever holds a lock idly is cut off sooner.
      await tx.$executeRaw`SELECT set_config('idle_in_transaction_session_timeout', '60s', true)`
      await tx.$executeRawUnsafe(storing(1))
      const done = await work()
      await tx.$executeRawUnsafe(storing(101))
      const counted = await keepingApprovers(tx, companyId, async () => ok(done), { outside: deps.db })
      if (!counted.ok) throw new Error(`The file was refused: ${counted.reason}`)
      return counted.value
    },
    { timeout: 60_000 },
  )
}

/** Companies whose kept count is not that of their users (D-01). */
export const mistakenCounts = ({ database }: Portal) =>
  sql(
    database.ownerUrl,
    `SELECT company.id, listed, actual FROM company
       LEFT JOIN company_user_count ON company_id = company.id,
       LATERAL (SELECT count(*) AS actual FROM "user" u WHERE u.company_id = company.id AND service_state <> 'deleted') AS counted
      WHERE actual <> coalesce(listed, 0)`,
  )
