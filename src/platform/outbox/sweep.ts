import { type Clock, minute, plusSeconds } from '../../kernel/clock.ts'
import type { Db } from '../db/client.ts'
import { inTx } from '../db/in-tx.ts'
import type { Jobs } from '../jobs.ts'
import { putJobs } from './outbox.ts'

/** At most so many rows at once; the next sweep takes the next ones. */
const atOnce = 500

/**
 * Puts a job again for every mail that has waited a minute and is neither sent, given up nor in a worker's hands: its
 * job may have been lost with a deleted queue, a restored backup, or after its last retry. A job that still waits is not
 * doubled, since its key is the row's id. Gives how many rows it looked at.
 */
export const sweep = (deps: { db: Db; clock: Clock; jobs: Pick<Jobs, 'putAll'> }): Promise<number> =>
  inTx(deps, async tx => {
    const now = deps.clock.now()
    const waiting = await tx.outboxMail.findMany({
      where: {
        sentAt: null,
        failedAt: null,
        createdAt: { lt: plusSeconds(now, -minute) },
        OR: [{ claimedUntil: null }, { claimedUntil: { lt: now } }],
      },
      select: { id: true },
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
      take: atOnce,
    })
    await putJobs(
      deps.jobs,
      tx,
      waiting.map(({ id }) => id),
    )
    return waiting.length
  })
