import { connect } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { sql } from '../../support/database.ts'
import { certDomain, portalHost } from '../../support/front.ts'
import { startNginx } from '../../support/nginx.ts'
import { freePorts } from '../../support/ports.ts'
import type { Behind } from './asking.ts'

/** What else deploy/nginx decides. Declares the tests of a front that is shared. */
export const asDeployed = (behind: Behind): void => {
  describe('nginx as it is deployed', () => {
    it('logs whose request it was, and nothing that opens anything', async () => {
      const visitor = behind.front.visitor()
      await visitor.get(`${behind.front.origin}/password-reset/GEHEIM-in-the-path`)
      await visitor.get(`${behind.front.origin}/check?ticket=GEHEIM-in-the-query`)
      // A line is written once its answer has gone out: those of this test come last.
      await expect
        .poll(() => behind.front.nginx.accesses())
        .toMatch(/"GET \/password-reset\/\.\.\."[\s\S]*"GET \/check" 200/)
      const logged = await behind.front.nginx.accesses()
      expect(logged).toContain('127.0.0.1 [')
      expect(logged).toContain('"GET /password-reset/..."')
      expect(logged).not.toContain('GEHEIM')
    })

    it('D-13 leaves the size of the file of users to the program, and of everything else takes 8 MB', async () => {
      const { master } = behind
      await master.get('/home')
      const file = { name: 'users.csv', content: Buffer.alloc(9 * 1024 * 1024, 0x61) }
      const other = await master.upload('/password', file)
      expect(other.status).toBe(413)
      expect(other.headers.server).toBe('nginx')
      expect(other.text).not.toContain('関所')
      const taken = await master.upload('/users/import', file)
      expect(taken.text).not.toContain('413')
      expect(taken.html).toContain('<main')
    })

    it('G-07, F-02 behind a balancer, somebody comes from where it says', async () => {
      const { front } = behind
      const [httpsPort, httpPort] = await freePorts(2)
      const nginx = await startNginx({
        ...{ folder: join(front.frontFolder, '..', 'nginx-balanced'), frontFolder: front.frontFolder },
        ...{ tlsFolder: join(front.frontFolder, '..', 'tls'), portalHost, certDomain, httpsPort, httpPort },
        balancer: '127.0.0.1',
      })
      try {
        // Refused, and so written down with where it came from.
        const head = [
          'GET / HTTP/1.1',
          `Host: ${portalHost}:${front.httpsPort}`,
          'X-Client-Cert: MIIB',
          'Connection: close',
        ]
        const socket = connect(httpsPort, '127.0.0.1')
        socket.write(`PROXY TCP4 203.0.113.77 192.0.2.1 50000 443\r\n`)
        const tls = connectTls({ socket, servername: portalHost, ca: front.ca })
        tls.write(`${head.join('\r\n')}\r\n\r\n`)
        const chunks: Buffer[] = []
        for await (const chunk of tls) chunks.push(chunk)
        expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 400 /)
        expect(
          await sql(
            front.database.ownerUrl,
            `SELECT ip FROM history WHERE reason = 'request.forgedCertificate' AND ip = '203.0.113.77'`,
          ),
        ).toHaveLength(1)
        expect(await nginx.accesses()).toContain('203.0.113.77 [')
      } finally {
        await nginx.stop()
      }
    })
  })
}
