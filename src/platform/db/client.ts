import { PrismaPg } from '@prisma/adapter-pg'
import type { SqlDriverAdapter, SqlDriverAdapterFactory, Transaction } from '@prisma/driver-adapter-utils'
import pg from 'pg'
import type { BaseLogger } from 'pino'
import { type Prisma, PrismaClient } from '../../generated/prisma/client.ts'
import { endReading, readThrough } from './read.ts'
import { statementName } from './statement-name.ts'

export { isDatabaseAway, isDatabaseBusy, isUniqueViolation } from './errors.ts'

/** The database as the serving role sees it. */
export type Db = PrismaClient
/** One transaction of it. Statements of one transaction are awaited one after the other. */
export type Tx = Prisma.TransactionClient

export type DbOptions = {
  /** A PostgreSQL address; `?host=` with a folder names a Unix socket. */
  url: string
  log: Pick<BaseLogger, 'warn'>
  /** Connections at most; ten unless said otherwise. */
  max?: number
  /** How many times longer than for people at a screen the server may take; locks are given up as ever. Once unless said. */
  patience?: number
}

/**
 * How long anything may take, in milliseconds. A lock is given up before its statement, a statement before its
 * transaction, so that what is slow always fails with the reason that is true (security.md).
 */
const patienceOf = (times: number) => ({
  connection: 2_500 * times,
  lock: 3_000,
  statement: 5_000 * times,
  /** For a server that no longer answers at all; the statement's own end comes first where it does. */
  answer: 6_500 * times,
  transaction: 8_000 * times,
  idleInTransaction: 10_000 * times,
})

/** Those that are being closed, or are. */
const closing = new WeakSet<object>()

/**
 * Opens the database; connections are made when first needed. A database that is away makes queries fail within
 * seconds with an error that `isDatabaseAway` knows, never the process, and queries succeed again once it is back.
 */
export const openDb = ({ url, log, max = 10, patience: times = 1 }: DbOptions): Db => {
  const patience = patienceOf(times)
  const limits = {
    lock_timeout: patience.lock,
    statement_timeout: patience.statement,
    idle_in_transaction_session_timeout: patience.idleInTransaction,
  }
  // The error holds its whole connection: what it says is enough. A server that goes with us, as at a Ctrl-C, is no loss.
  const warn = ({ message }: Error) => {
    if (!closing.has(db)) log.warn({ reason: message }, 'A database connection was lost')
  }
  const pool = new pg.Pool({
    connectionString: url,
    max,
    connectionTimeoutMillis: patience.connection,
    query_timeout: patience.answer,
    keepAlive: true,
    application_name: 'sekisho',
    options: Object.entries(limits)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
  })
  pool.on('error', warn)
  const adapter = new PrismaPg(pool, {
    onConnectionError: warn,
    statementNameGenerator: ({ sql }) => statementName(sql),
  })
  const db = new PrismaClient({
    adapter: refusingPoisonedCommits(adapter),
    errorFormat: 'minimal',
    transactionOptions: { maxWait: patience.connection, timeout: patience.transaction },
  })
  readThrough(db, pool)
  return db
}

/** Ends every connection; what is asked after that fails. */
export const closeDb = async (db: Db): Promise<void> => {
  closing.add(db)
  await db.$disconnect()
  await endReading(db)
}

/** A transaction was to be committed although one of its statements had failed: PostgreSQL has rolled it back. */
export class PoisonedTransactionError extends Error {
  constructor(cause: unknown) {
    super(
      'An error inside a transaction was caught, and the transaction then committed: nothing of it is stored',
      {
        cause,
      },
    )
  }
}

/**
 * PostgreSQL answers COMMIT of a transaction in which a statement failed with ROLLBACK, and no driver calls that an
 * error: whoever caught the failure would go on as if all were stored. Here it is one.
 */
const refusingPoisonedCommits = (factory: PrismaPg): SqlDriverAdapterFactory => ({
  provider: factory.provider,
  adapterName: factory.adapterName,
  connect: async () => {
    const adapter: SqlDriverAdapter = await factory.connect()
    const start = adapter.startTransaction.bind(adapter)
    adapter.startTransaction = async isolationLevel => watched(await start(isolationLevel))
    return adapter
  },
})

const watched = (transaction: Transaction): Transaction => {
  let failure: { error: unknown } | undefined
  const note = (error: unknown): never => {
    failure ??= { error }
    throw error
  }
  // A connection takes one statement at a time, and Prisma asks for all parts of an `include` at once.
  let before: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(statement: () => Promise<T>): Promise<T> => {
    const mine = before.then(statement).catch(note)
    before = mine.catch(() => undefined)
    return mine
  }
  const queryRaw = transaction.queryRaw.bind(transaction)
  const executeRaw = transaction.executeRaw.bind(transaction)
  transaction.queryRaw = query => inTurn(() => queryRaw(query))
  transaction.executeRaw = async query => {
    const affected = await inTurn(() => executeRaw(query))
    if (query.sql.startsWith('ROLLBACK TO SAVEPOINT')) failure = undefined
    if (query.sql === 'COMMIT' && failure) throw new PoisonedTransactionError(failure.error)
    return affected
  }
  return transaction
}
