import type { Tx } from '../../platform/db/in-tx.ts'
import { failuresUntilVoid } from './recovery-code.ts'

/** How many recovery codes of a user still work, and since when the set exists; null where there is none. */
export const recoveryCodesLeft = async (
  db: Pick<Tx, 'recoveryCode'>,
  holder: { companyId: string; userId: string },
): Promise<{ left: number; createdAt: Date } | null> => {
  const codes = await db.recoveryCode.findMany({
    where: holder,
    orderBy: { number: 'asc' },
    select: { usedAt: true, createdAt: true, failures: true },
  })
  const [first] = codes
  if (!first) return null
  const left = first.failures >= failuresUntilVoid ? 0 : codes.filter(code => !code.usedAt).length
  return { left, createdAt: first.createdAt }
}
