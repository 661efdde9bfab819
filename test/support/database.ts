import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import pg from 'pg'
import { inject } from 'vitest'

/** A database of one's own on the run's server, for the two roles. */
export type TestDatabase = {
  name: string
  ownerUrl: string
  appUrl: string
  /** Removes it, whoever is still connected. */
  drop(): Promise<void>
}

/** For `openWorld`: a machine that does much beside a test may take many times what nobody at a screen would wait for. */
export const patience = 8

/** A migrated database without data, cloned in a moment. Make one a file (beforeAll) or one a test; drop it after. */
export const freshDatabase = (): Promise<TestDatabase> => {
  const { ownerUrl } = inject('template')
  return create(`template ${new URL(ownerUrl).pathname.slice(1)}`)
}

/** A clone of another such database, to which nobody may be connected meanwhile. */
export const cloneOf = (name: string): Promise<TestDatabase> => create(`template ${name}`)

/** A database without any table, for tests of the migrations themselves. */
export const emptyDatabase = (): Promise<TestDatabase> => create('template template0')

/** Runs statements one after the other on a connection of their own; gives the rows of the last. */
export const sql = async <Row extends pg.QueryResultRow>(
  url: string,
  ...statements: string[]
): Promise<Row[]> => {
  const client = new pg.Client(url)
  await client.connect()
  try {
    let rows: Row[] = []
    for (const statement of statements) rows = (await client.query<Row>(statement)).rows
    return rows
  } finally {
    await client.end()
  }
}

/** Does `work` while nobody else of this run does what goes by the same name. */
export const oneAtATime = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
  const client = new pg.Client(at(inject('template').ownerUrl, 'postgres'))
  await client.connect()
  try {
    await client.query('select pg_advisory_lock(hashtext($1))', [name])
    return await work()
  } finally {
    await client.end()
  }
}

const at = (url: string, database: string) => {
  const there = new URL(url)
  there.pathname = `/${database}`
  return there.href
}

const create = async (from: string): Promise<TestDatabase> => {
  const template = inject('template')
  const name = `test_${randomBytes(6).toString('hex')}`
  const server = at(template.ownerUrl, 'postgres')
  await sql(server, `create database ${name} ${from}`)
  return {
    name,
    ownerUrl: at(template.ownerUrl, name),
    appUrl: at(template.appUrl, name),
    drop: () => dropDatabase(server, name),
  }
}

const dropDatabase = async (server: string, name: string, tries = 1_500): Promise<void> => {
  try {
    await sql(server, `drop database if exists ${name} with (force)`)
  } catch (error) {
    // The owner may not end a session of the serving role that has been closed but is not quite gone.
    if ((error as { code?: string }).code !== '42501' || tries === 0) throw error
    await setTimeout(20)
    await dropDatabase(server, name, tries - 1)
  }
}
