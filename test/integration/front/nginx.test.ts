import { execFile, execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from '../../../src/app.ts'
import { revoke } from '../../../src/features/certificates/index.ts'
import { system } from '../../../src/kernel/actor.ts'
import { ensureServerCertificate } from '../../../src/platform/ca/server-certificate.ts'
import { inTx } from '../../../src/platform/db/in-tx.ts'
import { readSettings } from '../../../src/platform/settings.ts'
import { sql } from '../../support/database.ts'
import { certDomain, type Front, loginPassword, openFront, portalHost } from '../../support/front.ts'
import { nginx as installed } from '../../support/nginx.ts'
import { freePort } from '../../support/ports.ts'
import type { Identity, Visitor } from '../../support/visitor.ts'

describe.runIf(installed !== undefined)('behind nginx', () => {
  let front: Front
  let holder: Identity
  let master: Visitor

  beforeAll(async () => {
    front = await openFront()
    holder = await front.identity()
    master = front.visitor(holder)
    await master.logIn(loginPassword)
  }, 60_000)
  afterAll(() => front?.close(), 60_000)

  const certificateHost = (label = 'abc') => `${label}.${certDomain}`
  const at = (host: string, path: string) => `https://${host}:${front.httpsPort}${path}`

  const refusals = (reason: string) =>
    sql<{ count: number }>(
      front.database.ownerUrl,
      `SELECT count(*)::int AS count FROM history WHERE reason = '${reason}'`,
    ).then(rows => rows[0]?.count ?? 0)

  /** One request and its status, over an agent's own connections. */
  const statusOver = (agent: Agent, host: string, path: string, headers: Record<string, string | string[]>) =>
    new Promise<number>((resolve, reject) => {
      const asked = request(
        {
          ...{ agent, host: '127.0.0.1', port: front.httpsPort, servername: host, path },
          headers: { host: `${host}:${front.httpsPort}`, ...headers },
        },
        answer => {
          if ((answer.socket as TLSSocket).isSessionReused()) reject(new Error('a session was resumed'))
          answer.resume()
          answer.on('end', () => resolve(answer.statusCode ?? 0))
        },
      )
      asked.on('error', reject)
      asked.end()
    })

  it('B-01 to B-03 a login runs on a host of its own, and every copy knows its session', async () => {
    expect(master.page.path, master.page.text).toBe('/home')
    const { hostname } = new URL(master.page.url)
    expect(hostname).toMatch(/^[0-9a-f]{20}\.cert\.sekisho\.example$/)
    for (let turn = 0; turn < 6; turn++) expect((await master.get('/home')).status).toBe(200)
    const [session] = await sql<{ ip: string; host: string }>(
      front.database.ownerUrl,
      `SELECT ip, host FROM session WHERE user_id = '${front.userId}' AND ended_at IS NULL`,
    )
    // The browser's address as nginx sees it, not the socket's.
    expect(session).toEqual({ ip: '127.0.0.1', host: hostname })
  })

  it('pages are those of the program’s own front, byte for byte but for their tokens', async () => {
    const settings = readSettings({
      ...front.environmentOf('a'),
      ...{ NODE_ENV: '', FRONT_SOCKET: '', HTTP_PORT: '' },
      ...{ PORTAL_PORT: String(await freePort()), CERT_PORT: String(front.httpsPort) },
    })
    const tls = await ensureServerCertificate({
      dir: join(front.frontFolder, '..', 'tls'),
      hosts: [portalHost, `*.${certDomain}`],
      now: new Date(),
    })
    const app = await buildApp({ ...front.deps, settings: { ...settings, production: true } }, tls)
    await app.listen({ port: settings.portalPort, host: '127.0.0.1' })
    try {
      const seen = async (origin: string, path: string) => {
        const visitor = front.visitor()
        const { status, headers, html } = await visitor.get(`${origin}${path}`, { follow: false })
        const { date: _date, connection: _hop, 'keep-alive': _alive, server: _server, ...kept } = headers
        const {
          'transfer-encoding': _encoding,
          'content-length': _length,
          'set-cookie': cookies,
          ...told
        } = kept
        const names = [cookies ?? []].flat().map(line => line.split('=')[0])
        const page = html
          .replace(/(value|content)="[\w-]{40,}"/g, '')
          .replaceAll(String(settings.portalPort), String(front.httpsPort))
        return { status, told, names, page: page.replace(/req-[0-9a-z]+/g, '') }
      }
      for (const path of ['/', '/?lang=en', '/enrolment', '/no-such-page', '/healthz'])
        expect(await seen(front.origin, path), path).toEqual(
          await seen(`https://${portalHost}:${settings.portalPort}`, path),
        )
    } finally {
      await app.close()
    }
  })

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'C-17 the self-check shows the browser’s own protocol (%s)',
    async version => {
      const text = await new Promise<string>((resolve, reject) => {
        const agent = new Agent({ ca: front.ca, keepAlive: false, minVersion: version, maxVersion: version })
        const where = { agent, host: '127.0.0.1', port: front.httpsPort, servername: portalHost }
        // What a browser says of it under this name counts nothing.
        const headers = { host: `${portalHost}:${front.httpsPort}`, 'x-sekisho-tls-version': 'SSLv3' }
        const asked = request({ ...where, path: '/check?tried=1', headers }, answer => {
          let body = ''
          answer.setEncoding('utf8').on('data', chunk => {
            body += chunk
          })
          answer.on('end', () => resolve(body))
        })
        asked.on('error', reject)
        asked.end()
      })
      expect(text).toContain(`暗号化された通信でつながっています。${version.replace('v', ' ')}`)
    },
  )

  it('HSTS holds on both kinds of hosts', async () => {
    const visitor = front.visitor()
    for (const address of [`${front.origin}/`, at(certificateHost(), '/login')]) {
      const { headers } = await visitor.get(address)
      expect(headers['strict-transport-security']).toMatch(/^max-age=63072000/)
      expect(headers.server).toBe('nginx')
    }
  })

  it('/metrics and other machines’ affairs are not served outside', async () => {
    const visitor = front.visitor()
    expect((await visitor.get(`${front.origin}/metrics`)).status).toBe(404)
    expect((await visitor.get(at(certificateHost(), '/metrics'))).status).toBe(404)
    const inside = await fetch(`http://127.0.0.1:${front.httpPorts.a}/metrics`)
    expect(await inside.text()).toContain('process_cpu_seconds_total')
    expect((await fetch(`http://127.0.0.1:${front.httpPorts.b}/readyz`)).status).toBe(200)
  })

  it('C-13 in the clear there are the lists of the revoked, and the way to the portal', async () => {
    const plain = `http://127.0.0.1:${front.httpPort}`
    const { id } = await front.deps.db.issuer.findFirstOrThrow({ select: { id: true } })
    const list = await fetch(`${plain}/pki/crl/${id}.crl`, { headers: { 'x-sekisho-door': 'certificate' } })
    expect(list.status).toBe(200)
    expect(list.headers.get('content-type')).toBe('application/pkix-crl')
    const away = await fetch(`${plain}/home`, { redirect: 'manual' })
    expect([away.status, away.headers.get('location')]).toEqual([302, `${front.origin}/`])
    expect((await fetch(`${plain}/pki/../metrics`, { redirect: 'manual' })).status).not.toBe(200)
  })

  it('a name that is not ours gets no handshake, and a certificate host answers under its own name alone', async () => {
    const agent = new Agent({ ca: front.ca })
    await expect(statusOver(agent, 'elsewhere.example', '/', {})).rejects.toThrow()
    const stranger = new Agent({ ca: front.ca, maxCachedSessions: 0 })
    const asked = new Promise<number>((resolve, reject) => {
      const one = request(
        {
          ...{ agent: stranger, host: '127.0.0.1', port: front.httpsPort, servername: portalHost },
          ...{ path: '/home', headers: { host: `${certificateHost()}:${front.httpsPort}` } },
        },
        answer => {
          answer.resume()
          resolve(answer.statusCode ?? 0)
        },
      )
      one.on('error', reject)
      one.end()
    })
    expect(await asked).toBe(421)
  })

  describe('C-15 forged headers', () => {
    it('from a browser say nothing about its certificate', async () => {
      const stranger = front.visitor()
      const der = await sql<{ der: Buffer }>(
        front.database.ownerUrl,
        `SELECT der FROM certificate WHERE user_id = '${front.userId}' AND state = 'active' LIMIT 1`,
      ).then(rows => rows[0]?.der)
      const pem = new X509Certificate(der ?? Buffer.alloc(0)).toString()
      const forged = {
        'x-sekisho-client-certificate': encodeURIComponent(pem),
        'x-sekisho-client-verify': 'SUCCESS',
        'x-sekisho-door': 'certificate',
        'x-forwarded-for': '203.0.113.9',
        'x-forwarded-host': certificateHost('zzz'),
      }
      const page = await stranger.get(at(certificateHost(), '/login'), { headers: forged })
      expect(page.status).toBe(403)
      expect(page.text).toContain('電子証明書')
      expect(page.text).not.toContain('2004000001')
      const portal = await stranger.get(`${front.origin}/`, { headers: forged })
      expect(portal.status).toBe(200)
    })

    it('of other fronts are refused, and audited with the address of the browser', async () => {
      const before = await refusals('request.forgedCertificate')
      for (const name of ['x-client-cert', 'x-ssl-client-verify', 'x-forwarded-client-cert']) {
        const page = await front.visitor().get(`${front.origin}/`, { headers: { [name]: 'MIIB' } })
        expect(page.status).toBe(400)
      }
      // Of one stranger it is written down once a minute.
      expect(await refusals('request.forgedCertificate')).toBe(before + 1)
      const [entry] = await sql<{ ip: string }>(
        front.database.ownerUrl,
        `SELECT ip FROM history WHERE reason = 'request.forgedCertificate' ORDER BY at DESC LIMIT 1`,
      )
      expect(entry?.ip).toBe('127.0.0.1')
    })

    it('at the socket itself are refused and audited, twice the same name too', async () => {
      const before = await refusals('request.forgedCertificate')
      const twice = ['certificate', 'certificate']
      const status = await new Promise(resolve => {
        httpRequest(
          {
            socketPath: join(front.frontFolder, 'a.sock'),
            path: '/login',
            headers: { host: certificateHost(), 'x-forwarded-for': '192.0.2.1', 'x-sekisho-door': twice },
          },
          answer => resolve(answer.statusCode),
        ).end()
      })
      expect(status).toBe(400)
      expect(await refusals('request.forgedCertificate')).toBe(before + 1)
    })

    it('at the plain port of a copy lead nowhere', async () => {
      const status = await new Promise(resolve => {
        httpRequest(
          {
            ...{ host: '127.0.0.1', port: front.httpPorts.a, path: '/home' },
            headers: { 'x-sekisho-door': 'certificate', cookie: master.cookieHeader() },
          },
          answer => resolve(answer.statusCode),
        ).end()
      })
      expect(status).toBe(302)
    })
  })

  it('C-15 a stolen cookie over another certificate, or none, is refused and audited', async () => {
    const { hostname } = new URL(master.page.url)
    const cookie = master.cookieHeader()
    const before = await refusals('session.otherCertificate')
    const other = await front.identity()
    for (const thief of [front.visitor(other), front.visitor()])
      expect((await thief.get(at(hostname, '/home'), { headers: { cookie } })).status).toBe(403)
    expect(await refusals('session.otherCertificate')).toBe(before + 2)
    expect((await master.get('/home')).status).toBe(200)
  })

  it.each(['-tls1_2', '-tls1_3'])('C-14 nothing is resumed on a certificate host (%s)', async version => {
    const session = join(front.frontFolder, '..', 'session.pem')
    const given = [
      's_client',
      '-connect',
      `127.0.0.1:${front.httpsPort}`,
      '-servername',
      certificateHost(),
      version,
    ]
    const speak = async (...more: string[]) => {
      const asked = promisify(execFile)('openssl', [...given, ...more])
      asked.child.stdin?.end(`GET /login HTTP/1.1\r\nHost: ${certificateHost()}\r\nConnection: close\r\n\r\n`)
      return (await asked).stdout
    }
    const first = await speak('-sess_out', session, '-ign_eof')
    expect(first).toContain('New, TLSv1')
    // OpenSSL writes down whatever it might resume: of TLS 1.2 nothing, of 1.3 a ticket that opens nothing.
    const offered = existsSync(session)
    expect(offered).toBe(version === '-tls1_3')
    if (offered) expect(await speak('-sess_in', session, '-ign_eof')).toContain('New, TLSv1')
    const again = await speak('-reconnect')
    expect(again).not.toContain('Reused')
  })

  it('C-14 a revoked certificate is refused 1,000 of 1,000, over connections kept alive, new and resumed', async () => {
    const identity = await front.identity()
    const agents = Array.from(
      { length: 10 },
      () => new Agent({ ca: front.ca, keepAlive: true, maxSockets: 1, ...identity }),
    )
    const visitor = front.visitor(identity)
    await visitor.logIn(loginPassword)
    if (visitor.page.path === '/login/takeover') await visitor.post('/login/takeover')
    expect(visitor.page.path).toBe('/home')
    const { hostname } = new URL(visitor.page.url)
    const cookie = visitor.cookieHeader()
    // These keep what they would resume a connection with, from before the revocation on, by either version.
    const resuming = (['TLSv1.2', 'TLSv1.3'] as const).map(
      version => new Agent({ ca: front.ca, keepAlive: false, maxVersion: version, ...identity }),
    )
    for (const agent of [...agents, ...resuming])
      expect(await statusOver(agent, hostname, '/home', { cookie })).toBe(200)

    const [row] = await sql<{ id: string }>(
      front.database.ownerUrl,
      `SELECT certificate_id AS id FROM session WHERE host = '${hostname}'`,
    )
    const revoked = await inTx(front.deps, tx =>
      revoke(front.deps, tx, system('test'), row?.id ?? '', 'lost'),
    )
    expect(revoked.ok).toBe(true)

    const statuses: number[] = []
    const keptAlive = agents.map(async agent => {
      for (let turn = 0; turn < 90; turn++)
        statuses.push(await statusOver(agent, hostname, '/home', { cookie }))
    })
    const anew = Array.from({ length: 4 }, async (_each, lane) => {
      for (let turn = 0; turn < 25; turn++) {
        const once = new Agent({ ca: front.ca, keepAlive: false, maxCachedSessions: 0, ...identity })
        statuses.push(await statusOver(resuming[lane] ?? once, hostname, '/home', { cookie }))
      }
    })
    await Promise.all([...keptAlive, ...anew])
    expect(statuses).toHaveLength(1_000)
    expect(statuses.filter(status => status !== 401)).toEqual([])
    for (const agent of agents) agent.destroy()

    const page = await visitor.get(`${front.origin}/login/certificate`)
    expect(page.status).toBe(403)
    expect(page.text).toContain('失効した電子証明書です')
  }, 60_000)

  it('C-14 nginx knows the list of the revoked as a second line, and the program still says what is wrong', async () => {
    const identity = await front.identity()
    const endWatch = await front.nginx.watch()
    const crl = join(front.frontFolder, 'crl.pem')
    const before = await readFile(crl, 'utf8')
    const [row] = await sql<{ id: string }>(
      front.database.ownerUrl,
      `SELECT id FROM certificate WHERE user_id = '${front.userId}' AND state = 'delivered' ORDER BY requested_at DESC LIMIT 1`,
    )
    await inTx(front.deps, tx => revoke(front.deps, tx, system('test'), row?.id ?? '', 'lost'))
    await expect.poll(() => readFile(crl, 'utf8'), { timeout: 30_000, interval: 100 }).not.toBe(before)
    // As if the program had forgotten: now nginx's list alone refuses.
    await sql(front.database.ownerUrl, `UPDATE certificate SET state = 'active' WHERE id = '${row?.id}'`)
    const texts = async () => (await front.visitor(identity).get(at(certificateHost(), '/login'))).text
    try {
      await expect.poll(texts, { timeout: 10_000, interval: 100 }).toContain('失効した電子証明書です')
    } finally {
      endWatch()
    }
  }, 60_000)

  it('C-14 F-02 behind a loaded list each row says how its certificate ended, in the history of its company', async () => {
    const newest = async () => {
      const identity = await front.identity()
      const { id, serial } = await front.deps.db.certificate.findFirstOrThrow({
        where: { userId: front.userId },
        orderBy: { requestedAt: 'desc' },
      })
      return { identity, id, serial }
    }
    const [superseded, voided, loaded] = [await newest(), await newest(), await newest()]
    const endWatch = await front.nginx.watch()
    try {
      await inTx(front.deps, async tx => {
        for (const { id } of [superseded, voided, loaded])
          await revoke(front.deps, tx, system('test'), id, 'other')
        await tx.certificate.update({ where: { id: superseded.id }, data: { state: 'superseded' } })
        await tx.certificate.update({ where: { id: voided.id }, data: { state: 'void' } })
      })
      const crl = join(front.frontFolder, 'crl.pem')
      // The file holds a list of each authority, in any order: openssl reads but the first of a file.
      const lists = async () => {
        const pems = (await readFile(crl, 'utf8')).split(/(?=-----BEGIN )/)
        return pems
          .map(pem => execFileSync('openssl', ['crl', '-noout', '-text'], { input: pem, encoding: 'utf8' }))
          .join('')
      }
      await expect.poll(lists, { timeout: 30_000, interval: 100 }).toContain(loaded.serial?.toUpperCase())
      // As if the program had forgotten this one: from now on nginx's list alone refuses it.
      await sql(front.database.ownerUrl, `UPDATE certificate SET state = 'active' WHERE id = '${loaded.id}'`)
      const told = async ({ identity }: { identity: Identity }) =>
        (await front.visitor(identity).get(at(certificateHost(), '/login'))).text
      await expect
        .poll(() => told(loaded), { timeout: 10_000, interval: 100 })
        .toContain('失効した電子証明書です')
      expect(await told(superseded)).toContain('更新前の電子証明書です')
      expect(await told(voided)).toContain('一定の期間ご利用がなかったため')
      for (const [{ serial }, reason] of [
        [superseded, 'certificate.superseded'],
        [voided, 'certificate.void'],
        [loaded, 'certificate.revoked'],
      ] as const)
        expect(
          await front.deps.db.history.findFirst({
            where: { chainId: front.companyId, operation: 'login.failed', reason, certificateSerial: serial },
          }),
          reason,
        ).toMatchObject({ actorKind: 'stranger', subjectId: front.userId, outcome: 'refused' })
    } finally {
      endWatch()
    }
  }, 60_000)

  it('a copy that goes away takes nothing with it, and with both gone a plain page says so', async () => {
    const visitor = front.visitor(await front.identity())
    await visitor.logIn(loginPassword)
    if (visitor.page.path === '/login/takeover') await visitor.post('/login/takeover')
    expect(visitor.page.path).toBe('/home')
    await front.copies.a.stop()
    for (let turn = 0; turn < 20; turn++) expect((await visitor.get('/home')).status).toBe(200)
    await front.copies.b.kill()
    const away = await visitor.get('/home')
    expect(away.status).toBe(503)
    expect(away.headers['retry-after']).toBe('10')
    expect(away.text).toContain('ただいまご利用いただけません')
    front.copies.a = await front.startCopy('a')
    front.copies.b = await front.startCopy('b')
    await expect.poll(async () => (await visitor.get('/home')).status, { timeout: 5_000 }).toBe(200)
  }, 60_000)

  it('nginx has complained of nothing but what the tests did', async () => {
    const complaints = (await front.nginx.complaints())
      .split('\n')
      .filter(line => /\[(warn|error|crit|alert|emerg)\]/.test(line))
      .filter(
        line =>
          !/connect\(\) to unix|temporarily disabled|certificate verify|different from the one|no live upstreams/.test(
            line,
          ),
      )
    expect(complaints).toEqual([])
  })
})
