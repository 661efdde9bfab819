import pg from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { queues } from '../../../src/jobs/queues.ts'
import { closeDb, type Db, openDb } from '../../../src/platform/db/client.ts'
import { inTx } from '../../../src/platform/db/in-tx.ts'
import { ensureQueues } from '../../../src/platform/db/queues.ts'
import { openMetrics } from '../../../src/platform/http/metrics.ts'
import { type Job, type Jobs, openJobs } from '../../../src/platform/jobs.ts'
import { freshDatabase, sql, type TestDatabase } from '../../support/database.ts'

const log = pino({ level: 'silent' })
const again = { name: 'again', retryLimit: 2, retryDelay: 0 }
const others = [{ name: 'many' }, { name: 'rounds' }]
let database: TestDatabase
let db: Db
let jobs: Jobs
beforeAll(async () => {
  database = await freshDatabase()
  const owner = new pg.Client(database.ownerUrl)
  await owner.connect()
  await ensureQueues(database.ownerUrl, owner, [...queues, again, ...others])
  await owner.end()
  db = openDb({ url: database.appUrl, log })
  jobs = await openJobs({ url: database.appUrl, log })
})
afterAll(async () => {
  await jobs.stop()
  await closeDb(db)
  await database.drop()
})

const queued = (queue: string) =>
  sql<{ data: object }>(database.ownerUrl, `select data from pgboss.job where name = '${queue}'`)

describe('jobs', () => {
  it('C-10 exist only if the transaction that put them commits', async () => {
    await inTx({ db }, async tx => {
      await jobs.put(tx, 'mail', { lost: true })
      return { ok: false as const, reason: 'refused' }
    })
    expect(await queued('mail')).toEqual([])
    await inTx({ db }, tx => jobs.put(tx, 'mail', { kept: true }))
    expect(await queued('mail')).toEqual([{ data: { kept: true } }])
  })

  it('I-04 that wait, and mails that have not gone out, are told to whoever watches the program', async () => {
    const clock = { now: () => new Date('2026-11-20T03:00:00Z') }
    const metrics = openMetrics({ db, clock })
    await inTx({ db }, tx => jobs.put(tx, 'sms', { nobody: 'works on it' }))
    await sql(
      database.ownerUrl,
      `INSERT INTO outbox_mail (id, kind, recipient, locale, params, created_at)
       VALUES (gen_random_uuid(), 'any', 'a@b.example', 'ja', '{}', '2026-11-20T02:58:30Z')`,
    )
    const told = await metrics.text()
    expect(told).toMatch(/^sekisho_jobs\{queue="sms",state="waiting"\} 1$/m)
    expect(told).toMatch(/^sekisho_mail_oldest_seconds 90$/m)
    expect(told).toMatch(/^sekisho_sms_oldest_seconds 0$/m)
    expect(told).toMatch(/^sekisho_database_up 1$/m)
    await sql(database.ownerUrl, `UPDATE outbox_mail SET sent_at = created_at`)
    expect(await metrics.text()).toMatch(/^sekisho_mail_oldest_seconds 0$/m)
  })

  it('C-10 are worked on by the role that serves', async () => {
    const { promise: worked, resolve } = Promise.withResolvers<Job<{ certificate: string }>>()
    await jobs.work<{ certificate: string }>('certificate-issue', {}, async job => resolve(job))
    await inTx({ db }, tx => jobs.put(tx, 'certificate-issue', { certificate: 'one' }))
    expect(await worked).toMatchObject({ data: { certificate: 'one' }, attempt: 1 })
  })

  it('C-10 that wait together are worked on one after the other without a pause', async () => {
    const seen: number[] = []
    const { promise: done, resolve } = Promise.withResolvers<void>()
    const before = performance.now()
    await inTx({ db }, async tx => {
      for (let place = 0; place < 20; place++) await jobs.put(tx, 'many', { place })
    })
    await jobs.work<{ place: number }>('many', { concurrency: 2 }, async ({ data }) => {
      seen.push(data.place)
      if (seen.length === 20) resolve()
    })
    await done
    expect(seen.sort((one, other) => one - other)).toEqual(Array.from({ length: 20 }, (_, place) => place))
    // Looked for every two seconds they would take twenty.
    expect(performance.now() - before).toBeLessThan(19_000)
  })

  it('of the clock, which come without data, are given an empty one', async () => {
    const { promise: worked, resolve } = Promise.withResolvers<object>()
    await sql(database.ownerUrl, `insert into pgboss.job (name, data) values ('rounds', null)`)
    await jobs.work('rounds', {}, async ({ data }) => resolve(data))
    expect(await worked).toEqual({})
  })

  it('are tried again when their handler throws', async () => {
    const attempts: number[] = []
    const { promise: done, resolve } = Promise.withResolvers<void>()
    await jobs.work('again', {}, async ({ attempt }) => {
      attempts.push(attempt)
      if (attempt < 2) throw new Error('not yet')
      resolve()
    })
    await inTx({ db }, tx => jobs.put(tx, 'again', {}))
    await done
    expect(attempts).toEqual([1, 2])
  })
})
