import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer, type TLSSocket } from 'node:tls'

export type CertificateRelay = {
  port: number
  /** From the next connection on, present this PKCS#12 file. */
  present(p12: string, password: string): void
  close(): Promise<void>
}

/**
 * Stands between a browser that cannot be told which certificate to choose and the certificate listener: ends the
 * browser's TLS and speaks to the listener with the person's certificate. Playwright's own `clientCertificates`
 * cannot do it, because it wants the exact origin beforehand and each login has a fresh random host (B-03).
 */
export const openCertificateRelay = async (certPort: number): Promise<CertificateRelay> => {
  const folder = mkdtempSync(join(tmpdir(), 'sekisho-relay-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const subject = ['-subj', '/CN=relay', '-addext', 'subjectAltName=DNS:*.cert.localhost']
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  })
  const own = { key: readFileSync(key), cert: readFileSync(cert) }
  rmSync(folder, { recursive: true })

  let presented: { pfx: Buffer; passphrase: string } | undefined
  const sockets = new Set<TLSSocket>()
  const server = createServer({ ...own, ALPNProtocols: ['http/1.1'] }, browser => {
    const listener = connect({
      host: '127.0.0.1',
      port: certPort,
      // The SNI name goes on: the session belongs to that host.
      ...(typeof browser.servername === 'string' && { servername: browser.servername }),
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
      ...presented,
    })
    for (const [from, to] of [
      [browser, listener],
      [listener, browser],
    ] as const) {
      sockets.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
  })
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The relay has no port')
  return {
    port: address.port,
    present: (p12, passphrase) => {
      presented = { pfx: readFileSync(p12), passphrase }
      for (const socket of sockets) socket.destroy() // the next request connects anew, with the certificate
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
