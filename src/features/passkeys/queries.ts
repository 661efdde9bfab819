import type { Tx } from '../../platform/db/in-tx.ts'

export type Passkey = {
  id: string
  name: string
  backedUp: boolean
  createdAt: Date
  lastUsedAt: Date | null
}

/** A user's passkeys, oldest first. */
export const listPasskeys = (
  db: Pick<Tx, 'passkey'>,
  holder: { companyId: string; userId: string },
): Promise<Passkey[]> =>
  db.passkey.findMany({
    where: holder,
    orderBy: { createdAt: 'asc' },
    select: { id: true, name: true, backedUp: true, createdAt: true, lastUsedAt: true },
  })
