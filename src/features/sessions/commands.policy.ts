import type { Deps } from '../../deps.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { inPortions } from '../../platform/db/portions.ts'
import type { SecurityPolicy } from '../../policy/policy.ts'
import { wouldStillOpen } from '../../policy/standing-sessions.ts'

type Change = {
  companyId: string
  before: Pick<SecurityPolicy, 'login'>
  after: Pick<SecurityPolicy, 'login' | 'session'>
}

/** The users' sessions of a company that a new policy would not have opened. */
const refusedBy = ({ companyId, before, after }: Change) => {
  const refused = (byCertificate: boolean) => !wouldStillOpen(before.login, after.login, byCertificate)
  return Prisma.sql`company_id = ${companyId}::uuid AND kind = 'user' AND ended_at IS NULL
    AND CASE WHEN certificate_id IS NOT NULL THEN ${refused(true)}::boolean ELSE ${refused(false)}::boolean END`
}

/** How many live sessions a change of policy would end; reads only. */
export const countSessionsRefused = async (
  deps: Pick<Deps, 'clock'>,
  db: Pick<Tx, '$queryRaw'>,
  change: Change,
): Promise<number> => {
  const now = deps.clock.now()
  const [found] = await db.$queryRaw<{ sessions: number }[]>`
    SELECT count(*)::int AS sessions FROM session
     WHERE ${refusedBy(change)} AND absolute_end > ${now}
       AND last_seen_at + make_interval(secs => idle_seconds) > ${now}`
  return found?.sessions ?? 0
}

/**
 * Holds a company's sessions to its new policy, in the transaction of the change: ends those that it would not have
 * opened, and gives the others its bounds of time (B-12). Gives how many live ones were ended.
 */
export const holdSessionsTo = async (
  deps: Pick<Deps, 'clock'>,
  tx: Pick<Tx, '$queryRaw' | '$executeRaw'>,
  change: Change,
): Promise<number> => {
  const ended = await countSessionsRefused(deps, tx, change)
  const now = deps.clock.now()
  await inPortions(
    atMost => tx.$executeRaw`
      UPDATE session SET ended_at = ${now}, end_reason = 'policy'
       WHERE id IN (SELECT id FROM session WHERE ${refusedBy(change)} LIMIT ${atMost})
         AND ended_at IS NULL`,
  )
  const { idleSeconds, absoluteSeconds } = change.after.session
  const bound = Prisma.sql`started_at + make_interval(secs => ${absoluteSeconds}::float8)`
  await inPortions(
    atMost => tx.$executeRaw`
      UPDATE session SET idle_seconds = ${idleSeconds}, absolute_end = ${bound}
       WHERE id IN (SELECT id FROM session
                     WHERE company_id = ${change.companyId}::uuid AND kind = 'user' AND ended_at IS NULL
                       AND (idle_seconds <> ${idleSeconds} OR absolute_end <> ${bound}) LIMIT ${atMost})
         AND ended_at IS NULL`,
  )
  return ended
}
