import type { Tx } from '../../platform/db/in-tx.ts'
import type { NewAccount } from './contract.ts'

/** Contracts take turns: an account is one company's, and no constraint can tell an open one of another's. */
export const takeTurns = (tx: Tx): Promise<unknown> =>
  tx.$queryRaw`SELECT 1 FROM (SELECT pg_advisory_xact_lock(hashtext('contracts'))) AS turn`

/** The number of the first of these accounts that a company has already; undefined where all are free. */
export const accountTaken = async (
  tx: Tx,
  accounts: readonly Pick<NewAccount, 'branchCode' | 'kind' | 'number'>[],
): Promise<string | undefined> => {
  if (accounts.length === 0) return undefined
  const taken = await tx.account.findFirst({
    where: {
      closedAt: null,
      OR: accounts.map(({ branchCode, kind, number }) => ({ branchCode, kind, number })),
    },
    orderBy: { number: 'asc' },
    select: { branchCode: true, number: true },
  })
  return taken ? `${taken.branchCode}-${taken.number}` : undefined
}
