import type pg from 'pg'
import { PgBoss, type Queue } from 'pg-boss'

/** A queue and what becomes of its jobs: seconds, counts and policies as pg-boss knows them. */
export type QueueDeclaration = { name: string } & Omit<Queue, 'name' | 'notify'>

export const queueSchema = 'pgboss'

/**
 * Installs or upgrades the queues' own tables and makes each queue as declared, by the role of `ownerUrl`: the serving
 * role may use them but not make them. What was declared last time is remembered as the schema's comment, so that
 * nothing is asked twice; `client` is a connection of that same role.
 */
export const ensureQueues = async (
  ownerUrl: string,
  client: pg.Client,
  queues: readonly QueueDeclaration[],
): Promise<void> => {
  if (await queuesAreMade(client, queues)) return
  const boss = new PgBoss({
    connectionString: ownerUrl,
    schema: queueSchema,
    max: 1,
    supervise: false,
    schedule: false,
  })
  boss.on('error', () => {})
  await boss.start()
  try {
    for (const { name, ...declared } of queues) {
      // Every queue wakes its workers at once: somebody waits for what is in it.
      const options = { ...declared, notify: true }
      if (await boss.getQueue(name)) {
        const { policy, partition, ...changeable } = options
        await boss.updateQueue(name, changeable)
      } else await boss.createQueue(name, options)
    }
  } finally {
    await boss.stop({ graceful: false })
  }
  await client.query(`comment on schema ${queueSchema} is ${client.escapeLiteral(asDeclared(queues))}`)
}

const asDeclared = (queues: readonly QueueDeclaration[]) =>
  JSON.stringify({ version: 'pg-boss 12.35.0', queues })

/** Whether the queues are there as declared. Any role may ask. */
export const queuesAreMade = async (
  client: pg.Client,
  queues: readonly QueueDeclaration[],
): Promise<boolean> => {
  const { rows } = await client.query<{ made: string | null }>(
    `select obj_description(to_regnamespace($1)::oid, 'pg_namespace') as made`,
    [queueSchema],
  )
  return rows[0]?.made === asDeclared(queues)
}
