import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Clock } from '../../kernel/clock.ts'
import type { Db } from '../db/client.ts'
import { queueSchema } from '../db/queues.ts'

export type Watched = { db: Db; clock: Clock }

export type Metrics = { contentType: string; text(): Promise<string> }

/**
 * How the program is, for Prometheus: its process, and what waits behind the pages. The latter is read from the database at
 * each scrape, so that any copy tells it: `sekisho_jobs{queue,state}` (waiting, active, failed and not tried again),
 * `sekisho_mail_oldest_seconds` and `sekisho_sms_oldest_seconds` (how long what has not gone out has waited; 0 where nothing
 * waits), `sekisho_database_up`. Where the database is away, the rest stays as it was read
 * last.
 */
export const openMetrics = ({ db, clock }: Watched): Metrics => {
  const register = new Registry()
  collectDefaultMetrics({ register })
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers: [register] })
  const up = gauge('sekisho_database_up', 'Whether the database answered this scrape')
  const jobs = gauge('sekisho_jobs', 'Jobs by queue and state', ['queue', 'state'])
  const mail = gauge(
    'sekisho_mail_oldest_seconds',
    'How long the oldest mail that has not gone out has waited',
  )
  const sms = gauge('sekisho_sms_oldest_seconds', 'How long the oldest short message still of use has waited')
  const read = async () => {
    const now = clock.now()
    const [waiting, oldest] = [await readJobs(db), await readOldest(db, now)]
    jobs.reset()
    for (const { queue, state, count } of waiting) jobs.set({ queue, state }, count)
    mail.set(oldest.mail)
    sms.set(oldest.sms)
  }
  return {
    contentType: register.contentType,
    text: async () => {
      const answered = await read().then(
        () => 1,
        () => 0,
      )
      up.set(answered)
      return register.metrics()
    },
  }
}

type Waiting = { queue: string; state: string; count: number }

const readJobs = (db: Db): Promise<Waiting[]> =>
  db.$queryRawUnsafe<Waiting[]>(
    `SELECT name AS queue,
            CASE WHEN state IN ('created', 'retry') THEN 'waiting' ELSE state::text END AS state,
            count(*)::int AS count
       FROM ${queueSchema}.job
      WHERE state IN ('created', 'retry', 'active', 'failed') AND name NOT LIKE '\\_\\_pgboss%'
      GROUP BY 1, 2`,
  )

const readOldest = async (db: Db, now: Date): Promise<{ mail: number; sms: number }> => {
  const [oldest] = await db.$queryRaw<{ mail: Date | null; sms: Date | null }[]>`
    SELECT (SELECT min(created_at) FROM outbox_mail WHERE sent_at IS NULL AND failed_at IS NULL) AS mail,
           (SELECT min(created_at) FROM outbox_sms
             WHERE sent_at IS NULL AND failed_at IS NULL AND stale_at > ${now}::timestamptz) AS sms`
  const waited = (since: Date | null | undefined) =>
    since ? Math.max(0, (now.getTime() - since.getTime()) / 1000) : 0
  return { mail: waited(oldest?.mail), sms: waited(oldest?.sms) }
}
