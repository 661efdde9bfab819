import type { Deps } from '../../deps.ts'
import { plusSeconds } from '../../kernel/clock.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import type { SecurityPolicy } from '../../policy/policy.ts'
import { wouldStillOpen } from '../../policy/standing-sessions.ts'

type Change = {
  companyId: string
  before: Pick<SecurityPolicy, 'login'>
  after: Pick<SecurityPolicy, 'login' | 'session'>
}

/** The users' sessions of a company that a new policy would not have opened. */
const refusedBy = ({ companyId, before, after }: Change) => ({
  companyId,
  kind: 'user' as const,
  endedAt: null,
  OR: [true, false]
    .filter(byCertificate => !wouldStillOpen(before.login, after.login, byCertificate))
    .map(byCertificate => ({ certificateId: byCertificate ? { not: null } : null })),
})

/** How many live sessions a change of policy would end; reads only. */
export const countSessionsRefused = async (
  deps: Pick<Deps, 'clock'>,
  db: Pick<Tx, 'session'>,
  change: Change,
): Promise<number> => {
  const now = deps.clock.now()
  const sessions = await db.session.findMany({
    where: { ...refusedBy(change), absoluteEnd: { gt: now } },
    select: { lastSeenAt: true, idleSeconds: true },
  })
  return sessions.filter(each => now < plusSeconds(each.lastSeenAt, each.idleSeconds)).length
}

/**
 * Holds a company's sessions to its new policy, in the transaction of the change: ends those that it would not have
 * opened, and gives the others its bounds of time (B-12). Gives how many live ones were ended.
 */
export const holdSessionsTo = async (
  deps: Pick<Deps, 'clock'>,
  tx: Pick<Tx, 'session' | '$executeRaw'>,
  change: Change,
): Promise<number> => {
  const ended = await countSessionsRefused(deps, tx, change)
  await tx.session.updateMany({
    where: refusedBy(change),
    data: { endedAt: deps.clock.now(), endReason: 'policy' },
  })
  const { idleSeconds, absoluteSeconds } = change.after.session
  await tx.$executeRaw`
    UPDATE session
       SET idle_seconds = ${idleSeconds},
           absolute_end = started_at + make_interval(secs => ${absoluteSeconds}::float8)
     WHERE company_id = ${change.companyId}::uuid AND kind = 'user' AND ended_at IS NULL`
  return ended
}
