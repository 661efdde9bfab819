import { chmod, mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Deps } from '../../src/deps.ts'
import { ensureIssuers } from '../../src/features/authorities/index.ts'
import { issueDirectly } from '../../src/features/certificates/index.ts'
import { createCompany } from '../../src/features/company/index.ts'
import { system } from '../../src/kernel/actor.ts'
import { ensureServerCertificate } from '../../src/platform/ca/server-certificate.ts'
import { readSettings } from '../../src/platform/settings.ts'
import { openWorld } from '../../src/world.ts'
import { type Copy, startCopy } from './copies.ts'
import { freshDatabase, type TestDatabase } from './database.ts'
import { type RunningNginx, startNginx } from './nginx.ts'
import { freePorts } from './ports.ts'
import { type Identity, Visitor } from './visitor.ts'

export const portalHost = 'portal.sekisho.example'
export const certDomain = 'cert.sekisho.example'
export const loginPassword = 'Keisoku2026'
const passphrase = 'FrontShutoku2026'

/** A bank as it runs in production: nginx, two copies of the program, one database; a company and its master. */
export type Front = {
  /** What the test's own commands work with, on the same database; no jobs are worked on here. */
  deps: Deps
  database: TestDatabase
  nginx: RunningNginx
  copies: { a: Copy; b: Copy }
  httpPorts: { a: number; b: number }
  environmentOf(name: 'a' | 'b'): Record<string, string>
  startCopy(name: 'a' | 'b'): Promise<Copy>
  frontFolder: string
  origin: string
  httpsPort: number
  /** The plain port of nginx. */
  httpPort: number
  /** PEM of the authority that signed nginx's certificate. */
  ca: string
  userId: string
  companyId: string
  /** A new certificate of the company's master, as its holder keeps it. */
  identity(): Promise<Identity>
  visitor(identity?: Identity): Visitor
  close(): Promise<void>
}

const exists = (file: string) =>
  stat(file).then(
    found => found.size > 0,
    () => false,
  )

/** A company whose master's login leads straight home. */
export const makeCompany = async (deps: Deps) => {
  const made = await createCompany(deps, system('test'), {
    entrance: { slug: 'shoko', name: '試験', preset: 'shoko' },
    contractNumber: '2004000000',
    name: '株式会社試験',
    nameKana: 'シケン',
    overrides: {},
    services: [{ code: 'balance', approval: null }],
    accounts: [],
    limits: [],
    administrator: {
      loginId: '2004000001',
      name: '管理　太郎',
      email: 'kanri@test.example',
      loginPassword,
      forceChange: false,
    },
  })
  if (!made.ok) throw new Error(made.reason)
  return { companyId: made.value.companyId, userId: made.value.administratorId }
}

/** Opens all of it, in production's own way; about five seconds, so one a file. */
export const openFront = async (): Promise<Front> => {
  const base = await mkdtemp(join(tmpdir(), 'sekisho-nginx-'))
  await chmod(base, 0o755)
  const closers: (() => Promise<unknown>)[] = [() => rm(base, { recursive: true, force: true })]
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    const [frontFolder, tlsFolder] = [join(base, 'front'), join(base, 'tls')]
    await mkdir(frontFolder, { mode: 0o750 })
    const database = await freshDatabase()
    closers.push(database.drop)
    const [httpsPort, httpPort, a, b] = await freePorts(4)
    const httpPorts = { a, b }
    const origin = `https://${portalHost}:${httpsPort}`
    const keyFile = join(base, 'secret.key')
    const environmentOf = (name: 'a' | 'b') => ({
      NODE_ENV: 'production',
      DATABASE_URL: database.appUrl,
      DATABASE_OWNER_URL: database.ownerUrl,
      DATA_DIR: join(base, 'data'),
      SECRET_KEY_FILE: keyFile,
      SMTP_URL: 'smtp://127.0.0.1:1',
      PORTAL_ORIGIN: origin,
      CERT_DOMAIN: certDomain,
      FRONT_SOCKET: join(frontFolder, `${name}.sock`),
      HTTP_PORT: String(httpPorts[name]),
      LOG_LEVEL: 'error',
    })
    // The first to open it makes the key, which in production is the operator's to make.
    const { NODE_ENV: _production, ...development } = environmentOf('a')
    const world = await openWorld(readSettings(development), { worker: false })
    closers.push(world.close)
    const { deps } = world
    await ensureIssuers(deps)
    const holder = await makeCompany(deps)
    const tls = await ensureServerCertificate({
      dir: tlsFolder,
      hosts: [portalHost, `*.${certDomain}`],
      now: new Date(),
    })
    const start = (name: 'a' | 'b') =>
      // One of them leaves the jobs to the other.
      startCopy(['serve', ...(name === 'a' ? ['--no-worker'] : [])], environmentOf(name), printed =>
        printed.includes(origin),
      )
    const [first, second] = await Promise.all([start('a'), start('b')])
    const copies = { a: first, b: second }
    closers.push(() => Promise.all([copies.a.stop(), copies.b.stop()]))
    while (!(await exists(join(frontFolder, 'crl.pem')))) await new Promise(done => setTimeout(done, 50))
    const nginx = await startNginx({
      folder: join(base, 'nginx'),
      frontFolder,
      tlsFolder,
      portalHost,
      certDomain,
      httpsPort,
      httpPort,
    })
    closers.push(nginx.stop)
    const visitors: Visitor[] = []
    closers.push(async () => {
      for (const visitor of visitors) visitor.close()
    })
    return {
      ...{ deps, database, nginx, copies, httpPorts, environmentOf, startCopy: start },
      ...{ frontFolder, origin, httpsPort, httpPort, ca: tls.ca, ...holder },
      identity: async () => ({
        pfx: await issueDirectly(deps, system('test'), holder, passphrase),
        passphrase,
      }),
      visitor: identity => {
        const visitor = new Visitor({ portal: origin, ca: tls.ca, ...(identity && { identity }) })
        visitors.push(visitor)
        return visitor
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
