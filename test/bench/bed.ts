import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext, type SecureContext } from 'node:tls'
import pg from 'pg'
import { pino } from 'pino'
import type { Deps } from '../../src/deps.ts'
import { ensureIssuers } from '../../src/features/authorities/index.ts'
import { issueDirectly } from '../../src/features/certificates/index.ts'
import { createCompany } from '../../src/features/company/index.ts'
import { system } from '../../src/kernel/actor.ts'
import { defaultServerHosts, ensureServerCertificate } from '../../src/platform/ca/server-certificate.ts'
import { startEmbedded } from '../../src/platform/db/embedded.ts'
import { runningServer } from '../../src/platform/db/postmaster.ts'
import { randomLabel } from '../../src/platform/random.ts'
import { readSettings, type Settings } from '../../src/platform/settings.ts'
import { openWorld } from '../../src/world.ts'
import { freePorts } from '../support/ports.ts'
import { Visitor } from '../support/visitor.ts'
import { moveToLoadCore, moveToServerCore } from './cores.ts'
import { cpuSecondsOfFamily, type MeasuredProcess, startMeasured } from './measured-process.ts'
import type { PageVisitor } from './page-load.ts'

/** A user of a company of their own, with the certificate they log in with. */
export type Customer = {
  companyId: string
  userId: string
  /** `https://<random>.cert.localhost:<port>`: where all their logins and their session live. */
  origin: string
  visitor: Visitor
  certificate: SecureContext
}

export const password = 'Keisoku2026'

/** The ground all benches of the running program stand on: a database with fifty customers, and nothing running. */
export type Bed = {
  settings: Settings
  customers: readonly Customer[]
  /** PEM texts of the program's own listeners, for those that are measured beside it. */
  tls: { key: string; cert: string; ca: string }
  /** Starts the program and gives it once it can serve. Stop it before the next. */
  startProgram(): Promise<MeasuredProcess>
  /** The same behind nginx, which browsers find at this port: it listens on `socket` alone. */
  startBehindFront(socket: string, httpsPort: number): Promise<MeasuredProcess>
  /** What `npm run …` beside a running portal would have: its commands on its database, with no jobs worked on. */
  withDeps<T>(work: (deps: Deps) => Promise<T>): Promise<T>
  /** Ends every session, as if everyone had logged out. */
  endSessions(): Promise<void>
  /** Everyone at the home page, by logging in; as visitors who ask for it again and again. */
  everyoneHome(): Promise<PageVisitor[]>
  /** The ids of the sessions that live now. */
  liveSessions(): Promise<string[]>
  /** Seconds of CPU that the database has used until now. */
  databaseCpuSeconds(): number
  close(): Promise<void>
}

const customerCount = 50
const filePassword = 'KeisokuShutoku2026'

/** Whether an address answers with 200; the certificate is not looked at. */
export const answers = (url: string): Promise<boolean> =>
  new Promise(resolve => {
    const request = get(url, { rejectUnauthorized: false, agent: false }, response => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.setTimeout(2_000, () => request.destroy())
    request.on('error', () => resolve(false))
  })

/** Makes the bed in a folder of its own; closing it removes everything. It takes about twenty seconds. */
export const openBed = async (): Promise<Bed> => {
  const base = await mkdtemp(join(tmpdir(), 'sekisho-bench-'))
  const closers: (() => Promise<unknown>)[] = [() => rm(base, { recursive: true, force: true })]
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    await chmod(base, 0o755) // the embedded server may run as another user and must reach its data
    const databaseDir = join(base, 'database')
    const database = await startEmbedded({ dataDir: databaseDir, log: pino({ level: 'silent' }) })
    closers.push(database.stop)
    const ports = await freePorts(5)
    const environment = {
      DATA_DIR: join(base, 'program'),
      DATABASE_URL: database.appUrl,
      DATABASE_OWNER_URL: database.ownerUrl,
      PORTAL_PORT: String(ports[0]),
      CERT_PORT: String(ports[1]),
      HTTP_PORT: String(ports[2]),
      MAILBOX_PORT: String(ports[3]),
      SERVICE_PORT: String(ports[4]),
      LOG_LEVEL: 'error',
    }
    const settings = readSettings(environment)
    const withDeps: Bed['withDeps'] = async work => {
      const world = await openWorld(settings, { worker: false })
      try {
        return await work(world.deps)
      } finally {
        await world.close()
      }
    }
    const tls = await ensureServerCertificate({
      dir: join(settings.dataDir, 'tls'),
      hosts: defaultServerHosts(settings.certDomain),
      now: new Date(),
    })
    const customers = await withDeps(deps => seed(deps, tls.ca))
    closers.push(async () => {
      for (const { visitor } of customers) visitor.close()
    })
    const bedside = new pg.Client(database.ownerUrl)
    await bedside.connect()
    closers.push(() => bedside.end())
    const postgres = await runningServer(join(databaseDir, 'pg'))
    if (postgres === undefined) throw new Error('The database of the benches is not running')
    moveToServerCore(postgres)
    moveToLoadCore()

    const endSessions = async () => {
      await bedside.query(`update session set ended_at = now(), end_reason = 'logout' where ended_at is null`)
      for (const { visitor } of customers) visitor.cookies.clear()
    }
    return {
      settings,
      customers,
      tls,
      withDeps,
      endSessions,
      startProgram: () =>
        startMeasured(['bin/sekisho', 'serve'], environment, () =>
          answers(`${settings.portalOrigin}/readyz`),
        ),
      startBehindFront: (socket, httpsPort) => {
        const front = { FRONT_SOCKET: socket, PORTAL_ORIGIN: `https://localhost:${httpsPort}` }
        const ready = () =>
          fetch(`http://127.0.0.1:${settings.httpPort}/readyz`).then(
            ({ ok }) => ok,
            () => false,
          )
        return startMeasured(['bin/sekisho', 'serve'], { ...environment, ...front }, ready)
      },
      everyoneHome: async () => {
        await endSessions()
        const visitors: PageVisitor[] = []
        for (const customer of customers) {
          await logIn(customer)
          const { visitor, certificate, origin } = customer
          const { hostname } = new URL(origin)
          visitors.push({ host: hostname, certificate, headers: { cookie: visitor.cookieHeader(hostname) } })
        }
        return visitors
      },
      liveSessions: async () => {
        const { rows } = await bedside.query<{ id: string }>('select id from session where ended_at is null')
        return rows.map(({ id }) => id)
      },
      databaseCpuSeconds: () => cpuSecondsOfFamily(postgres),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** A whole password login: the page that names the user, the password, and home. */
export const logIn = async ({ visitor, origin }: Customer): Promise<void> => {
  await visitor.get(`${origin}/login`)
  const { path, status } = await visitor.post('/login', { password })
  if (path !== '/home' || status !== 200) throw new Error(`A login led to ${path} (${status})`)
}

/** From home. */
export const logOut = async ({ visitor }: Customer): Promise<void> => {
  const { status } = await visitor.post('/logout')
  if (status !== 200) throw new Error(`A logout was answered with ${status}`)
}

/** Companies of one user each: histories are chained by company, and those who log in at once have nothing in common. */
const seed = async (deps: Deps, ca: string): Promise<Customer[]> => {
  await ensureIssuers(deps)
  const owners: Owner[] = []
  for (let index = 0; index < customerCount; index++)
    owners.push(await seedCompany(deps, String(3_000_000_000 + index)))
  // Keys take a moment each: together they take less.
  const customers: Customer[] = []
  while (owners.length > 0)
    customers.push(...(await Promise.all(owners.splice(0, 5).map(owner => seedCustomer(deps, ca, owner)))))
  return customers
}

type Owner = Pick<Customer, 'companyId' | 'userId'>

const seedCompany = async (deps: Deps, number: string): Promise<Owner> => {
  const company = await createCompany(deps, system('bench'), {
    entrance: { slug: 'shoko', name: '計測用', preset: 'shoko' },
    contractNumber: number,
    name: `株式会社計測${number}`,
    nameKana: 'カブシキガイシャケイソク',
    overrides: {},
    services: [
      { code: 'balance', approval: null },
      { code: 'transfer', approval: 'single' },
      { code: 'history', approval: null },
    ],
    accounts: [],
    limits: [],
    administrator: {
      loginId: number,
      name: '計測　太郎',
      email: `${number}@bench.sekisho.example`,
      loginPassword: password,
      confirmationPassword: 'Kakunin2026',
      forceChange: false,
    },
  })
  if (!company.ok) throw new Error(`A company was refused: ${company.reason}`)
  return { companyId: company.value.companyId, userId: company.value.administratorId }
}

const seedCustomer = async (deps: Deps, ca: string, { companyId, userId }: Owner): Promise<Customer> => {
  const pfx = await issueDirectly(deps, system('bench'), { companyId, userId }, filePassword)
  const identity = { pfx, passphrase: filePassword }
  const { certDomain, certPort, portalOrigin } = deps.settings
  return {
    companyId,
    userId,
    origin: `https://${randomLabel()}.${certDomain}:${certPort}`,
    visitor: new Visitor({ portal: portalOrigin, ca, identity }),
    certificate: createSecureContext(identity),
  }
}
