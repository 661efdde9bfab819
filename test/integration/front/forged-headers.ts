import { X509Certificate } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sql } from '../../support/database.ts'
import { at, type Behind, certificateHost, refusals } from './asking.ts'

/** C-15: what browsers and others may say in headers about certificates, behind nginx. Declares the tests of a front that is shared. */
export const forgedHeaders = (behind: Behind): void => {
  describe('C-15 forged headers', () => {
    it('from a browser say nothing about its certificate', async () => {
      const stranger = behind.front.visitor()
      const der = await sql<{ der: Buffer }>(
        behind.front.database.ownerUrl,
        `SELECT der FROM certificate WHERE user_id = '${behind.front.userId}' AND state = 'active' LIMIT 1`,
      ).then(rows => rows[0]?.der)
      const pem = new X509Certificate(der ?? Buffer.alloc(0)).toString()
      const forged = {
        'x-sekisho-client-certificate': encodeURIComponent(pem),
        'x-sekisho-client-verify': 'SUCCESS',
        'x-sekisho-door': 'certificate',
        'x-forwarded-for': '203.0.113.9',
        'x-forwarded-host': certificateHost('zzz'),
      }
      const page = await stranger.get(at(behind.front, certificateHost(), '/login'), { headers: forged })
      expect(page.status).toBe(403)
      expect(page.text).toContain('電子証明書')
      expect(page.text).not.toContain('2004000001')
      const portal = await stranger.get(`${behind.front.origin}/`, { headers: forged })
      expect(portal.status).toBe(200)
    })

    it('of other fronts are refused, and audited with the address of the browser', async () => {
      const before = await refusals(behind.front, 'request.forgedCertificate')
      for (const name of ['x-client-cert', 'x-ssl-client-verify', 'x-forwarded-client-cert']) {
        const page = await behind.front
          .visitor()
          .get(`${behind.front.origin}/`, { headers: { [name]: 'MIIB' } })
        expect(page.status).toBe(400)
      }
      // Of one stranger it is written down once a minute.
      expect(await refusals(behind.front, 'request.forgedCertificate')).toBe(before + 1)
      const [entry] = await sql<{ ip: string }>(
        behind.front.database.ownerUrl,
        `SELECT ip FROM history WHERE reason = 'request.forgedCertificate' ORDER BY at DESC LIMIT 1`,
      )
      expect(entry?.ip).toBe('127.0.0.1')
    })

    it('at the socket itself are refused and audited, twice the same name too', async () => {
      const before = await refusals(behind.front, 'request.forgedCertificate')
      const twice = ['certificate', 'certificate']
      const status = await new Promise(resolve => {
        httpRequest(
          {
            socketPath: join(behind.front.frontFolder, 'a.sock'),
            path: '/login',
            headers: { host: certificateHost(), 'x-forwarded-for': '192.0.2.1', 'x-sekisho-door': twice },
          },
          answer => resolve(answer.statusCode),
        ).end()
      })
      expect(status).toBe(400)
      expect(await refusals(behind.front, 'request.forgedCertificate')).toBe(before + 1)
    })

    it('at the plain port of a copy lead nowhere', async () => {
      const status = await new Promise(resolve => {
        httpRequest(
          {
            ...{ host: '127.0.0.1', port: behind.front.httpPorts.a, path: '/home' },
            headers: { 'x-sekisho-door': 'certificate', cookie: behind.master.cookieHeader() },
          },
          answer => resolve(answer.statusCode),
        ).end()
      })
      expect(status).toBe(302)
    })
  })

  it('C-15 a stolen cookie over another certificate, or none, is refused and audited', async () => {
    const { hostname } = new URL(behind.master.page.url)
    const cookie = behind.master.cookieHeader()
    const before = await refusals(behind.front, 'session.otherCertificate')
    const other = await behind.front.identity()
    for (const thief of [behind.front.visitor(other), behind.front.visitor()])
      expect((await thief.get(at(behind.front, hostname, '/home'), { headers: { cookie } })).status).toBe(403)
    expect(await refusals(behind.front, 'session.otherCertificate')).toBe(before + 2)
    expect((await behind.master.get('/home')).status).toBe(200)
  })
}
