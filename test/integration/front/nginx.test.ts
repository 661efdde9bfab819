import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from '../../../src/app.ts'
import { ensureServerCertificate } from '../../../src/platform/ca/server-certificate.ts'
import { readSettings } from '../../../src/platform/settings.ts'
import { sql } from '../../support/database.ts'
import { certDomain, type Front, loginPassword, openFront, portalHost } from '../../support/front.ts'
import { nginx as installed } from '../../support/nginx.ts'
import { freePort } from '../../support/ports.ts'
import type { Visitor } from '../../support/visitor.ts'
import { asDeployed } from './as-deployed.ts'
import { at, type Behind, certificateHost, statusOver } from './asking.ts'
import { forgedHeaders } from './forged-headers.ts'
import { revocations } from './revocations.ts'

describe.runIf(installed !== undefined)('behind nginx', () => {
  const behind = {} as Behind
  let front: Front
  let master: Visitor

  beforeAll(async () => {
    front = await openFront()
    master = front.visitor(await front.identity())
    Object.assign(behind, { front, master })
    await master.logIn(loginPassword)
  })
  afterAll(() => front?.close())

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
    for (const address of [`${front.origin}/`, at(front, certificateHost(), '/login')]) {
      const { headers } = await visitor.get(address)
      expect(headers['strict-transport-security']).toMatch(/^max-age=63072000/)
      expect(headers.server).toBe('nginx')
    }
  })

  it('/metrics and other machines’ affairs are not served outside', async () => {
    const visitor = front.visitor()
    expect((await visitor.get(`${front.origin}/metrics`)).status).toBe(404)
    expect((await visitor.get(at(front, certificateHost(), '/metrics'))).status).toBe(404)
    const inside = await fetch(`http://127.0.0.1:${front.httpPorts.a}/metrics`)
    expect(await inside.text()).toContain('process_cpu_seconds_total')
    expect((await visitor.get(`${front.origin}/readyz`)).status).toBe(404)
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
    await expect(statusOver(front, agent, 'elsewhere.example', '/', {})).rejects.toThrow()
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

  forgedHeaders(behind)
  revocations(behind)
  asDeployed(behind)

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
    // nginx writes down that it reached nobody, but not what opens something.
    // Each of its workers finds out for itself that the copies are gone.
    const strangers = Array.from({ length: 20 }, () => front.visitor())
    await Promise.all(strangers.map(each => each.get(`${front.origin}/password-reset/GEHEIM-while-away`)))
    expect(await front.nginx.complaints()).not.toContain('GEHEIM')
    await expect.poll(() => front.nginx.accesses()).toContain('"GET /password-reset/..." 503')
    expect(await front.nginx.accesses()).not.toContain('GEHEIM')
    front.copies.a = await front.startCopy('a')
    front.copies.b = await front.startCopy('b')
    await expect.poll(async () => (await visitor.get('/home')).status).toBe(200)
  })

  it('nginx has complained of nothing but what the tests did', async () => {
    const complaints = (await front.nginx.complaints())
      .split('\n')
      .filter(line => /\[(warn|error|crit|alert|emerg)\]/.test(line))
      .filter(
        line =>
          !/connect\(\) to unix|temporarily disabled|certificate verify|different from the one|no live upstreams|too large body|buffered to a temporary file/.test(
            line,
          ),
      )
    expect(complaints).toEqual([])
  })
})
