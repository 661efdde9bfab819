import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile, rm } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { BaseLogger } from 'pino'
import {
  initialise,
  type Passwords,
  passwordsIn,
  prepareFolder,
  processOptions,
  socketFolder,
} from './cluster.ts'
import { DatabaseStartError } from './database-start-error.ts'
import { chooseServerUser, findBinaries, type ServerUser } from './postgres-binaries.ts'
import { portOf, runningServer } from './postmaster.ts'

/** Addresses of the embedded server's database `sekisho` for its two roles, and the way to end it. */
export type Embedded = {
  /** For migrations: the role that owns every table. */
  ownerUrl: string
  /** For serving: the role that owns nothing. */
  appUrl: string
  /** Whether this program runs the server; false when it shares another program's. */
  ours: boolean
  stop(): Promise<void>
}

export type EmbeddedOptions = {
  /** The program's data directory, absolute; the server's lies in its folder `pg`. */
  dataDir: string
  log: Pick<BaseLogger, 'info' | 'warn' | 'error'>
  /** Listens on this loopback port too. Without it there is only a Unix socket, for this user alone. */
  port?: number
  /** When another program runs the server: `refuse` (the default), or `share` it, as short commands do. */
  whenRunning?: 'refuse' | 'share'
  /** False gives up durability for speed, in tests. */
  durable?: boolean
}

type Place = {
  pgDir: string
  socketDir: string
  port: number
  user: ServerUser | undefined
  passwords: Passwords
}

const database = 'sekisho'
/** Held, in the database `postgres`, by the one program that runs the server. */
const guardLock = 5_320_015
/** Milliseconds in which a server notices that a program has gone. */
const endedWithin = 1_000
const startLimit = 60_000

/**
 * Starts PostgreSQL 18 from npm's binaries on `dataDir`/pg, made on the first call with the database `sekisho`, the
 * roles `sekisho_owner` and `sekisho_app`, and random passwords in a file of mode 0600. Text sorts by code point
 * (C.UTF-8), the same everywhere.
 *
 * The server ends with this program whatever ends it: a small watchdog stops it when we die without a word. A server
 * left over all the same is stopped first, so that the one we run is always our child. Throws a DatabaseStartError,
 * one sentence with its remedy, when it can't be: another program uses the folder, a folder can't be entered.
 */
export const startEmbedded = async (options: EmbeddedOptions): Promise<Embedded> => {
  const { dataDir, log } = options
  const pgDir = join(dataDir, 'pg')
  const binaries = await findBinaries()
  const user = await chooseServerUser(pgDir)
  await prepareFolder(dataDir, pgDir, binaries.root, user)
  if ((await passwordsIn(pgDir)) === undefined) await initialise(binaries.initdb, options, pgDir, user)
  const passwords = await passwordsIn(pgDir)
  if (!passwords)
    throw new DatabaseStartError(
      `${join(pgDir, 'sekisho.json')} is missing, which holds the passwords of the embedded database: put it back, or remove ${pgDir} to begin with an empty one.`,
    )
  const place: Place = {
    pgDir,
    socketDir: await socketFolder(pgDir, user),
    port: options.port ?? 5432,
    user,
    passwords,
  }
  const urlsAt = (there: Place) => ({
    ownerUrl: urlFor(there, 'sekisho_owner'),
    appUrl: urlFor(there, 'sekisho_app'),
  })

  const other = await otherProgram(place, options)
  if (other) {
    if (options.whenRunning === 'share') return { ...urlsAt(other), ours: false, stop: async () => {} }
    throw new DatabaseStartError(
      `Another program is running on ${dataDir}: stop it first, or give this one a folder of its own in DATA_DIR.`,
    )
  }

  let stopping = false
  let current = await launch(binaries.postgres, place, options)
  const keepUp = () =>
    current.server.once('exit', async () => {
      if (stopping) return
      log.error('The embedded PostgreSQL ended unexpectedly; starting it again')
      current.watchdog.kill()
      for (;;) {
        await sleep(500)
        if (stopping) return
        try {
          current = await launch(binaries.postgres, place, options)
          if (stopping) await end(current)
          else keepUp()
          return
        } catch (error) {
          log.error({ err: error }, 'The embedded PostgreSQL did not start again')
        }
      }
    })
  keepUp()
  return {
    ...urlsAt(place),
    ours: true,
    stop: async () => {
      if (stopping) return
      stopping = true
      await end(current)
      if (place.socketDir !== pgDir) await rm(place.socketDir, { recursive: true, force: true })
    },
  }
}

const urlFor = (place: Place, role: keyof Passwords, name = database) =>
  `postgresql://${role}:${place.passwords[role]}@localhost/${name}?host=${encodeURIComponent(place.socketDir)}&port=${place.port}`

/**
 * Where another program runs the server of this folder, which may be on another port than ours. One that nobody runs any
 * more is ended: its watchdog does so by itself within moments of its program's death, and where that was killed too, we do.
 */
const otherProgram = async (
  place: Place,
  { log, whenRunning }: Pick<EmbeddedOptions, 'log' | 'whenRunning'>,
): Promise<Place | undefined> => {
  for (let waited = 0; ; waited += 100) {
    const pid = await runningServer(place.pgDir)
    if (pid === undefined) return undefined
    const there = { ...place, port: (await portOf(place.pgDir)) ?? place.port }
    const guard = await openGuard(there).catch(() => undefined)
    // Of a program that has just ended the server may still hold the lock for a moment.
    if (guard === 'taken' && (whenRunning === 'share' || waited >= endedWithin)) return there
    if (guard !== 'taken') await guard?.end()
    if (waited === 2_000) {
      log.warn({ pid }, 'Stopping a PostgreSQL server that an earlier run left behind')
      process.kill(pid, 'SIGINT')
    }
    if (waited >= startLimit)
      throw new DatabaseStartError(
        `A PostgreSQL server on ${place.pgDir} (process ${pid}) neither answers nor stops: end that process and try again.`,
      )
    await sleep(100)
  }
}

const openGuard = async (place: Place): Promise<pg.Client | 'taken'> => {
  const client = new pg.Client({
    connectionString: urlFor(place, 'postgres', 'postgres'),
    application_name: 'sekisho-guard',
    connectionTimeoutMillis: 5_000,
  })
  client.on('error', () => {})
  await client.connect()
  const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [
    guardLock,
  ])
  if (rows[0]?.held) return client
  await client.end()
  return 'taken'
}

type Running = { server: ChildProcess; watchdog: ChildProcess; guard: pg.Client }

const launch = async (postgres: string, place: Place, options: EmbeddedOptions): Promise<Running> => {
  const { pgDir, user } = place
  const settings = {
    listen_addresses: options.port === undefined ? '' : '127.0.0.1',
    port: place.port,
    unix_socket_directories: place.socketDir,
    unix_socket_permissions: '0700',
    timezone: 'UTC',
    log_timezone: 'UTC',
    lc_messages: 'C',
    // What customers type must not reach a log: neither statements nor the values that DETAIL quotes.
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_checkpoints: 'off',
    wal_level: 'minimal',
    max_wal_senders: 0,
    jit: 'off',
    ...(options.durable === false && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  }
  const logFile = join(pgDir, 'server.log')
  const messages = await open(logFile, 'w', 0o600)
  const server = spawn(
    postgres,
    ['-D', pgDir, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { ...processOptions(user), detached: true, stdio: ['ignore', messages.fd, messages.fd] },
  )
  await once(server, 'spawn').finally(() => messages.close())
  server.unref()
  const watchdog = watch(server, user)
  try {
    const guard = await untilReady(server, place)
    await ensureRolesAndDatabase(guard, place)
    return { server, watchdog, guard }
  } catch (error) {
    watchdog.kill()
    server.kill('SIGINT')
    if (error instanceof DatabaseStartError) throw error
    const said = (await readFile(logFile, 'utf8').catch(() => '')).trim().split('\n').slice(-3).join(' ')
    throw new DatabaseStartError(`The embedded PostgreSQL did not start: ${said || String(error)}`, {
      cause: error,
    })
  }
}

/** Its standard input ends when we do, however that happens; then it asks the server to stop. */
const watch = (server: ChildProcess, user: ServerUser | undefined): ChildProcess => {
  const watchdog = spawn(
    'sh',
    ['-c', 'read -r _; kill -INT "$1" 2>/dev/null', 'sekisho-watchdog', `${server.pid}`],
    {
      ...processOptions(user),
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    },
  )
  watchdog.on('error', () => {})
  const lifeline = watchdog.stdin as Socket
  lifeline.on('error', () => {})
  lifeline.unref()
  watchdog.unref()
  return watchdog
}

const untilReady = async (server: ChildProcess, place: Place): Promise<pg.Client> => {
  for (let waited = 0; waited < startLimit; waited += 20) {
    if (server.exitCode !== null || server.signalCode !== null) throw new Error('the server ended')
    const status = (await readFile(join(place.pgDir, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
    if (status[0]?.trim() === String(server.pid) && status[7]?.trim() === 'ready') {
      const guard = await openGuard(place)
      if (guard === 'taken') throw new Error('another program took the server')
      return guard
    }
    await sleep(20)
  }
  throw new Error('the server was not ready after a minute')
}

const ensureRolesAndDatabase = async (guard: pg.Client, place: Place) => {
  const { rows } = await guard.query<{ name: string }>(
    `select rolname as name from pg_roles where rolname like 'sekisho%' union all select 'database' from pg_database where datname = '${database}'`,
  )
  const there = new Set(rows.map(row => row.name))
  const { passwords } = place
  // createdb: db:diff and the tests compare and clone in scratch databases.
  if (!there.has('sekisho_owner'))
    await guard.query(`create role sekisho_owner login createdb password '${passwords.sekisho_owner}'`)
  if (!there.has('sekisho_app'))
    await guard.query(`create role sekisho_app login password '${passwords.sekisho_app}'`)
  if (!there.has('database')) {
    await guard.query(`create database ${database} owner sekisho_owner template template0`)
    await guard.query(`revoke all on database ${database} from public`)
    await guard.query(`grant connect on database ${database} to sekisho_app`)
  }
}

const end = async ({ server, watchdog, guard }: Running) => {
  await guard.end().catch(() => {})
  if (server.exitCode === null && server.signalCode === null) {
    const exited = once(server, 'exit')
    server.ref()
    // SIGINT is PostgreSQL's fast stop: clients are sent off, everything is written. SIGQUIT leaves it to recovery.
    server.kill('SIGINT')
    const patience = setTimeout(() => server.kill('SIGQUIT'), 20_000)
    await exited
    clearTimeout(patience)
  }
  watchdog.kill()
}
