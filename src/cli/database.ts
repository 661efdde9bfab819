import { spawn } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { queues } from '../jobs/queues.ts'
import { startEmbedded } from '../platform/db/embedded.ts'
import { diffMigration, migrate } from '../platform/db/migrate.ts'
import type { Settings } from '../platform/settings.ts'
import { StartError } from '../platform/start-error.ts'
import { createLog } from '../world.ts'

type Say = (line: string) => void
type Urls = { ownerUrl: string; appUrl: string }

const withDatabase = async <T>(
  settings: Settings,
  work: (urls: Urls) => Promise<T>,
  port?: number,
): Promise<T> => {
  if (settings.databaseUrl)
    return work({ ownerUrl: settings.databaseOwnerUrl ?? settings.databaseUrl, appUrl: settings.databaseUrl })
  const embedded = await startEmbedded({
    dataDir: settings.dataDir,
    log: createLog(settings),
    whenRunning: port === undefined ? 'share' : 'refuse',
    ...(port !== undefined && { port }),
  })
  try {
    return await work(embedded)
  } finally {
    await embedded.stop()
  }
}

/** `sekisho migrate`: brings the database to this version. */
export const migrateDatabase = (settings: Settings, say: Say): Promise<void> =>
  withDatabase(settings, async urls => {
    const applied = await migrate(urls, { log: createLog(settings), queues })
    say(
      applied.length === 0
        ? 'The database is up to date.'
        : applied.map(name => `applied ${name}`).join('\n'),
    )
  })

/** `sekisho db:diff NAME`: writes the migration that leads from the existing ones to prisma/schema. */
export const writeMigration = (settings: Settings, name: string, now: Date, say: Say): Promise<void> =>
  withDatabase(settings, async ({ ownerUrl }) => {
    const file = await diffMigration(ownerUrl, name, now)
    say(
      file
        ? `Wrote ${relative(process.cwd(), file)}: read it, then run npm run db:migrate.`
        : 'Nothing has changed.',
    )
  })

/** `sekisho db:reset`: removes the embedded database and the demo's files; the next start begins anew. */
export const resetDatabase = async (settings: Settings, say: Say): Promise<void> => {
  if (settings.production || settings.databaseUrl)
    throw new StartError(
      'Only the embedded database can be reset: unset DATABASE_URL and NODE_ENV=production.',
    )
  // Starting it proves that nobody else uses it.
  const embedded = await startEmbedded({
    dataDir: settings.dataDir,
    log: createLog(settings),
    whenRunning: 'refuse',
  })
  await embedded.stop()
  for (const folder of ['pg', 'demo'])
    await rm(join(settings.dataDir, folder), { recursive: true, force: true })
  say('The database is gone; npm start makes a new one.')
}

/** `sekisho db:studio`: Prisma Studio on the database, on loopback, until it is ended. `environment`: what it inherits. */
export const openStudio = (
  settings: Settings,
  port: number,
  say: Say,
  environment: NodeJS.ProcessEnv,
): Promise<void> =>
  withDatabase(
    settings,
    ({ ownerUrl }) => {
      const url = new URL(ownerUrl)
      if (!settings.databaseUrl) {
        // Studio knows no socket, and hands what it does not know to the server, which refuses it.
        url.search = ''
        url.hostname = '127.0.0.1'
        url.port = String(port)
      }
      say('Prisma Studio: http://localhost:5555 (Ctrl-C ends it)')
      const given = ['studio', '--browser', 'none', '--port', '5555', '--url', url.href]
      const studio = spawn('prisma', given, {
        stdio: 'inherit',
        env: { ...environment, CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1' },
      })
      // It ends first, and then the database that it looks into.
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => studio.kill(signal))
      return new Promise<void>((resolve, reject) => {
        studio.once('error', reject)
        studio.once('exit', () => resolve())
      })
    },
    port,
  )
