import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import type { BaseLogger } from 'pino'
import { DatabaseStartError } from './database-start-error.ts'
import { grantToServingRole } from './grants.ts'
import { ensureQueues, type QueueDeclaration, queuesAreMade } from './queues.ts'
import {
  applyMigrations,
  diffToSchema,
  type MigrationList,
  migrationsFolder,
  readMigrations,
  schemaFolder,
} from './schema-engine.ts'

/** Addresses of one database for the role that owns its tables and the role that serves; they may be the same. */
export type DatabaseUrls = { ownerUrl: string; appUrl: string }

export type MigrateOptions = {
  log: Pick<BaseLogger, 'info' | 'warn'>
  /** The queues that jobs will be put into (src/jobs/queues.ts). */
  queues: readonly QueueDeclaration[]
  /** Other migrations than the project's, in tests. */
  folder?: string
}

/** Two copies that start together take turns: the second finds the work done. */
const migrationLock = 5_320_016

/**
 * Brings the database to this version of the program: applies the pending migrations as `prisma migrate deploy`
 * would (recorded in `_prisma_migrations`), installs the job queues, and grants the serving role its rights, which
 * never include ownership or a change of history (F-03). Any number of copies may call it at once and again.
 *
 * Gives the names applied. Throws a DatabaseStartError when the server can't be reached or is too old, a migration fails, or the
 * database was migrated by a newer version.
 */
export const migrate = async (urls: DatabaseUrls, options: MigrateOptions): Promise<string[]> => {
  const list = await readMigrations(options.folder)
  return withClient(urls.ownerUrl, client => bringUp(client, urls, list, options)).catch(error => {
    const [why] = /(permission denied|must be owner)[^\n]*/.exec(String(error?.message)) ?? []
    if (!why) throw error
    const { username, pathname } = new URL(urls.ownerUrl)
    throw new DatabaseStartError(
      `The role ${decodeURIComponent(username)} may not set up the database ${pathname.slice(1)} (${why}): name the role that owns the database and its tables in DATABASE_OWNER_URL, and another one in DATABASE_URL.`,
      { cause: error },
    )
  })
}

const bringUp = async (
  client: pg.Client,
  urls: DatabaseUrls,
  list: MigrationList,
  options: MigrateOptions,
): Promise<string[]> => {
  await refuseOldServer(client)
  await client.query('begin')
  await client.query('select pg_advisory_xact_lock($1)', [migrationLock])
  const pending = await pendingAmong(list, client)
  if (pending.length > 0) {
    await forgetUnfinished(urls.ownerUrl)
    await apply(urls.ownerUrl, list)
  }
  await ensureQueues(urls.ownerUrl, client, options.queues)
  await grantToServingRole(client, decodeURIComponent(new URL(urls.appUrl).username))
  await client.query('commit')
  for (const name of pending) options.log.info({ migration: name }, 'Migration applied')
  return pending
}

const oldestServer = 18

/** An older server would stop at some statement of some migration, with an error that says nothing of why. */
const refuseOldServer = async (client: pg.Client) => {
  const { rows } = await client.query<{ server_version: string }>('show server_version')
  const version = rows[0]?.server_version ?? ''
  if (Number.parseInt(version, 10) < oldestServer)
    throw new DatabaseStartError(
      `The database server is PostgreSQL ${version}: Sekisho needs ${oldestServer} or newer.`,
    )
}

/** The names of the migrations that the database at `url` has yet to see, oldest first. */
export const pendingMigrations = async (url: string, folder?: string): Promise<string[]> => {
  const list = await readMigrations(folder)
  return withClient(url, client => pendingAmong(list, client))
}

/**
 * Throws a DatabaseStartError that says what to run when the database at `appUrl` is not at this version of the program:
 * for programs that don't know the owner's password, which is how they should be (F-03).
 */
export const refuseUnlessMigrated = (appUrl: string, queues: readonly QueueDeclaration[]): Promise<void> =>
  withClient(appUrl, async client => {
    await refuseOldServer(client)
    const pending = await pendingAmong(await readMigrations(), client)
    if (pending.length === 0 && (await queuesAreMade(client, queues))) return
    const lacking =
      pending.length > 0 ? `${pending.length} migrations are pending` : 'its queues are another’s'
    throw new DatabaseStartError(
      `The database is not at this version of the program (${lacking}): run sekisho migrate with DATABASE_OWNER_URL, the role that owns the tables, then start again.`,
    )
  })

/**
 * Whether the role of `url` owns any of the program's tables. It must not in production: an owner may take every
 * right back that we withhold, and with it rewrite history (F-03).
 */
export const servingRoleOwnsTables = (url: string): Promise<boolean> =>
  withClient(url, async client => {
    const { rows } = await client.query<{ owns: boolean }>(
      `select exists (
         select from pg_class join pg_roles on pg_roles.oid = relowner
         where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and pg_has_role(relowner, 'usage')
       ) as owns`,
    )
    return rows[0]?.owns ?? false
  })

/** What the database's clock shows. */
export const databaseTime = (url: string): Promise<Date> =>
  withClient(url, async client => {
    const { rows } = await client.query<{ now: Date }>('select clock_timestamp() as now')
    const [row] = rows
    if (!row) throw new Error('the database does not say what time it is')
    return row.now
  })

/**
 * Writes the migration that leads from the existing ones to prisma/schema, into
 * prisma/migrations/<time>_<name>/migration.sql, and gives that path; undefined when there is nothing to change.
 * `ownerUrl` is any database of a server where its role may create another (a scratch one, dropped again).
 * `now` names the folder, in UTC as Prisma does.
 */
export const diffMigration = async (
  ownerUrl: string,
  name: string,
  now: Date,
  folders = { schema: schemaFolder, migrations: migrationsFolder },
): Promise<string | undefined> => {
  if (!/^[a-z0-9_]{1,60}$/.test(name))
    throw new DatabaseStartError(
      `«${name}» cannot name a migration: use small letters, digits and underscores, such as add_fee_settings.`,
    )
  const sql = await diffToSchema(ownerUrl, await readMigrations(folders.migrations), folders.schema)
  if (sql === undefined) return undefined
  const time = now.toISOString().replace(/\D/g, '').slice(0, 14)
  const folder = join(folders.migrations, `${time}_${name}`)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folders.migrations, 'migration_lock.toml'), lockFile)
  const file = join(folder, 'migration.sql')
  await writeFile(file, sql)
  return file
}

const lockFile =
  '# Prisma reads here for which database the migrations are written.\nprovider = "postgresql"\n'

/**
 * A migration is one transaction, so that one which failed or was cut off has left nothing behind; Prisma's engine, which
 * cannot know that, would refuse ever to try it again. Committed at once, because the engine looks from outside.
 */
const forgetUnfinished = (ownerUrl: string) =>
  withClient(ownerUrl, async client => {
    if (!(await hasMigrationsTable(client))) return
    await client.query(
      'update public._prisma_migrations set rolled_back_at = now() where finished_at is null and rolled_back_at is null',
    )
  })

const hasMigrationsTable = async (client: pg.Client): Promise<boolean> => {
  const { rows } = await client.query<{ there: boolean }>(
    `select to_regclass('public._prisma_migrations') is not null as there`,
  )
  return rows[0]?.there ?? false
}

/** Whoever waits for a table makes everybody wait who comes after: a migration stands aside after this, and comes again. */
const lockTimeoutSeconds = 2
/** As long as the longest work of the program may hold a table, and a little more. */
const triesForALock = 150

const apply = async (ownerUrl: string, list: MigrationList, tries = 1): Promise<void> => {
  try {
    const url = new URL(ownerUrl)
    url.searchParams.set('options', `-c lock_timeout=${lockTimeoutSeconds}s`)
    await applyMigrations(url.href, list)
  } catch (error) {
    if (tries < triesForALock && /lock timeout|deadlock detected/.test(String(error))) {
      await forgetUnfinished(ownerUrl)
      await pause(1_000)
      return apply(ownerUrl, list, tries + 1)
    }
    // The engine appends where in itself it was: no part of a sentence, but of the cause.
    const [said = ''] = (error instanceof Error ? error.message : String(error)).split(/\n\s*0: /)
    throw new DatabaseStartError(
      `The migrations could not be applied: ${said.trim().replaceAll(/\s*\n\s*/g, ' ')}`,
      { cause: error },
    )
  }
}

const pendingAmong = async (list: MigrationList, client: pg.Client): Promise<string[]> => {
  const known = list.migrationDirectories.map(directory => directory.path)
  if (!(await hasMigrationsTable(client))) return known
  const { rows } = await client.query<{ name: string }>(
    'select migration_name as name from public._prisma_migrations where finished_at is not null and rolled_back_at is null',
  )
  const done = new Set(rows.map(row => row.name))
  const unknown = [...done].filter(name => !known.includes(name))
  if (unknown.length > 0)
    throw new DatabaseStartError(
      `The database was migrated by a newer version of the program (${unknown.join(', ')}): run that version, or restore the database of this one.`,
    )
  return known.filter(name => !done.has(name))
}

const withClient = async <T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    application_name: 'sekisho-migrate',
  })
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (error) {
    const { hostname, pathname } = new URL(url)
    throw new DatabaseStartError(
      `The database ${pathname.slice(1)} on ${hostname} does not answer (${error instanceof Error ? error.message : error}): see that the server runs and that DATABASE_URL and DATABASE_OWNER_URL are right.`,
      { cause: error },
    )
  }
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
