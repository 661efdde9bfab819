import type { Db } from './client.ts'

/** The preset that a company's policy in force is made of: whose words its people read. Undefined for the bank's own. */
export const presetOf = async (db: Db, companyId: string | null): Promise<string | undefined> => {
  if (companyId === null) return undefined
  const policy = await db.companyPolicy.findFirst({
    where: { companyId },
    orderBy: { version: 'desc' },
    select: { preset: true },
  })
  return policy?.preset
}
