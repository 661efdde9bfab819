import { fromPrisma, PgBoss, type SendOptions, systemClock, type WorkOptions } from 'pg-boss'
import type { BaseLogger } from 'pino'
import type { Tx } from './db/client.ts'
import { queueSchema } from './db/queues.ts'

/** A job as its worker gets it. `attempt` counts from 1; `signal` aborts when its time is up or the program stops. */
export type Job<Data extends object> = { id: string; data: Data; attempt: number; signal: AbortSignal }

export type PutOptions = Pick<SendOptions, 'startAfter' | 'singletonKey' | 'priority'>

export type Jobs = {
  /**
   * Puts a job into a queue within `tx`: it exists if and only if that transaction commits, and an idle worker has it
   * within milliseconds of that. Gives its id; null when `singletonKey` and the queue's policy say there is one.
   */
  put(tx: Tx, queue: string, data: object, options?: PutOptions): Promise<string | null>
  /** Puts many jobs like `put`, by one statement and with one word to the workers. */
  putAll(tx: Tx, queue: string, jobs: readonly ({ data: object } & PutOptions)[]): Promise<void>
  /**
   * Works on a queue here: `concurrency` workers (one unless said otherwise) that each take up to `batch` jobs from it (one)
   * and run them at once. A handler that throws has its own job tried again as the queue was declared; one killed halfway as
   * well, so it must bear a second run. A batch spares the queue its questions and ends with its slowest job.
   */
  work<Data extends object>(
    queue: string,
    options: { concurrency?: number; batch?: number },
    handler: (job: Job<Data>) => Promise<void>,
  ): Promise<void>
  /** Puts a job by the clock of Japan, by a cron expression of five fields; once however many copies run. */
  schedule(queue: string, cron: string, data?: object): Promise<void>
  /** Lets running jobs end, for ten seconds at most; the rest is tried again by the next start. */
  stop(): Promise<void>
}

export type JobsOptions = {
  /** The serving role's address; the queues were made by `migrate`. */
  url: string
  log: Pick<BaseLogger, 'warn' | 'error'>
  /** False where this program only puts jobs that another one works on (`serve --no-worker`). */
  worker?: boolean
}

/** Opens the job queues; connections of their own, three at most. A lost database is logged and waited for. */
export const openJobs = async ({ url, log, worker = true }: JobsOptions): Promise<Jobs> => {
  const boss = new PgBoss({
    connectionString: url,
    schema: queueSchema,
    application_name: 'sekisho-jobs',
    max: 2,
    connectionTimeoutMillis: 2_500,
    clock: steadyClock,
    migrate: false,
    createSchema: false,
    supervise: worker,
    schedule: worker,
    useListenNotify: worker,
    // Rebuilding an index takes its owner, which the serving role is not.
    reindex: false,
  })
  boss.on('error', err => log.error({ err }, 'The job queue met an error'))
  boss.on('warning', warning => log.warn({ warning }, 'The job queue warns'))
  await boss.start()
  return {
    put: (tx, queue, data, options = {}) => boss.send(queue, data, { ...options, db: fromPrisma(tx) }),
    putAll: async (tx, queue, jobs) => {
      if (jobs.length > 0) await boss.insert(queue, [...jobs], { db: fromPrisma(tx) })
    },
    work: async (queue, { concurrency = 1, batch = 1 }, handler) => {
      for (let worker = 0; worker < concurrency; worker++) {
        let workerId: string | undefined
        workerId = await boss.work(
          queue,
          { ...polling, batchSize: batch, perJobResults: true },
          async jobs => {
            const run = async ({ id, data, retryCount, signal }: (typeof jobs)[number]) => {
              const attempt = retryCount + 1
              try {
                // A round that the clock begins comes without data.
                const given = (data ?? {}) as Parameters<typeof handler>[0]['data']
                await handler({ id, data: given, attempt, signal })
                return { id, status: 'completed' as const }
              } catch (err) {
                log.error({ err, queue, job: id, attempt }, 'A job failed')
                return { id, status: 'failed' as const, output: { message: String(err) } }
              }
            }
            const results = await Promise.all(jobs.map(run))
            // Word of a job comes once: where many wait, the next is looked for at once and not in two seconds.
            if (workerId) boss.notifyWorker(workerId)
            return results
          },
        )
      }
    },
    schedule: (queue, cron, data) => boss.schedule(queue, cron, data, { tz: 'Asia/Tokyo' }),
    stop: () => boss.stop({ graceful: true, timeout: 10_000 }),
  }
}

/**
 * By what the queue waits: it measures how much of a pause is left, and a machine's clock that is put back by a year would make
 * that a year, without a schedule or a look after jobs that were left. Never goes back; when something is due it asks the
 * database's clock.
 */
export const steadyClock = {
  ...systemClock,
  now: () => Math.floor(performance.timeOrigin + performance.now()),
}

/**
 * A worker is woken by the job itself. It looks by itself for one that is to be tried again, of which nobody sends word,
 * and where word was lost.
 */
const polling = { pollingIntervalSeconds: 1, notifyPollingIntervalSeconds: 2 } satisfies WorkOptions
