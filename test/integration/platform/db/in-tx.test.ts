import { setImmediate } from 'node:timers/promises'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  closeDb,
  type Db,
  openDb,
  PoisonedTransactionError,
  type Tx,
} from '../../../../src/platform/db/client.ts'
import { inOwnTx, inTx } from '../../../../src/platform/db/in-tx.ts'
import { freshDatabase, sql, type TestDatabase } from '../../../support/database.ts'

let database: TestDatabase
let db: Db
let deps: { db: Db }
beforeAll(async () => {
  database = await freshDatabase()
  await sql(
    database.ownerUrl,
    'create table tally (id int primary key, n int not null)',
    'grant all on tally to sekisho_app',
  )
  db = openDb({ url: database.appUrl, log: pino({ level: 'silent' }) })
  deps = { db }
})
afterAll(async () => {
  await closeDb(db)
  await database.drop()
})
beforeEach(() => sql(database.ownerUrl, 'truncate tally', 'insert into tally values (1, 0), (2, 0)'))

const add = (tx: Tx, id: number) => tx.$executeRaw`update tally set n = n + 1 where id = ${id}`
const insert = (tx: Tx, id: number) => tx.$executeRaw`insert into tally values (${id}, 0)`
const tally = async () =>
  Object.fromEntries(
    (await sql<{ id: number; n: number }>(database.ownerUrl, 'select * from tally')).map(r => [r.id, r.n]),
  )

/** Lets two transactions both arrive at a point before either goes on; later rounds pass at once. */
const meetingOf = (parties: number) => {
  let arrived = 0
  const { promise, resolve } = Promise.withResolvers<void>()
  return () => {
    if (++arrived >= parties) resolve()
    return promise
  }
}

describe('inTx', () => {
  it('asks a connection for one statement at a time, however many are asked at once', async () => {
    const warnings: string[] = []
    const note = ({ message }: Error) => warnings.push(message)
    process.on('warning', note)
    const services = await inTx(deps, async tx => {
      await Promise.all([add(tx, 1), add(tx, 2), add(tx, 1), insert(tx, 3)])
      return tx.service.findMany({ include: { permissions: true, companies: true, standardFees: true } })
    })
    expect(services.length).toBeGreaterThan(0)
    await expect(
      inTx(deps, tx => Promise.all([add(tx, 1), insert(tx, 1).catch(() => 0), add(tx, 2)])),
    ).rejects.toThrow()
    await setImmediate()
    process.off('warning', note)
    expect(warnings).toEqual([])
    expect(await tally()).toEqual({ 1: 2, 2: 1, 3: 0 })
  })

  it('commits what it gives, and rolls back what throws', async () => {
    expect(await inTx(deps, async tx => add(tx, 1))).toBe(1)
    await expect(
      inTx(deps, async tx => {
        await add(tx, 1)
        throw new Error('surprise')
      }),
    ).rejects.toThrow('surprise')
    expect(await tally()).toEqual({ 1: 1, 2: 0 })
  })

  it('joins the open transaction, which decides for both', async () => {
    const inner = () => inTx(deps, tx => add(tx, 1))
    await expect(
      inTx(deps, async () => {
        await inner()
        throw new Error('surprise')
      }),
    ).rejects.toThrow('surprise')
    expect(await tally()).toEqual({ 1: 0, 2: 0 })
    await inTx(deps, async tx => {
      await inner()
      await add(tx, 2)
    })
    expect(await tally()).toEqual({ 1: 1, 2: 1 })
  })

  it('stores nothing of a refusal, and gives it on', async () => {
    const refusal = { ok: false as const, reason: 'user.locked' }
    const given = await inTx(deps, async tx => {
      await add(tx, 1)
      return refusal
    })
    expect(given).toBe(refusal)
    expect(await tally()).toEqual({ 1: 0, 2: 0 })
  })

  it('lets the outer result decide over a refusal inside', async () => {
    await inTx(deps, async () => {
      await inTx(deps, async tx => {
        await add(tx, 1)
        return { ok: false as const, reason: 'inner' }
      })
      return { ok: true as const, value: undefined }
    })
    expect(await tally()).toEqual({ 1: 1, 2: 0 })
  })

  it('begins anew for what was left running when the transaction ended', async () => {
    const { promise: over, resolve: end } = Promise.withResolvers<void>()
    let late: Promise<number> | undefined
    await inTx(deps, async tx => {
      await add(tx, 1)
      late = over.then(() => inTx(deps, inner => add(inner, 2)))
    })
    end()
    expect(await late).toBe(1)
    expect(await tally()).toEqual({ 1: 1, 2: 1 })
  })

  it('retries a deadlock (40P01) until both have their way', async () => {
    const meet = meetingOf(2)
    let runs = 0
    const both = (first: number, second: number) =>
      inTx(deps, async tx => {
        runs++
        await add(tx, first)
        await meet()
        await add(tx, second)
      })
    await Promise.all([both(1, 2), both(2, 1)])
    expect(await tally()).toEqual({ 1: 2, 2: 2 })
    expect(runs).toBeGreaterThan(2)
  })

  it('retries a serialization failure (40001) at a statement', async () => {
    const meet = meetingOf(2)
    let runs = 0
    const count = () =>
      inTx(deps, async tx => {
        runs++
        await tx.$executeRaw`set transaction isolation level repeatable read`
        await tx.$queryRaw`select * from tally`
        await meet()
        await add(tx, 1)
      })
    await Promise.all([count(), count()])
    expect(await tally()).toEqual({ 1: 2, 2: 0 })
    expect(runs).toBe(3)
  })

  it('retries a serialization failure (40001) at COMMIT', async () => {
    const meet = meetingOf(2)
    const written = meetingOf(2)
    let runs = 0
    const skew = (id: number) =>
      inTx(deps, async tx => {
        runs++
        await tx.$executeRaw`set transaction isolation level serializable`
        await tx.$queryRaw`select * from tally`
        await meet()
        await add(tx, id)
        await written()
      })
    await Promise.all([skew(1), skew(2)])
    expect(await tally()).toEqual({ 1: 1, 2: 1 })
    expect(runs).toBe(3)
  })

  it('gives up after five tries', async () => {
    let runs = 0
    await expect(
      inTx(deps, async tx => {
        runs++
        await tx.$executeRaw`do $$ begin raise serialization_failure; end $$`
      }),
    ).rejects.toMatchObject({ code: expect.stringMatching(/P2034|P2010/) })
    expect(runs).toBe(5)
  })

  it('never takes a caught SQL error for a success', async () => {
    await expect(
      inTx(deps, async tx => {
        await add(tx, 1)
        await insert(tx, 1).catch(() => {})
        return 'stored'
      }),
    ).rejects.toThrow(PoisonedTransactionError)
    expect(await tally()).toEqual({ 1: 0, 2: 0 })
  })

  it('loses no update under 20 at once', async () => {
    await Promise.all(
      Array.from({ length: 20 }, () =>
        inTx(deps, async tx => {
          const rows = await tx.$queryRaw<{ n: number }[]>`select n from tally where id = 1 for update`
          await tx.$executeRaw`update tally set n = ${(rows[0]?.n ?? 0) + 1} where id = 1`
        }),
      ),
    )
    expect(await tally()).toEqual({ 1: 20, 2: 0 })
  })
})

describe('inOwnTx', () => {
  it('B-06 remembers a failed try although the transaction around it is rolled back', async () => {
    await expect(
      inTx(deps, async tx => {
        await add(tx, 1)
        await inOwnTx(deps, own => add(own, 2))
        throw new Error('surprise')
      }),
    ).rejects.toThrow('surprise')
    expect(await tally()).toEqual({ 1: 0, 2: 1 })
  })

  it('B-06 commits even what it refuses', async () => {
    await inOwnTx(deps, async own => {
      await add(own, 1)
      return { ok: false as const, reason: 'password.wrong' }
    })
    expect(await tally()).toEqual({ 1: 1, 2: 0 })
  })
})
