import type { Deps } from '../../deps.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import type { FileUser, Mistake } from './judging.ts'

/** Mistakes that are listed; beyond them they are counted. */
export const mostMistakes = 10_000

/** How far the check of a file is, and what it has found until then. */
export type Totals = {
  bytesRead: number
  rowsRead: number
  registrable: number
  unchanged: number
  mistakes: number
}

export type Found = { users: readonly FileUser[]; mistakes: readonly Mistake[] }

/**
 * Writes what was found in some rows, and how far the check is with them; false where another run, or another file, has
 * taken over. One statement a table, its rows as one JSON text: a hundred thousand of them are no work for an ORM.
 */
export const keepFound = (
  deps: Deps,
  file: { id: string; companyId: string; round: number },
  totals: Totals,
  { users, mistakes }: Found,
): Promise<boolean> => {
  const before = totals.mistakes - mistakes.length
  const staged = users.map(({ limits, ...user }) => ({
    ...user,
    userId: deps.ids.next(),
    limits: Object.fromEntries([...limits].map(([code, amount]) => [code, String(amount)])),
  }))
  const listed = mistakes
    .slice(0, Math.max(0, mostMistakes - before))
    .map((mistake, index) => ({ ...mistake, number: before + index }))
  return inTx(deps, async tx => {
    const { count } = await tx.userImport.updateMany({
      where: { id: file.id, round: file.round, state: 'checking' },
      data: { ...totals },
    })
    if (count === 0) return false
    if (staged.length > 0)
      await tx.$executeRaw`
        INSERT INTO user_import_row (company_id, import_id, "row", user_id, login_id, name, email, mobile, role,
                                     permissions, accounts, limits)
        SELECT ${file.companyId}::uuid, ${file.id}::uuid, "row", "userId", "loginId", name, email, mobile, role,
               permissions, accounts, limits
          FROM jsonb_to_recordset(${JSON.stringify(staged)}::jsonb) AS staged(
               "row" int, "userId" uuid, "loginId" text, name text, email text, mobile text, role user_role,
               permissions text[], accounts uuid[], limits jsonb)`
    if (listed.length > 0)
      await tx.$executeRaw`
        INSERT INTO user_import_mistake (company_id, import_id, number, "row", heading, value, reason, params)
        SELECT ${file.companyId}::uuid, ${file.id}::uuid, number, "row", heading, value, reason, params
          FROM jsonb_to_recordset(${JSON.stringify(listed)}::jsonb) AS listed(
               number int, "row" int, heading text, value text, reason text, params jsonb)`
    return true
  })
}
