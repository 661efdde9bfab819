import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { TestProject } from 'vitest/node'
import { queues } from '../../src/jobs/queues.ts'
import { startEmbedded } from '../../src/platform/db/embedded.ts'
import { migrate } from '../../src/platform/db/migrate.ts'
import { isRunning } from '../../src/platform/db/postmaster.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The migrated database that freshDatabase() clones; nobody may connect to it meanwhile. */
    template: { ownerUrl: string; appUrl: string }
    /** A folder that goes with the run, for what its files share. */
    sharedFolder: string
  }
}

const prefix = 'sekisho-test-'

/** One server for the run, in a folder that goes with it; nothing in it needs to outlive a power cut. */
export default async function setup(project: TestProject) {
  await removeLeftovers()
  const dataDir = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`))
  // The server may run as another user, who must pass through here.
  await chmod(dataDir, 0o755)
  const log = pino({ level: 'warn' })
  const server = await startEmbedded({ dataDir, log, durable: false })
  const teardown = async () => {
    await server.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
  try {
    await migrate(server, { log, queues })
  } catch (error) {
    await teardown()
    throw error
  }
  project.provide('template', { ownerUrl: server.ownerUrl, appUrl: server.appUrl })
  const sharedFolder = join(dataDir, 'shared')
  await mkdir(sharedFolder)
  project.provide('sharedFolder', sharedFolder)
  return teardown
}

/** A run that was killed took its server with it, but not the folder. */
const removeLeftovers = async () => {
  for (const name of await readdir(tmpdir())) {
    const pid = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : Number.NaN
    if (!Number.isNaN(pid) && !isRunning(pid))
      await rm(join(tmpdir(), name), { recursive: true, force: true })
  }
}
