import { isAbsolute, relative } from 'node:path'
import pino from 'pino'
import { refuseDemo } from './demo.ts'
import type { Deps } from './deps.ts'
import { opens, someSealedKey } from './features/authorities/index.ts'
import { queues } from './jobs/queues.ts'
import type { Clock } from './kernel/clock.ts'
import { createPkcs12Builder } from './platform/ca/pkcs12.ts'
import { closeDb, type Db, openDb } from './platform/db/client.ts'
import { DatabaseStartError } from './platform/db/database-start-error.ts'
import { type Embedded, startEmbedded } from './platform/db/embedded.ts'
import { migrate, refuseUnlessMigrated, servingRoleOwnsTables } from './platform/db/migrate.ts'
import { openNotifications } from './platform/db/notifications.ts'
import { makeFolder } from './platform/folder.ts'
import { createHasher } from './platform/hasher.ts'
import { openJobs } from './platform/jobs.ts'
import { createPdfPrinter } from './platform/pdf/pdf.ts'
import { hasSecretKey, loadOrCreateSecretKey, openSecretBox, type SecretBox } from './platform/secret-box.ts'
import type { Settings } from './platform/settings.ts'
import { StartError } from './platform/start-error.ts'
import { systemClock, systemIds } from './platform/system-clock.ts'

export type World = {
  deps: Deps
  /** `ownerUrl` where this program was given the role that owns the tables. */
  urls: { ownerUrl: string | undefined; appUrl: string }
  /** Whether the database is the embedded one. */
  embedded: boolean
  close(): Promise<void>
}

export type WorldOptions = {
  clock?: Clock
  /** Works on jobs here; false where another program does. */
  worker?: boolean
  /** What to do when another program runs the embedded database: commands beside a running portal share it. */
  whenRunning?: 'refuse' | 'share'
  /** Goes no further, closes what is open, and throws. */
  stop?: AbortSignal
  /** How many times longer than for people at a screen the database may take. */
  patience?: number
}

const noConnections = { close: () => 0, count: () => 0, fingerprints: () => [] }

/** Logs as JSON lines; what opens something is cut out wherever it might stand. */
export const createLog = (settings: Pick<Settings, 'logLevel'>) =>
  pino({
    level: settings.logLevel,
    redact: {
      paths: ['req.headers.cookie', 'req.headers.authorization', '*.password', '*.token', '*.secret'],
      censor: '[redacted]',
    },
  })

/**
 * Makes everything the commands and queries use: database (the embedded one unless `DATABASE_URL` is given) brought
 * to this version, job queues, secret key, hasher. Throws errors whose messages are one sentence with its remedy.
 */
export const openWorld = async (settings: Settings, options: WorldOptions = {}): Promise<World> => {
  const log = createLog(settings)
  const clock = options.clock ?? systemClock
  await makeDataDir(settings)
  // Known before anything is started; whether it is this database's, the database tells.
  if (settings.production) await loadOrCreateSecretKey(settings.secretKeyFile, { create: false })
  let embedded: Embedded | undefined
  if (!settings.databaseUrl)
    embedded = await startEmbedded({
      dataDir: settings.dataDir,
      log,
      whenRunning: options.whenRunning ?? 'refuse',
    })
  const appUrl = settings.databaseUrl ?? embedded?.appUrl ?? ''
  // In production what serves need not know the owner's password (F-03); otherwise one role may do both.
  const ownerUrl =
    embedded?.ownerUrl ?? settings.databaseOwnerUrl ?? (settings.production ? undefined : appUrl)
  const urls = { appUrl, ownerUrl }
  try {
    options.stop?.throwIfAborted()
    if (ownerUrl) await migrate({ appUrl, ownerUrl }, { log, queues })
    else await refuseUnlessMigrated(appUrl, queues)
    options.stop?.throwIfAborted()
    if (!embedded) await refuseOwnership(settings, urls.appUrl, text => log.warn(text))
    const { patience = 1 } = options
    const db = openDb({ url: urls.appUrl, log, patience })
    const secretBox = await fitSecretBox(settings, db).catch(async error => {
      await closeDb(db)
      throw error
    })
    const jobs = await openJobs({ url: urls.appUrl, log, worker: options.worker ?? true })
    const pkcs12 = createPkcs12Builder({ workers: 1 })
    const pdf = createPdfPrinter()
    const notifications = openNotifications({ url: urls.appUrl, log })
    const deps: Deps = {
      settings,
      db,
      clock,
      ids: systemIds(clock),
      log,
      hasher: createHasher(),
      secretBox,
      pkcs12,
      pdf,
      jobs,
      connections: noConnections,
      notifications,
    }
    return {
      deps,
      urls,
      embedded: embedded !== undefined,
      close: async () => {
        await jobs.stop()
        await notifications.close()
        await pkcs12.close()
        await pdf.close()
        await closeDb(db)
        await embedded?.stop()
      },
    }
  } catch (error) {
    await embedded?.stop()
    throw error
  }
}

const makeDataDir = async ({ dataDir, databaseUrl, secretKeyFile }: Settings): Promise<void> => {
  const way = relative(dataDir, secretKeyFile)
  if (databaseUrl && (way.startsWith('..') || isAbsolute(way))) return
  try {
    await makeFolder(dataDir)
  } catch (error) {
    throw new DatabaseStartError(
      `${dataDir} can't be made (${(error as Error).message}): set DATA_DIR to a folder this user may write to.`,
      { cause: error },
    )
  }
}

/**
 * The box of the secret key, once it has opened something of this database: with another key, or a new one in place of a
 * lost one, the portal would start and fail at the first certificate. In production the database holds no demo either.
 */
const fitSecretBox = async (settings: Settings, db: Db): Promise<SecretBox> => {
  const { secretKeyFile, production } = settings
  if (production) await refuseDemo({ db })
  const sealed = await someSealedKey({ db })
  if (sealed && !(await hasSecretKey(secretKeyFile)))
    throw new StartError(
      `The secret key ${secretKeyFile} is gone, and nothing that this database holds sealed opens without it: put the file back from its backup (SECRET_KEY_FILE).`,
    )
  const secretBox = openSecretBox(await loadOrCreateSecretKey(secretKeyFile, { create: !production }))
  if (sealed && !opens(secretBox, sealed))
    throw new StartError(
      `The secret key ${secretKeyFile} is not the one of this database: name the file that belongs to it in SECRET_KEY_FILE, or put it back from its backup.`,
    )
  return secretBox
}

/** A serving role that owns its tables could rewrite history (F-03): a warning, and in production no start. */
const refuseOwnership = async (
  settings: Settings,
  url: string,
  warn: (text: string) => void,
): Promise<void> => {
  if (!(await servingRoleOwnsTables(url))) return
  const sentence =
    'The role of DATABASE_URL owns the tables and could rewrite the history: give it a role of its own and put the owner into DATABASE_OWNER_URL.'
  if (settings.production) throw new DatabaseStartError(sentence)
  warn(sentence)
}
