import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Prisma } from '../../../../src/generated/prisma/client.ts'
import {
  closeDb,
  type Db,
  isDatabaseAway,
  isDatabaseBusy,
  isUniqueViolation,
  openDb,
} from '../../../../src/platform/db/client.ts'
import { startEmbedded } from '../../../../src/platform/db/embedded.ts'
import { read } from '../../../../src/platform/db/read.ts'
import { freshDatabase, sql, type TestDatabase } from '../../../support/database.ts'

const log = pino({ level: 'silent' })
let database: TestDatabase
let db: Db
beforeAll(async () => {
  database = await freshDatabase()
  await sql(
    database.ownerUrl,
    'create table tally (id int constraint tally_once unique)',
    'insert into tally values (1)',
    'grant all on tally to sekisho_app',
  )
  db = openDb({ url: database.appUrl, log, max: 3 })
})
afterAll(async () => {
  await closeDb(db)
  await database.drop()
})

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => {
      throw new Error('it should have failed')
    },
    error => error,
  )

describe('the database client', () => {
  it('gives up a lock before a statement, and a statement before a transaction', async () => {
    const [limits] = await db.$queryRaw<{ lock: string; statement: string; idle: string }[]>`
      select current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement,
        current_setting('idle_in_transaction_session_timeout') as idle`
    expect(limits).toEqual({ lock: '3s', statement: '5s', idle: '10s' })
  })

  it('reads past the ORM what the ORM would give, from whatever it is given', async () => {
    const at = new Date('2026-11-20T15:00:00.123Z')
    const bytes = new Uint8Array([0, 255, 39])
    const given = Prisma.sql`
      select ${at}::timestamptz as at, ${at}::timestamptz::date as day, ${'2026-11-20 15:00:00'}::timestamp as naive,
        ${9_007_199_254_740_993n}::bigint as big, ${7}::int as small, ${true}::bool as yes, ${null}::text as nothing,
        ${"髙﨑𠮷'"}::text as name, ${['a', 'b"c']}::text[] as list, ${bytes}::bytea as bytes,
        ${'{"a":[1,null]}'}::jsonb as json, 'done'::history_outcome as word,
        '01900000-0000-7000-8000-000000000001'::uuid as id, ${1.5}::float8 as part`
    const [own] = await read<{ bytes: Uint8Array }>(db)`${given}`
    const [orm] = await db.$queryRaw<{ bytes: Uint8Array }[]>`${given}`
    expect({ ...own, bytes: [...(own?.bytes ?? [])] }).toEqual({ ...orm, bytes: [...(orm?.bytes ?? [])] })
    expect(own).toMatchObject({ at, big: 9_007_199_254_740_993n, list: ['a', 'b"c'] })
  })

  it('reads inside a transaction what that transaction sees', async () => {
    await db.$transaction(async tx => {
      await tx.$executeRaw`insert into tally values (77)`
      expect(await read(tx)`select id from tally where id = 77`).toEqual([{ id: 77 }])
      expect(await read(db)`select id from tally where id = 77`).toEqual([])
      await tx.$executeRaw`delete from tally where id = 77`
    })
  })

  it('gives up a reading that takes too long, and knows it for what it is', async () => {
    await db.$transaction(async holder => {
      await holder.$executeRaw`lock table tally in access exclusive mode`
      expect(isDatabaseBusy(await failureOf(read(db)`select id from tally`))).toBe(true)
    })
  })

  it('asks nothing more once it is closed, twice if need be', async () => {
    const closed = openDb({ url: database.appUrl, log })
    await read(closed)`select 1`
    await closeDb(closed)
    await closeDb(closed)
    await expect(read(closed)`select 1`).rejects.toThrow()
  })

  it('warns of a connection that is cut off in a line, and of none once it is being closed', async () => {
    const opened = async (warn: () => void) => {
      const own = openDb({ url: database.appUrl, log: { warn }, max: 3 })
      const pids = await Promise.all(
        [1, 2, 3].map(
          () => own.$queryRaw<{ pid: number }[]>`select pg_backend_pid() as pid, pg_sleep(0.05)::text`,
        ),
      )
      // By another program, while this one waits: what its connections are told, they hear only afterwards.
      const cutOff = () =>
        execFileSync(process.execPath, [
          '--input-type=module',
          '--eval',
          `import pg from 'pg'
           const client = new pg.Client(${JSON.stringify(database.appUrl)})
           await client.connect()
           await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid = any($1)', [[${pids.flat().map(({ pid }) => pid)}]])
           await client.end()`,
        ])
      return { own, cutOff }
    }
    const [alive, over] = [vi.fn(), vi.fn()]
    const cut = await opened(alive)
    cut.cutOff()
    const message = 'terminating connection due to administrator command'
    await vi.waitFor(
      () => expect(alive).toHaveBeenCalledWith({ reason: message }, 'A database connection was lost'),
      { timeout: 60_000 },
    )
    await closeDb(cut.own)
    const closed = await opened(over)
    closed.cutOff()
    await closeDb(closed.own)
    await sql(database.appUrl, 'select pg_sleep(0.05)')
    expect(over).not.toHaveBeenCalled()
  })

  it('knows a lock that did not come for what it is', async () => {
    const error = await failureOf(
      db.$transaction(async tx => {
        await tx.$executeRaw`set local lock_timeout = '50ms'`
        await db.$transaction(async holder => {
          await holder.$queryRaw`select id from tally for update`
          await tx.$queryRaw`select id from tally for update`
        })
      }),
    )
    expect(isDatabaseBusy(error)).toBe(true)
    expect(isDatabaseAway(error)).toBe(false)
  })

  it('knows which unique constraint was violated', async () => {
    const error = await failureOf(db.$executeRaw`insert into tally values (1)`)
    expect(isUniqueViolation(error)).toBe(true)
    expect(isUniqueViolation(error, 'tally_once')).toBe(true)
    expect(isUniqueViolation(error, 'tally')).toBe(false)
    expect(isUniqueViolation(new Error('tally_once'))).toBe(false)
  })

  it('says within seconds that no connection is free', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    const begun: Promise<void>[] = []
    const holders = [1, 2, 3].map(() => {
      const { promise, resolve } = Promise.withResolvers<void>()
      begun.push(promise)
      return db.$transaction(() => {
        resolve()
        return released
      })
    })
    await Promise.all(begun)
    const error = await failureOf(db.$queryRaw`select 1`)
    release()
    await Promise.all(holders)
    expect(isDatabaseAway(error)).toBe(true)
  })

  it('outlives its server: quick refusals while it is away, answers within moments of its return', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'sekisho-away-'))
    await chmod(dataDir, 0o755)
    const first = await startEmbedded({ dataDir, log, durable: false })
    const client = openDb({ url: first.appUrl, log })
    try {
      await client.$queryRaw`select 1`
      await first.stop()
      for (const attempt of [
        () => client.$queryRaw`select 1`,
        () => client.user.findFirst(),
        () => read(client)`select 1`,
        () => client.$transaction(tx => tx.$queryRaw`select 1`),
      ])
        expect(isDatabaseAway(await failureOf(attempt()))).toBe(true)
      const second = await startEmbedded({ dataDir, log, durable: false })
      try {
        await vi.waitFor(() => client.$queryRaw`select 1`, 60_000)
        await vi.waitFor(() => read(client)`select 1`, 60_000)
      } finally {
        await second.stop()
      }
    } finally {
      await closeDb(client)
      await rm(dataDir, { recursive: true })
    }
  })
})
