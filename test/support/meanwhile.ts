import { sql } from './database.ts'
import type { Portal } from './portal.ts'

/** Another row that a change of its columns, not of its key, would hold. */
type Unchanged = { table: 'session' | 'posting' | 'passkey'; id: string }

/**
 * Lets a statement take effect between what a request has looked at and what it is about to store: the user's row, their
 * company's, an officer's or another one is held until the request waits for it; `changesOf` holds a company's as its other changes do.
 */
export const meanwhile = async (
  { deps, database }: Portal,
  held: string | { companyId: string } | { changesOf: string } | { staffId: string } | Unchanged,
  request: () => Promise<unknown>,
  ...statements: string[]
): Promise<void> => {
  let done: Promise<unknown> | undefined
  let answered = false
  await deps.db.$transaction(
    async tx => {
      if (typeof held === 'string')
        await tx.$queryRaw`SELECT id FROM "user" WHERE id = ${held}::uuid FOR UPDATE`
      else if ('staffId' in held)
        await tx.$queryRaw`SELECT id FROM staff WHERE id = ${held.staffId}::uuid FOR UPDATE`
      else if ('table' in held)
        await tx.$queryRawUnsafe(`SELECT FROM ${held.table} WHERE id = '${held.id}' FOR NO KEY UPDATE`)
      else if ('changesOf' in held)
        await tx.$queryRaw`SELECT id FROM company WHERE id = ${held.changesOf}::uuid FOR NO KEY UPDATE`
      else await tx.$queryRaw`SELECT id FROM company WHERE id = ${held.companyId}::uuid FOR UPDATE`
      done = request().finally(() => {
        answered = true
      })
      const waiting = async () =>
        (
          await sql(
            database.ownerUrl,
            `SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE datname = current_database() AND NOT granted`,
          )
        ).length > 0
      while (!(await waiting())) if (answered) throw new Error('the request waited for nothing')
      for (const statement of statements) await tx.$executeRawUnsafe(statement)
    },
    { timeout: 20_000 },
  )
  await done
}
