import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { PrismaPg } from '@prisma/adapter-pg'
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  DriverAdapterError,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils'
import * as glue from '@prisma/schema-engine-wasm/schema_engine_bg'
import pg from 'pg'

type Datamodel = [path: string, content: string][]

/** What a migrations folder holds, in the order of application, as the engine wants it. */
export type MigrationList = {
  baseDir: string
  lockfile: { path: string; content: string | null }
  migrationDirectories: {
    path: string
    migrationFile: { path: string; content: { tag: 'ok'; value: string } }
  }[]
  shadowDbInitScript: string
}

const root = join(import.meta.dirname, '..', '..', '..')
export const schemaFolder = join(root, 'prisma', 'schema')
export const migrationsFolder = join(root, 'prisma', 'migrations')
const nothingExternal = { externalTables: [], externalEnums: [] }

export const readMigrations = async (folder = migrationsFolder): Promise<MigrationList> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const names = entries.filter(entry => entry.isDirectory()).map(entry => entry.name)
  return {
    baseDir: folder,
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    migrationDirectories: await Promise.all(
      names.sort().map(async name => ({
        path: name,
        migrationFile: {
          path: 'migration.sql',
          content: { tag: 'ok' as const, value: await readFile(join(folder, name, 'migration.sql'), 'utf8') },
        },
      })),
    ),
    shadowDbInitScript: '',
  }
}

const readSchema = async (folder: string): Promise<Datamodel> => {
  const names = (await readdir(folder)).filter(name => name.endsWith('.prisma')).sort()
  return Promise.all(
    names.map(async name => [name, await readFile(join(folder, name), 'utf8')] as [string, string]),
  )
}

/** What we use of it; the typings of Node leave it to a browser's. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: Record<string, unknown> } }>
}

const panic = (message: string) => {
  throw new Error(`Prisma's schema engine failed: ${message}`)
}

/** The engine's module is instantiated by hand: its own loader is made for bundlers. Compiled once a process. */
let instantiated: Promise<void> | undefined
const instantiate = () => {
  instantiated ??= (async () => {
    const file = createRequire(import.meta.url)
      .resolve('@prisma/schema-engine-wasm')
      .replace(/schema_engine\.js$/, 'schema_engine_bg.wasm')
    // Its alarm clocks must not keep a command waiting that is done, and its panics must say what they are about.
    const timers = Object.keys(glue).filter(name => name.startsWith('__wbg_setTimeout_'))
    const setTimer = (wake: () => void, milliseconds: number) => setTimeout(wake, milliseconds).unref()
    const imports = {
      './schema_engine_bg.js': { ...glue, ...Object.fromEntries(timers.map(name => [name, setTimer])) },
    }
    Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: { set_message: panic } })
    const { instance } = await WebAssembly.instantiate(await readFile(file), imports)
    const { __wbg_set_wasm: connect } = glue as unknown as { __wbg_set_wasm: (exports: object) => void }
    connect(instance.exports)
    const start = instance.exports.__wbindgen_start as () => void
    start()
  })()
  return instantiated
}

/**
 * PostgreSQL's catalogue is full of the type "char", which the adapter refuses to read (prisma/orm issue 27403). Its
 * columns pass the adapter under the type of a time of day, of which the catalogue has none, and reach the engine as
 * the single characters they are.
 */
const passedAs = { oid: pg.types.builtins.TIME, column: ColumnTypeEnum.Time }

const catalogPool = (config: pg.PoolConfig): pg.Pool => {
  const pool = new pg.Pool({ ...config, max: 2 })
  const query = pool.query.bind(pool) as (...given: unknown[]) => Promise<pg.QueryArrayResult>
  pool.query = (async (...given: unknown[]) => {
    const result = await query(...given)
    for (const field of result.fields ?? [])
      if (field.dataTypeID === pg.types.builtins.CHAR) field.dataTypeID = passedAs.oid
    return result
  }) as typeof pool.query
  return pool
}

/**
 * The adapter cuts scripts at every semicolon, those inside functions too. Here a script goes to the server whole,
 * which runs it in one transaction: a migration is applied or it is not.
 */
const adapterOver = async (pool: pg.Pool): Promise<SqlDriverAdapter> => {
  const adapter: SqlDriverAdapter = await new PrismaPg(pool).connect()
  const queryRaw = adapter.queryRaw.bind(adapter)
  adapter.queryRaw = async query => {
    const result = await queryRaw(query)
    const columnTypes = result.columnTypes.map(type =>
      type === passedAs.column ? ColumnTypeEnum.Character : type,
    )
    return { ...result, columnTypes }
  }
  adapter.executeScript = async script => {
    await pool.query(script).catch((error: pg.DatabaseError) => {
      const { message, code = '', severity = '', detail, column, hint } = error
      throw new DriverAdapterError({ kind: 'postgres', code, severity, message, detail, column, hint })
    })
  }
  return adapter
}

const connectionsTo = (url: string) => {
  const pools = new Set<pg.Pool>()
  const connect = (address: string) => {
    const pool = catalogPool({ connectionString: address })
    pools.add(pool)
    return adapterOver(pool)
  }
  const scratch = new URL(url)
  scratch.pathname = `/sekisho_scratch_${process.pid}`
  const factory: SqlMigrationAwareDriverAdapterFactory = {
    provider: 'postgres',
    adapterName: '@prisma/adapter-pg',
    connect: () => connect(url),
    connectToShadowDb: async () => {
      await onServerOf(url, dropScratch, `create database ${scratch.pathname.slice(1)} template template0`)
      return connect(scratch.href)
    },
  }
  const dropScratch = `drop database if exists ${scratch.pathname.slice(1)}`
  const close = async () => {
    await Promise.all([...pools].map(pool => pool.end()))
    if (pools.size > 1) await onServerOf(url, dropScratch)
  }
  return { factory, close }
}

const onServerOf = async (url: string, ...statements: string[]) => {
  const client = new pg.Client(url)
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

const withEngine = async <T>(
  url: string,
  schema: Datamodel,
  work: (engine: glue.SchemaEngine) => Promise<T>,
): Promise<T> => {
  await instantiate()
  const { factory, close } = connectionsTo(url)
  try {
    const adapter = bindMigrationAwareSqlAdapterFactory(factory)
    const engine = await glue.SchemaEngine.new({ datamodels: schema }, () => {}, adapter)
    try {
      return await work(engine)
    } finally {
      engine.free()
    }
  } finally {
    await close()
  }
}

/** Applies what is pending and gives the names applied; rejects with Prisma's own words. */
export const applyMigrations = async (url: string, list: MigrationList): Promise<string[]> =>
  withEngine(url, await readSchema(schemaFolder), async engine => {
    const { appliedMigrationNames } = await engine.applyMigrations({
      migrationsList: list,
      filters: nothingExternal,
    })
    return appliedMigrationNames
  })

/**
 * The SQL that leads from the migrations to the schema; undefined when they agree. The engine replays the migrations
 * in a scratch database that it makes and drops on the server of `url`, whose role needs CREATEDB.
 */
export const diffToSchema = async (
  url: string,
  list: MigrationList,
  folder = schemaFolder,
): Promise<string | undefined> => {
  const schema = await readSchema(folder)
  return withEngine(url, schema, async engine => {
    const { exitCode, stdout } = await engine.diff({
      from: { tag: 'migrations', ...list },
      to: { tag: 'schemaDatamodel', files: schema.map(([path, content]) => ({ path, content })) },
      script: true,
      exitCode: true,
      filters: nothingExternal,
    })
    return exitCode === 2 ? (stdout ?? '') : undefined
  })
}
