import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { processOptions } from '../../src/platform/db/cluster.ts'
import { chooseServerUser, findBinaries } from '../../src/platform/db/postgres-binaries.ts'
import { freePort } from './ports.ts'

/** A PostgreSQL server of one's own, empty, as a bank's administrator has it; it can be stopped and started again. */
export type OwnPostgres = {
  port: number
  superuserUrl: string
  superuserPassword: string
  start(): Promise<void>
  /** Ends it at once, as when the machine goes away. */
  stop(): Promise<void>
  remove(): Promise<void>
}

const debian = '/usr/lib/postgresql'

/** Debian's server programs where they are installed, the newest first; otherwise those that npm brought. */
const binaries = async (which: 'debian' | 'npm') => {
  if (which === 'npm') return findBinaries()
  const [newest] = readdirSync(debian).sort((one, other) => Number(other) - Number(one))
  const bin = join(debian, newest ?? '', 'bin')
  return { postgres: join(bin, 'postgres'), initdb: join(bin, 'initdb') }
}

export const hasDebianPostgres = existsSync(debian)

export const ownPostgres = async (which: 'debian' | 'npm'): Promise<OwnPostgres> => {
  const { postgres, initdb } = await binaries(which)
  const folder = await mkdtemp(join(tmpdir(), 'sekisho-own-pg-'))
  const user = await chooseServerUser(folder)
  if (user) await chown(folder, user.uid, user.gid)
  await chmod(folder, 0o755)
  const passwordFile = join(folder, 'password')
  const superuserPassword = 'Superuser2026'
  await writeFile(passwordFile, superuserPassword, { mode: 0o644 })
  const data = join(folder, 'data')
  const given = ['-D', data, '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`]
  await promisify(execFile)(
    initdb,
    [...given, '--encoding=UTF8', '--locale=C', '--no-sync'],
    processOptions(user),
  )
  const port = await freePort()
  const superuserUrl = `postgresql://postgres:${superuserPassword}@127.0.0.1:${port}/postgres`
  let server: ReturnType<typeof spawn> | undefined
  const answers = async () => {
    const client = new pg.Client({ connectionString: superuserUrl, connectionTimeoutMillis: 5_000 })
    client.on('error', () => undefined)
    return client.connect().then(
      () => client.end().then(() => true),
      () => false,
    )
  }
  const start = async () => {
    const settings = ['-p', `${port}`, '-h', '127.0.0.1', '-k', folder, '-F', '-c', 'max_connections=100']
    server = spawn(postgres, ['-D', data, ...settings], { ...processOptions(user), stdio: 'ignore' })
    const limit = performance.now() + 60_000
    while (!(await answers())) {
      if (performance.now() > limit) throw new Error('PostgreSQL did not start')
      await pause(50)
    }
  }
  const stop = async () => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill('SIGQUIT')
    await ended
  }
  await start()
  return {
    ...{ port, superuserUrl, superuserPassword, start, stop },
    remove: async () => {
      await stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
