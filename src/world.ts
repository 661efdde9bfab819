import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import pino from 'pino'
import type { Deps } from './deps.ts'
import { queues } from './jobs/queues.ts'
import type { Clock } from './kernel/clock.ts'
import { createPkcs12Builder } from './platform/ca/pkcs12.ts'
import { closeDb, openDb } from './platform/db/client.ts'
import { DatabaseStartError } from './platform/db/database-start-error.ts'
import { type Embedded, startEmbedded } from './platform/db/embedded.ts'
import { migrate, servingRoleOwnsTables } from './platform/db/migrate.ts'
import { openNotifications } from './platform/db/notifications.ts'
import { createHasher } from './platform/hasher.ts'
import { openJobs } from './platform/jobs.ts'
import { loadOrCreateSecretKey, openSecretBox } from './platform/secret-box.ts'
import type { Settings } from './platform/settings.ts'
import { systemClock, systemIds } from './platform/system-clock.ts'

export type World = {
  deps: Deps
  urls: { ownerUrl: string; appUrl: string }
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
  const key = await loadOrCreateSecretKey(settings.secretKeyFile, { create: !settings.production })
  let embedded: Embedded | undefined
  if (!settings.databaseUrl)
    embedded = await startEmbedded({
      dataDir: settings.dataDir,
      log,
      whenRunning: options.whenRunning ?? 'refuse',
    })
  const appUrl = settings.databaseUrl ?? embedded?.appUrl ?? ''
  const urls = { appUrl, ownerUrl: embedded?.ownerUrl ?? settings.databaseOwnerUrl ?? appUrl }
  try {
    await migrate(urls, { log, queues })
    if (!embedded) await refuseOwnership(settings, urls.appUrl, text => log.warn(text))
    const db = openDb({ url: urls.appUrl, log })
    const jobs = await openJobs({ url: urls.appUrl, log, worker: options.worker ?? true })
    const pkcs12 = createPkcs12Builder({ workers: 1 })
    const notifications = openNotifications({ url: urls.appUrl, log })
    const deps: Deps = {
      settings,
      db,
      clock,
      ids: systemIds(clock),
      log,
      hasher: createHasher(),
      secretBox: openSecretBox(key),
      pkcs12,
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
  if (databaseUrl && !secretKeyFile.startsWith(dataDir)) return
  try {
    await mkdir(join(dataDir), { recursive: true })
  } catch (error) {
    throw new DatabaseStartError(
      `${dataDir} can't be made (${(error as Error).message}): set DATA_DIR to a folder this user may write to.`,
      { cause: error },
    )
  }
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
