import { X509Certificate } from 'node:crypto'
import { access, constants, readFile, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import type { Clock } from '../kernel/clock.ts'
import { startEmbedded } from '../platform/db/embedded.ts'
import { databaseTime, pendingMigrations, servingRoleOwnsTables } from '../platform/db/migrate.ts'
import type { Settings } from '../platform/settings.ts'
import { findRunning, type RunningPortal } from './running-portal.ts'

type Finding = { good: boolean; what: string; remedy?: string }

/**
 * `sekisho doctor`: looks at what a start needs (Node, folders, ports, secret key, certificate, database, clock) and says for each
 * what to do where it is missing; beside a portal that runs, whether it serves, and of its ports that they are its own. Changes
 * nothing. Gives the exit code: 0 when all is well, 1 otherwise.
 */
export const examine = async (
  settings: Settings,
  clock: Clock,
  say: (line: string) => void,
): Promise<0 | 1> => {
  const running = await findRunning(settings)
  const findings = [
    node(),
    ...(running ? [portal(settings, running)] : []),
    await dataDir(settings),
    await secretKey(settings),
    settings.frontSocket ? await frontFolder(settings.frontSocket) : await certificate(settings, clock.now()),
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
      ].map(([name, port]) => freePort(String(name), Number(port), settings.listenHost, running)),
    )),
    ...(await databaseOf(settings, running, clock)),
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

const portal = ({ portalOrigin }: Settings, running: RunningPortal): Finding =>
  running === 'serves'
    ? { good: true, what: `The portal runs at ${portalOrigin}, and serves` }
    : {
        good: false,
        what: `The portal runs at ${portalOrigin}, but its database does not answer it`,
        remedy: 'see its log; it serves again by itself once the database is back',
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

/** What browsers are shown where no front stands before the program. */
const certificate = async ({ tlsFiles, dataDir }: Settings, now: Date): Promise<Finding> => {
  const file = tlsFiles?.cert ?? join(dataDir, 'tls', 'server.pem')
  try {
    const { validToDate } = new X509Certificate(await readFile(file))
    const until = validToDate.toISOString().slice(0, 10)
    return validToDate > now
      ? { good: true, what: `The server's certificate ${file} is good until ${until}` }
      : {
          good: false,
          what: `The server's certificate ${file} ended on ${until}`,
          remedy: tlsFiles
            ? 'name another in TLS_CERT_FILE and TLS_KEY_FILE'
            : 'start again: it makes another',
        }
  } catch (error) {
    return tlsFiles
      ? { good: false, what: `TLS_CERT_FILE ${file} can't be read`, remedy: (error as Error).message }
      : { good: true, what: `The server's certificate will be made at ${file}` }
  }
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

const freePort = (
  name: string,
  port: number,
  host: string,
  running: RunningPortal | undefined,
): Promise<Finding> =>
  new Promise(resolve => {
    const server = createServer()
    server.once('error', ({ code }: NodeJS.ErrnoException) =>
      resolve(
        running && code === 'EADDRINUSE'
          ? { good: true, what: `Port ${port} (${name}) is the running portal's` }
          : {
              good: false,
              what: `Port ${port} (${name}) can't be had, ${code}`,
              remedy: `end the program that uses it, or set ${name}`,
            },
      ),
    )
    server.listen(port, host, () =>
      server.close(() => resolve({ good: true, what: `Port ${port} (${name}) is free` })),
    )
  })

/** The embedded server is looked at where a portal runs it: nobody starts one for a look. */
const databaseOf = async (
  { databaseUrl, databaseOwnerUrl, dataDir }: Settings,
  running: RunningPortal | undefined,
  clock: Clock,
): Promise<Finding[]> => {
  if (databaseUrl) return database(databaseUrl, databaseOwnerUrl, clock)
  if (!running) return []
  const silent = () => undefined
  const log = { info: silent, warn: silent, error: silent }
  const shared = await startEmbedded({ dataDir, log, whenRunning: 'share' })
  try {
    return await database(shared.appUrl, shared.ownerUrl, clock)
  } finally {
    await shared.stop()
  }
}

/** Apps count one-time passwords by half minutes, and browsers judge certificates by the second. */
const widestSeconds = 10

const clockFinding = async (url: string, clock: Clock): Promise<Finding> => {
  const apart = Math.round(Math.abs(clock.now().getTime() - (await databaseTime(url)).getTime()) / 1000)
  return apart <= widestSeconds
    ? { good: true, what: "The clock is the database's" }
    : {
        good: false,
        what: `The clock is ${apart} seconds from the database's`,
        remedy: 'let both machines follow a time server (NTP)',
      }
}

const database = async (url: string, ownerUrl: string | undefined, clock: Clock): Promise<Finding[]> => {
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
      await clockFinding(url, clock),
    ]
  } catch (error) {
    return [{ good: false, what: 'The database does not answer', remedy: (error as Error).message }]
  }
}
