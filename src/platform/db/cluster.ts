import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { makeFolder } from '../folder.ts'
import { DatabaseStartError } from './database-start-error.ts'
import { ensureReachable, isOurs, type ServerUser } from './postgres-binaries.ts'
import { isRunning } from './postmaster.ts'

/** Random, made with the cluster and kept in it: its superuser's and the two roles'. */
export type Passwords = { postgres: string; sekisho_owner: string; sekisho_app: string }
/** The passwords of the cluster in `pgDir`; undefined when there is no cluster yet. */
export const passwordsIn = async (pgDir: string): Promise<Passwords | undefined> => {
  try {
    return JSON.parse(await readFile(join(pgDir, 'sekisho.json'), 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      const there = await readdir(pgDir).catch(() => [])
      if (there.length === 0) return undefined
      throw new DatabaseStartError(
        `${pgDir} holds something other than this program's database: empty it, or give another folder in DATA_DIR.`,
      )
    }
    if ((error as NodeJS.ErrnoException).code === 'EACCES')
      throw new DatabaseStartError(
        `${pgDir} belongs to another user of this system: start the program as that user, or give another folder in DATA_DIR.`,
      )
    throw error
  }
}

/** Makes the data directory, and sees that we may write there and the server's user pass through. */
export const prepareFolder = async (
  dataDir: string,
  pgDir: string,
  binaries: string,
  user: ServerUser | undefined,
) => {
  await makeFolder(dataDir).catch(error => {
    throw new DatabaseStartError(
      `The data folder ${dataDir} cannot be made (${(error as NodeJS.ErrnoException).code}): give one you may write in DATA_DIR.`,
    )
  })
  if (!(await isOurs(dataDir)))
    throw new DatabaseStartError(
      `The data folder ${dataDir} is not writable: change its permissions, or give another one in DATA_DIR.`,
    )
  if (!user) return
  // The server's user must pass through; reading what lies here stays a matter of each file's own mode.
  const { uid, mode } = await lstat(dataDir)
  if (uid === 0 && (mode & 0o001) === 0) await chmod(dataDir, (mode & 0o7777) | 0o001)
  await ensureReachable(
    dataDir,
    user,
    `give a folder open to it in DATA_DIR (such as /var/lib/sekisho), start the program as another user, or name a server in DATABASE_URL; ${pgDir} was wanted.`,
  )
  await ensureReachable(
    binaries,
    user,
    'put the program into a folder open to it (such as /opt/sekisho), start it as another user, or name a server in DATABASE_URL.',
  )
}

/**
 * A new cluster is made in a folder beside and takes its place by one rename: a program killed halfway, or a second
 * one at the same moment, leaves either nothing or a whole cluster.
 */
export const initialise = async (
  initdb: string,
  { dataDir, durable }: { dataDir: string; durable?: boolean },
  pgDir: string,
  user: ServerUser | undefined,
) => {
  for (const name of await readdir(dataDir)) {
    const maker = /^pg-new-(\d+)-/.exec(name)?.[1]
    if (maker && !isRunning(Number(maker))) await rm(join(dataDir, name), { recursive: true, force: true })
  }
  const workshop = await mkdtemp(join(dataDir, `pg-new-${process.pid}-`))
  try {
    const secret = () => randomBytes(24).toString('base64url')
    const passwords: Passwords = { postgres: secret(), sekisho_owner: secret(), sekisho_app: secret() }
    const passwordFile = join(workshop, 'password')
    const cluster = join(workshop, 'pg')
    await writeFile(passwordFile, `${passwords.postgres}\n`, { mode: 0o600 })
    if (user) for (const path of [workshop, passwordFile]) await chown(path, user.uid, user.gid)
    const arguments_ = [
      ...['-D', cluster, '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`],
      ...['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
      ...['--no-instructions', ...(durable === false ? ['--no-sync'] : [])],
    ]
    await promisify(execFile)(initdb, arguments_, processOptions(user)).catch(error => {
      throw new DatabaseStartError(
        `The embedded database could not be made in ${dataDir}: ${String(error.stderr || error.message).trim()}`,
      )
    })
    const file = join(cluster, 'sekisho.json')
    await writeFile(file, JSON.stringify(passwords), { mode: 0o600 })
    if (user) await chown(file, user.uid, user.gid)
    await rename(cluster, pgDir).catch(error => {
      // Another program was quicker: its cluster is as good as ours.
      if (!['ENOTEMPTY', 'EEXIST'].includes(String(error.code))) throw error
    })
  } finally {
    await rm(workshop, { recursive: true, force: true })
  }
}

/** Nothing of our environment reaches the server (PGPORT, PGDATA, …), and Ctrl-C in the terminal is for us alone. */
export const processOptions = (user: ServerUser | undefined) => ({
  cwd: '/',
  env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
  ...(user && { uid: user.uid, gid: user.gid }),
})

/** Where the server's socket lies: inside the cluster, which only its user can enter; a path too long for a socket moves to the temporary folder. */
export const socketFolder = async (pgDir: string, user: ServerUser | undefined): Promise<string> => {
  if (Buffer.byteLength(join(pgDir, '.s.PGSQL.65535')) <= 100) return pgDir
  const owner = user ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
  const folder = join(tmpdir(), `sekisho-${createHash('sha256').update(pgDir).digest('hex').slice(0, 16)}`)
  await mkdir(folder, { mode: 0o700 }).then(
    () => (user ? chown(folder, user.uid, user.gid) : undefined),
    () => undefined,
  )
  const found = await lstat(folder)
  if (!found.isDirectory() || found.uid !== owner.uid || (found.mode & 0o077) !== 0)
    throw new DatabaseStartError(
      `${folder} belongs to somebody else, and ${pgDir} is too long a path for a socket: remove the former, or give a shorter DATA_DIR.`,
    )
  return folder
}
