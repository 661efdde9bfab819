import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Deps } from '../../src/deps.ts'
import { createCompany } from '../../src/features/company/index.ts'
import { system } from '../../src/kernel/actor.ts'
import { defaultServerHosts, ensureServerCertificate } from '../../src/platform/ca/server-certificate.ts'
import { readSettings, type Settings } from '../../src/platform/settings.ts'
import { serve } from '../../src/serve.ts'
import { openWorld } from '../../src/world.ts'
import { freshDatabase, patience, type TestDatabase } from './database.ts'
import { testCompany } from './issuing.ts'
import { type MovableClock, movableClock } from './portal.ts'
import { freePorts } from './ports.ts'

/** The program as production runs it, with every listener and every job, on a database of its own. */
export type ServedProgram = {
  settings: Settings
  clock: MovableClock
  database: TestDatabase
  /** Another copy's view of the same world, as a command beside the running portal has it. */
  deps: Deps
  close(): Promise<void>
}

/** Starts it with one company and no demo; close it in afterAll. One a file. Mails go nowhere. */
export const serveProgram = async (environment: Record<string, string> = {}): Promise<ServedProgram> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'sekisho-program-'))
  await chmod(dataDir, 0o755)
  const database = await freshDatabase()
  const [portalPort, certPort, httpPort, mailboxPort] = await freePorts(4)
  const tls = join(dataDir, 'tls')
  await ensureServerCertificate({
    dir: tls,
    hosts: defaultServerHosts('cert.localhost'),
    now: new Date(),
  })
  await writeFile(join(dataDir, 'secret.key'), randomBytes(32), { mode: 0o600 })
  const settings = readSettings({
    NODE_ENV: 'production',
    DATABASE_URL: database.appUrl,
    DATABASE_OWNER_URL: database.ownerUrl,
    DATA_DIR: dataDir,
    SECRET_KEY_FILE: join(dataDir, 'secret.key'),
    TLS_CERT_FILE: join(tls, 'server.pem'),
    TLS_KEY_FILE: join(tls, 'server.key'),
    SMTP_URL: `smtp://127.0.0.1:${mailboxPort}`,
    PORTAL_PORT: String(portalPort),
    CERT_PORT: String(certPort),
    HTTP_PORT: String(httpPort),
    MAILBOX_PORT: String(mailboxPort),
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'fatal',
    ...environment,
  })
  const clock = movableClock(0)
  const running = await serve(settings, { say: () => undefined, worker: true, clock })
  const world = await openWorld(settings, { worker: false, clock, patience })
  const company = await createCompany(world.deps, system('test'), testCompany)
  if (!company.ok) throw new Error(company.reason)
  return {
    settings,
    clock,
    database,
    deps: world.deps,
    close: async () => {
      await world.close()
      await running.close()
      await database.drop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
