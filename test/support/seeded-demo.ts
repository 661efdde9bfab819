import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inject } from 'vitest'
import { type DemoOptions, seedDemo } from '../../src/demo.ts'
import type { Deps } from '../../src/deps.ts'
import { ensureIssuers } from '../../src/features/authorities/index.ts'
import { defaultServerHosts, ensureServerCertificate } from '../../src/platform/ca/server-certificate.ts'
import { readSettings } from '../../src/platform/settings.ts'
import { openWorld } from '../../src/world.ts'
import { cloneOf, freshDatabase, oneAtATime, patience, type TestDatabase } from './database.ts'

/** The authorities, the demo's people with their certificates, and the server's own: all that a portal opens on. */
export const seed = async (deps: Deps, options: DemoOptions) => {
  await ensureIssuers(deps)
  await seedDemo(deps, { choices: false, ...options })
  const { dataDir, certDomain } = deps.settings
  return ensureServerCertificate({
    dir: join(dataDir, 'tls'),
    hosts: defaultServerHosts(certDomain),
    now: new Date(),
  })
}

/**
 * A database of one's own with the demo in it, and in `dataDir` the files that belong to it. Each choice of companies is
 * seeded once a run, by whoever asks for it first, and copied from then on: keys, hashes and certificate files are most
 * of what opening a portal takes.
 */
export const seededDatabase = async (options: DemoOptions, dataDir: string): Promise<TestDatabase> => {
  const key = createHash('sha256').update(JSON.stringify(options)).digest('hex').slice(0, 12)
  const folder = join(inject('sharedFolder'), key)
  await oneAtATime(key, async () => {
    if (!existsSync(folder)) await makeOnce(options, folder)
  })
  await cp(folder, dataDir, { recursive: true })
  return cloneOf(await readFile(nameFile(folder), 'utf8'))
}

/** The name of the database that belongs to a seeded folder. */
const nameFile = (folder: string): string => join(folder, 'database')

/** Whole or not at all: who comes after a failure begins anew. */
const makeOnce = async (options: DemoOptions, folder: string): Promise<void> => {
  const database = await freshDatabase()
  const unfinished = `${folder}-${database.name}`
  await mkdir(unfinished)
  const settings = readSettings({
    DATABASE_URL: database.appUrl,
    DATABASE_OWNER_URL: database.ownerUrl,
    DATA_DIR: unfinished,
    LOG_LEVEL: 'fatal',
  })
  const world = await openWorld(settings, { worker: false, patience })
  try {
    await seed(world.deps, options)
  } finally {
    await world.close()
  }
  await writeFile(nameFile(unfinished), database.name)
  await rename(unfinished, folder)
}
