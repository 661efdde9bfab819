import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { connect as connectTcp, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { SMTPServer } from 'smtp-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Deps } from '../../../src/deps.ts'
import { ensureIssuers } from '../../../src/features/authorities/index.ts'
import { issueDirectly } from '../../../src/features/certificates/index.ts'
import { LockReleasedMail } from '../../../src/features/passwords/mails.ts'
import { system } from '../../../src/kernel/actor.ts'
import { ensureServerCertificate } from '../../../src/platform/ca/server-certificate.ts'
import { inTx } from '../../../src/platform/db/in-tx.ts'
import * as outbox from '../../../src/platform/outbox/outbox.ts'
import { readSettings } from '../../../src/platform/settings.ts'
import { openWorld } from '../../../src/world.ts'
import { type Copy, startCopy } from '../../support/copies.ts'
import { sql } from '../../support/database.ts'
import { loginPassword, makeCompany } from '../../support/front.ts'
import { type OwnPostgres, ownPostgres } from '../../support/own-postgres.ts'
import { freePort, freePorts } from '../../support/ports.ts'
import { Visitor } from '../../support/visitor.ts'

/**
 * The program as a bank runs it without nginx, on a database server and a mail server that go away (security.md, «What
 * must survive»). The bars are for seconds; outages here are shorter than there, and nothing in the program knows how
 * long one lasts.
 */
let server: OwnPostgres
let program: Copy
let folder: string
let environment: Record<string, string>
let visitor: Visitor
let deps: Deps
let closeWorld: () => Promise<void>
let ports: { portal: number; cert: number; http: number; smtp: number }

const start = () =>
  startCopy(['serve'], environment, printed => printed.includes(environment.PORTAL_ORIGIN ?? '-'))

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sekisho-outages-'))
  await chmod(folder, 0o755)
  server = await ownPostgres('npm')
  await sql(
    server.superuserUrl,
    `CREATE ROLE owner LOGIN PASSWORD 'owner'`,
    `CREATE ROLE app LOGIN PASSWORD 'app'`,
    'CREATE DATABASE bank OWNER owner',
  )
  const [portal = 0, cert = 0, http = 0, smtp = 0] = await freePorts(4)
  ports = { portal, cert, http, smtp }
  const tls = await ensureServerCertificate({
    dir: join(folder, 'tls'),
    hosts: ['localhost', '*.cert.localhost'],
    now: new Date(),
  })
  environment = {
    NODE_ENV: 'production',
    DATABASE_URL: `postgresql://app:app@127.0.0.1:${server.port}/bank`,
    DATABASE_OWNER_URL: `postgresql://owner:owner@127.0.0.1:${server.port}/bank`,
    DATA_DIR: folder,
    SECRET_KEY_FILE: join(folder, 'secret.key'),
    SMTP_URL: `smtp://127.0.0.1:${smtp}`,
    PORTAL_ORIGIN: `https://localhost:${portal}`,
    PORTAL_PORT: String(portal),
    CERT_PORT: String(cert),
    HTTP_PORT: String(http),
    TLS_CERT_FILE: join(folder, 'tls', 'server.pem'),
    TLS_KEY_FILE: join(folder, 'tls', 'server.key'),
    LOG_LEVEL: 'error',
  }
  const { NODE_ENV: _production, ...development } = environment
  const world = await openWorld(readSettings(development), { worker: false })
  closeWorld = world.close
  deps = world.deps
  await ensureIssuers(deps)
  const holder = await makeCompany(deps)
  const identity = {
    pfx: await issueDirectly(deps, system('test'), holder, 'OutageShutoku2026'),
    passphrase: 'OutageShutoku2026',
  }
  program = await start()
  visitor = new Visitor({ portal: environment.PORTAL_ORIGIN ?? '', ca: tls.ca, identity })
  await visitor.logIn(loginPassword)
  expect(visitor.page.path, visitor.page.text).toBe('/home')
})

afterAll(async () => {
  visitor?.close()
  await program?.kill()
  await closeWorld?.()
  await server?.remove()
  await rm(folder, { recursive: true, force: true })
})

/**
 * Seconds. On a machine with nothing else to do they are two at most; what waits for something that is gone, or for
 * somebody who dawdles, waits longer than this.
 */
const quick = 20

const timed = async <T>(work: () => Promise<T>) => {
  const startedAt = performance.now()
  const value = await work()
  return { value, seconds: (performance.now() - startedAt) / 1000 }
}

it('1,000 slow connections leave at least 99 % of healthy requests alone', async () => {
  const slow: Socket[] = []
  const open = (port: number) =>
    new Promise<void>(resolve => {
      const socket = connectTcp(port, '127.0.0.1', resolve)
      // Half a greeting, and then nothing: neither handshake nor request ever comes to its end.
      socket.on('error', () => resolve())
      socket.write(Buffer.from([0x16, 0x03, 0x01]))
      slow.push(socket)
    })
  const dawdle = (port: number) =>
    new Promise<void>(resolve => {
      const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }, resolve)
      socket.on('error', () => resolve())
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ')
      slow.push(socket)
    })
  try {
    for (let batch = 0; batch < 9; batch++)
      await Promise.all(
        Array.from({ length: 100 }, (_, index) => open(index % 2 ? ports.portal : ports.cert)),
      )
    await Promise.all(Array.from({ length: 100 }, () => dawdle(ports.portal)))
    expect(slow).toHaveLength(1_000)
    const statuses: number[] = []
    for (let turn = 0; turn < 200; turn++)
      statuses.push(
        await visitor.get('/home').then(
          ({ status }) => status,
          () => 0,
        ),
      )
    expect(statuses.filter(status => status === 200).length).toBeGreaterThanOrEqual(198)
  } finally {
    for (const socket of slow) socket.destroy()
  }
})

const received: string[] = []
let mailServer: SMTPServer | undefined
afterAll(() => new Promise<void>(resolve => (mailServer ? mailServer.close(() => resolve()) : resolve())))

const putMails = (recipients: string[]) =>
  inTx(deps, async tx => {
    for (const recipient of recipients)
      await outbox.put(deps, tx, LockReleasedMail, {
        ...{ recipient, locale: 'ja' as const, addressee: { name: '利用　花子' } },
        params: { at: deps.clock.now(), by: 'helpdesk' as const },
      })
  })

const unsent = async () => {
  const query = 'SELECT count(*)::int AS count FROM outbox_mail WHERE sent_at IS NULL'
  const [row] = await sql<{ count: number }>(environment.DATABASE_URL ?? '', query)
  return row?.count
}

describe('a mail server that is gone', () => {
  it('I-04 keeps nobody from logging in, and once it is back every mail comes once', async () => {
    const recipients = Array.from({ length: 20 }, (_, index) => `person${index}@customer.example`)
    await putMails(recipients)
    // Long enough that every mail has been tried, and tried again.
    const until = performance.now() + 5_000
    while (performance.now() < until) {
      const { value, seconds } = await timed(() => visitor.get('/home'))
      expect(value.status).toBe(200)
      expect(seconds).toBeLessThan(quick)
      await pause(250)
    }
    expect(await unsent()).toBeGreaterThanOrEqual(20)

    mailServer = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      onRcptTo: ({ address }, _session, done) => {
        received.push(address)
        done()
      },
      onData: (stream, _session, done) => {
        stream.on('end', () => done())
        stream.resume()
      },
    })
    mailServer.listen(ports.smtp, '127.0.0.1')
    await expect.poll(unsent, { interval: 250 }).toBe(0)
    const ours = received.filter(address => address.endsWith('@customer.example'))
    expect(ours.toSorted()).toEqual(recipients.toSorted())
  })
})

it('a database that is gone is a quick 503 on a plain page, and once it is back so is the portal', async () => {
  await server.stop()
  const gone = performance.now() + 10_000
  let answers = 0
  while (performance.now() < gone || answers < 3) {
    const { value, seconds } = await timed(() => visitor.get('/home'))
    expect(value.status).toBe(503)
    expect(value.headers['retry-after']).toBe('5')
    expect(value.text).toContain('ERR503')
    expect(seconds).toBeLessThan(quick)
    answers++
    await pause(100)
  }
  const health = `http://127.0.0.1:${ports.http}`
  expect((await fetch(`${health}/healthz`)).status).toBe(200)
  expect((await fetch(`${health}/readyz`)).status).toBe(503)
  await server.start()
  const { seconds } = await timed(() =>
    expect.poll(async () => (await visitor.get('/home')).status, { interval: 50 }).toBe(200),
  )
  expect(seconds).toBeLessThan(quick)
  expect((await fetch(`${health}/readyz`)).status).toBe(200)
  // The jobs have come back with it: a mail that is put now is sent.
  await putMails(['afterwards@customer.example'])
  await expect.poll(() => received.at(-1), { interval: 100 }).toBe('afterwards@customer.example')
})

it('a stop answers what is under way, waits for nobody who dawdles, and ends with 0', async () => {
  const idle = connectTcp(ports.portal, '127.0.0.1')
  const half = await connected()
  idle.on('error', () => undefined)
  half.write('GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ')
  // The program says itself that it has the request; its form comes when the stop has begun.
  const underWay = await connected()
  const form = 'loginId=2004000001'
  const lines = [`Host: localhost:${ports.portal}`, 'Content-Type: application/x-www-form-urlencoded']
  lines.push(`Content-Length: ${form.length}`, 'Expect: 100-continue')
  underWay.write(`POST /enrolment HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
  await expect.poll(underWay.answered, { interval: 10 }).toMatch(/^HTTP\/1.1 100 Continue/)
  const stopping = timed(() => program.stop())
  await expect
    .poll(() =>
      fetch(`http://127.0.0.1:${ports.http}/healthz`).then(
        () => 'open',
        () => 'closed',
      ),
    )
    .toBe('closed')
  underWay.write(form)
  await expect.poll(underWay.answered, { interval: 10 }).toMatch(/HTTP\/1.1 403 Forbidden/)
  const { value: code, seconds } = await stopping
  expect(code).toBe(0)
  expect(seconds).toBeLessThan(quick)
  half.end()
  idle.destroy()
})

/** A connection to the portal's own listener, and what has come over it until now. */
const connected = async () => {
  const socket = connectTls({ port: ports.portal, host: '127.0.0.1', rejectUnauthorized: false })
  let text = ''
  socket.setEncoding('utf8').on('data', chunk => {
    text += chunk
  })
  await once(socket, 'secureConnect')
  socket.on('error', () => undefined)
  return {
    write: (part: string) => socket.write(part),
    answered: () => text,
    end: () => socket.destroy(),
  }
}

it('I-04 the jobs alone go on in a program of their own, which stops in good order too', async () => {
  await putMails(['worker@customer.example'])
  const workPort = await freePort()
  const watched = { ...environment, WORK_PORT: String(workPort) }
  const worker = await startCopy(['work'], watched, printed => printed.includes('at work'))
  await expect.poll(() => received.at(-1), { interval: 100 }).toBe('worker@customer.example')
  const asked = async (path: string) => (await fetch(`http://127.0.0.1:${workPort}${path}`)).text()
  expect(await asked('/readyz')).toBe('ok\n')
  await expect.poll(() => asked('/metrics'), { interval: 100 }).toMatch(/^sekisho_mail_oldest_seconds 0$/m)
  expect(await asked('/metrics')).toMatch(/^sekisho_database_up 1$/m)
  await expect(fetch(`http://127.0.0.1:${ports.http}/readyz`)).rejects.toThrow()
  expect(await worker.stop()).toBe(0)
})
