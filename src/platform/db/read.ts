import pg from 'pg'
import { Prisma } from '../../generated/prisma/client.ts'
import { Reading } from './reading.ts'
import { statementName } from './statement-name.ts'

/** What of the ORM's client raw reads need: the database, or a transaction of it. */
type Readable = { $queryRaw<Row>(query: Prisma.Sql): Promise<Row> }

const pools = new WeakMap<Readable, pg.Pool>()

/** Lets `read` go to the connections of a database; `openDb` does it. */
export const readThrough = (db: Readable, pool: pg.Pool): void => {
  pools.set(db, pool)
}

/** Ends the connections that `read` goes to; a second time does nothing. */
export const endReading = async (db: Readable): Promise<void> => {
  const pool = pools.get(db)
  if (pool && !pool.ending) await pool.end()
}

const oid = { bytes: 17, bigint: 20, date: 1082, timestamp: 1114, timestamptz: 1184 } as const

const atUtc = (text: string): Date => new Date(`${text.replace(' ', 'T')}Z`)
const moment = pg.types.getTypeParser(oid.timestamptz)

/** Values as the ORM gives them: days are their midnight in UTC, and no big number loses a digit. */
const parsers: Record<number, (text: string) => unknown> = {
  [oid.bigint]: BigInt,
  [oid.date]: text => new Date(`${text}T00:00:00Z`),
  [oid.timestamp]: atUtc,
  [oid.timestamptz]: moment,
}

const types: pg.CustomTypesConfig = {
  getTypeParser: (id: number, format?: 'text' | 'binary') =>
    (format === 'text' && parsers[id]) || pg.types.getTypeParser(id, format),
}

/** A moment in UTC, whatever zone the machine is in. */
const parameter = (value: unknown): unknown => (value instanceof Date ? value.toISOString() : value)

/** A pool promises an answer to a statement object too, which its types don't say. */
const answered = (pool: pg.Pool, statement: pg.Submittable): Promise<unknown> =>
  Promise.resolve(pool.query(statement))

/**
 * The rows of a statement that changes nothing, written as `$queryRaw` takes it and given as it gives them: moments and days
 * as `Date`, `bigint` for 64-bit numbers, JSON parsed, bytes as `Uint8Array`. It goes straight to a connection, at half of
 * what `$queryRaw` costs the program, and is for what every page asks (decision 77). Of a transaction, and of a client that
 * is listened to, it asks `$queryRaw`. Throws what the driver says of a database that is away or too slow, which
 * `isDatabaseAway` and `isDatabaseBusy` know.
 */
export const read =
  <Row extends object>(db: Readable) =>
  async (strings: TemplateStringsArray, ...given: unknown[]): Promise<Row[]> => {
    const statement = Prisma.sql(strings, ...given)
    const pool = pools.get(db)
    if (!pool) return db.$queryRaw<Row[]>(statement)
    const { text, values } = statement
    const reading = new Reading<Row>({
      name: statementName(text),
      text,
      values: values.map(parameter),
      types,
    })
    await answered(pool, reading)
    return reading.found()
  }
