import { access, constants, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { pendingMigrations, servingRoleOwnsTables } from '../platform/db/migrate.ts'
import type { Settings } from '../platform/settings.ts'

type Finding = { good: boolean; what: string; remedy?: string }

/**
 * `sekisho doctor`: looks at what a start needs (Node, folders, ports, secret key, database) and says for each what to
 * do where it is missing. Changes nothing. Gives the exit code: 0 when all is well, 1 otherwise.
 */
export const examine = async (settings: Settings, say: (line: string) => void): Promise<0 | 1> => {
  const findings = [
    node(),
    await dataDir(settings),
    await secretKey(settings),
    ...(settings.frontSocket ? [await frontFolder(settings.frontSocket)] : []),
    ...(await Promise.all(
      [
        ...(settings.frontSocket
          ? []
          : [
              ['PORTAL_PORT', settings.portalPort],
              ['CERT_PORT', settings.certPort],
            ]),
        ['HTTP_PORT', settings.httpPort],
        ...(settings.production
          ? []
          : [
              ['MAILBOX_PORT', settings.mailboxPort],
              ['SERVICE_PORT', settings.servicePort],
            ]),
      ].map(([name, port]) => freePort(String(name), Number(port), settings.listenHost)),
    )),
    ...(settings.databaseUrl ? await database(settings.databaseUrl, settings.databaseOwnerUrl) : []),
  ]
  for (const { good, what, remedy } of findings)
    say(`${good ? '✔' : '✘'} ${what}${remedy ? `: ${remedy}` : ''}`)
  return findings.every(each => each.good) ? 0 : 1
}

const node = (): Finding => {
  const major = Number(process.versions.node.split('.')[0])
  return major >= 24
    ? { good: true, what: `Node ${process.versions.node}` }
    : { good: false, what: `Node ${process.versions.node}`, remedy: 'run npm ci, or use Node 24 or later' }
}

const dataDir = async ({ dataDir: path }: Settings): Promise<Finding> => {
  const made = await stat(path).catch(() => undefined)
  if (!made) return { good: true, what: `${path} will be made at the first start` }
  return access(path, constants.W_OK).then(
    () => ({ good: true, what: `${path} can be written to` }),
    () => ({ good: false, what: `${path} can't be written to`, remedy: 'set DATA_DIR, or change its owner' }),
  )
}

const secretKey = async ({ secretKeyFile, production }: Settings): Promise<Finding> => {
  const found = await stat(secretKeyFile).catch(() => undefined)
  if (!found)
    return production
      ? {
          good: false,
          what: `There is no secret key at ${secretKeyFile}`,
          remedy: 'openssl rand -out FILE 32',
        }
      : { good: true, what: `The secret key will be made at ${secretKeyFile}` }
  const open = (found.mode & 0o027) !== 0
  return open
    ? {
        good: false,
        what: `The secret key ${secretKeyFile} is open to others`,
        remedy: `chmod 600 '${secretKeyFile}'`,
      }
    : { good: true, what: `The secret key ${secretKeyFile} is kept` }
}

/** Whoever may speak at the socket is believed about certificates: the folder is for the program and nginx alone. */
const frontFolder = async (socket: string): Promise<Finding> => {
  const folder = dirname(socket)
  const found = await stat(folder).catch(() => undefined)
  const remedy = `install -d -o <the program's user> -g <nginx's group> -m 2750 '${folder}'`
  if (!found?.isDirectory())
    return { good: false, what: `There is no folder ${folder} (FRONT_SOCKET)`, remedy }
  if ((found.mode & 0o007) !== 0)
    return { good: false, what: `The folder of the socket, ${folder}, is open to everybody`, remedy }
  return access(folder, constants.W_OK).then(
    () => ({
      good: true,
      what: `The folder of the socket, ${folder}, is for the program and its group alone`,
    }),
    () => ({ good: false, what: `${folder} can't be written to`, remedy }),
  )
}

const freePort = (name: string, port: number, host: string): Promise<Finding> =>
  new Promise(resolve => {
    const server = createServer()
    server.once('error', error =>
      resolve({
        good: false,
        what: `Port ${port} (${name}) can't be had, ${(error as NodeJS.ErrnoException).code}`,
        remedy: `end the program that uses it, or set ${name}`,
      }),
    )
    server.listen(port, host, () =>
      server.close(() => resolve({ good: true, what: `Port ${port} (${name}) is free` })),
    )
  })

const database = async (url: string, ownerUrl: string | undefined): Promise<Finding[]> => {
  try {
    const pending = await pendingMigrations(ownerUrl ?? url)
    const owns = await servingRoleOwnsTables(url)
    return [
      {
        good: true,
        what:
          pending.length === 0
            ? 'The database is up to date'
            : `${pending.length} migrations run at the next start`,
      },
      owns
        ? {
            good: false,
            what: 'The serving role owns the tables',
            remedy: 'give DATABASE_URL a role that owns nothing',
          }
        : { good: true, what: 'The serving role owns no table' },
    ]
  } catch (error) {
    return [{ good: false, what: 'The database does not answer', remedy: (error as Error).message }]
  }
}
