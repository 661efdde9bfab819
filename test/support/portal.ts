import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DemoOptions, demoFilePassword } from '../../src/demo.ts'
import type { Deps } from '../../src/deps.ts'
import { openDoors } from '../../src/doors.ts'
import { startCertificateWork } from '../../src/jobs/certificate-issue.ts'
import { startPasswordResets } from '../../src/jobs/password-reset.ts'
import type { Clock } from '../../src/kernel/clock.ts'
import { readSettings, type Settings } from '../../src/platform/settings.ts'
import { openWorld } from '../../src/world.ts'
import { freshDatabase, patience, sql, type TestDatabase } from './database.ts'
import { freePorts } from './ports.ts'
import { seed, seededDatabase } from './seeded-demo.ts'
import { type Identity, Visitor } from './visitor.ts'

/** A clock that stands on the machine's and can be moved. */
export type MovableClock = Clock & {
  move(seconds: number): void
  /** Goes to an instant, before or after where it stands, and runs on from there. */
  goTo(instant: Date): void
  /** Stands at an instant while `work` is done, however long the machine takes for it, and goes on from there. */
  standAt<T>(instant: Date, work: () => Promise<T>): Promise<T>
}

export const movableClock = (secondsAgo = 0): MovableClock => {
  let offset = secondsAgo * -1000
  let standing: Date | undefined
  return {
    now: () => (standing ? new Date(standing) : new Date(Date.now() + offset)),
    move: seconds => {
      offset += seconds * 1000
      // One that stands is moved as well: who waits for the next half minute would wait for ever.
      if (standing) standing = new Date(standing.getTime() + seconds * 1000)
    },
    goTo: instant => {
      offset = instant.getTime() - Date.now()
      if (standing) standing = instant
    },
    standAt: async (instant, work) => {
      standing = instant
      try {
        return await work()
      } finally {
        offset = (standing ?? instant).getTime() - Date.now()
        standing = undefined
      }
    },
  }
}

/** The whole portal on a database of its own, with the demo in it: guards on, both TLS doors open, jobs worked on. */
export type Portal = {
  deps: Deps
  clock: MovableClock
  settings: Settings
  database: TestDatabase
  /** Somebody with a browser of their own: cookies, and the certificate they hold, if any. */
  visitor(identity?: Identity): Visitor
  /** A certificate file of the demo, by its name: `admin`, `operator`, `rokin-user` (src/demo-companies.ts). */
  identity(file: string): Promise<Identity>
  /** Logged in as the demo's administrator, at home. */
  administrator(): Promise<Visitor>
  close(): Promise<void>
}

export const demo = {
  administrator: { loginId: '2004000001', password: 'Sekisho2026', confirmationPassword: 'Kakunin2026' },
  staffPassword: 'Madoguchi-2026',
}

/**
 * Opens a portal; close it in afterAll. One a test file: it costs about a second, and two more for the first that asks for
 * these companies, or on a clock of the past. It holds shoko's company with its administrator unless told otherwise. Companies are as their
 * presets leave them: no second factors of their own choice, no terms.
 */
export const openPortal = async (
  demoOptions: DemoOptions = { presets: ['shoko'], generalUsers: false },
  secondsAgo = 0,
): Promise<Portal> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'sekisho-portal-'))
  await chmod(dataDir, 0o755)
  // Certificates carry their day, so a clock of the past needs people of its own.
  const database = secondsAgo === 0 ? await seededDatabase(demoOptions, dataDir) : await freshDatabase()
  const [portalPort, certPort, httpPort, mailboxPort] = await freePorts(4)
  const settings = readSettings({
    DATABASE_URL: database.appUrl,
    DATABASE_OWNER_URL: database.ownerUrl,
    DATA_DIR: dataDir,
    PORTAL_PORT: String(portalPort),
    CERT_PORT: String(certPort),
    HTTP_PORT: String(httpPort),
    MAILBOX_PORT: String(mailboxPort),
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'fatal',
  })
  const clock = movableClock(secondsAgo)
  const world = await openWorld(settings, { clock, patience })
  const { deps } = world
  const tls = await seed(deps, demoOptions)
  const doors = await openDoors(deps, tls)
  const work = await startCertificateWork(deps)
  await startPasswordResets(deps)
  // Schedules go by the machine's minutes, while tests move the clock: a sweep in the middle of next year would end everybody's
  // certificates. Tests ask for sweeps themselves.
  await sql(database.ownerUrl, 'DELETE FROM pgboss.schedule')
  const visitors: Visitor[] = []
  const visitor = (identity?: Identity) => {
    const someone = new Visitor({ portal: settings.portalOrigin, ca: tls.ca, ...(identity && { identity }) })
    visitors.push(someone)
    return someone
  }
  const identity: Portal['identity'] = async file => ({
    pfx: await readFile(join(dataDir, 'demo', `${file}.p12`)),
    passphrase: demoFilePassword,
  })
  return {
    deps,
    clock,
    settings,
    database,
    visitor,
    identity,
    administrator: async () => {
      const admin = visitor(await identity('admin'))
      await admin.logIn(demo.administrator.password)
      if (admin.page.path !== '/home')
        throw new Error(`the administrator is at ${admin.page.path}: ${admin.page.text}`)
      return admin
    },
    close: async () => {
      for (const someone of visitors) someone.close()
      await work.stop()
      await doors.close()
      await world.close()
      await database.drop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
