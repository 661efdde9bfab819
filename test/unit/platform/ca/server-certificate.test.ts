import { createPrivateKey, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:tls'
import { describe, expect, it } from 'vitest'
import {
  defaultServerHosts,
  ensureServerCertificate,
} from '../../../../src/platform/ca/server-certificate.ts'
import { NOW, run, temporaryFolder } from './workbench.ts'

const DAY = 86_400_000
const daysLater = (days: number): Date => new Date(NOW.getTime() + days * DAY)
const hosts = defaultServerHosts('cert.localhost')

const folderWithCertificate = async () => {
  const folder = temporaryFolder()
  const ensure = (now = NOW, names: readonly string[] = hosts) =>
    ensureServerCertificate({ dir: folder.path, hosts: names, now })
  return { folder, ensure, made: await ensure(), [Symbol.dispose]: () => folder[Symbol.dispose]() }
}

describe('the server certificate of the embedded start', () => {
  it('verifies strictly in OpenSSL for every host, and for no other', async () => {
    using start = await folderWithCertificate()
    const verify = (...host: string[]) =>
      run(
        'openssl',
        'verify',
        '-x509_strict',
        '-purpose',
        'sslserver',
        '-attime',
        String((NOW.getTime() / 1000) | 0),
        ...host,
        '-CAfile',
        start.folder.at('ca.pem'),
        start.folder.at('server.pem'),
      )
    for (const host of ['localhost', 'cert.localhost', 'x7f3.cert.localhost']) {
      expect(verify('-verify_hostname', host), host).toContain('OK')
    }
    for (const address of ['127.0.0.1', '::1', '0:0:0:0:0:0:0:1']) {
      expect(verify('-verify_ip', address), address).toContain('OK')
    }
    for (const host of ['example.com', 'a.b.cert.localhost', 'x.localhost']) {
      expect(() => verify('-verify_hostname', host), host).toThrow(/hostname mismatch/i)
    }
    expect(() => verify('-verify_ip', '127.0.0.2')).toThrow(/IP address mismatch/i)
  })

  it('is on P-256, for servers only, and lives no longer than browsers accept', async () => {
    using start = await folderWithCertificate()
    const certificate = new X509Certificate(start.made.cert)
    expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1')
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
    const days = (certificate.validToDate.getTime() - certificate.validFromDate.getTime()) / DAY
    expect(days).toBeLessThanOrEqual(397)
    expect(days).toBeGreaterThan(396)
    expect(certificate.validFromDate.getTime()).toBeLessThan(NOW.getTime())
  })

  it('carries a TLS connection', async () => {
    using start = await folderWithCertificate()
    // The wall clock decides in TLS, so this one is made for today.
    const { key, cert, ca } = await start.ensure(new Date(), [...hosts, 'portal.example'])
    const server = createServer({ key, cert }, socket => socket.end('いらっしゃいませ'))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const socket = connect({ port, host: '127.0.0.1', ca, servername: 'abc.cert.localhost' })
    const [greeting] = await once(socket, 'data')
    expect(String(greeting)).toBe('いらっしゃいませ')
    expect(socket.authorized).toBe(true)
    socket.destroy()
    server.close()
  })

  it('keeps its private keys to its owner and leaves nothing else behind', async () => {
    using start = await folderWithCertificate()
    expect(readdirSync(start.folder.path).toSorted()).toEqual([
      'ca.key',
      'ca.pem',
      'server.key',
      'server.pem',
    ])
    for (const name of ['ca.key', 'server.key'])
      expect(statSync(start.folder.at(name)).mode & 0o777).toBe(0o600)
    expect(readFileSync(start.folder.at('server.pem'), 'utf8')).toBe(start.made.cert)
    const key = createPrivateKey(readFileSync(start.folder.at('server.key')))
    expect(new X509Certificate(start.made.cert).checkPrivateKey(key)).toBe(true)
  })

  it('stays while 30 days are left, and is then renewed under the same root', async () => {
    using start = await folderWithCertificate()
    expect(await start.ensure(daysLater(300))).toEqual(start.made)
    const renewed = await start.ensure(daysLater(368))
    expect(renewed.ca).toBe(start.made.ca)
    expect(renewed.cert).not.toBe(start.made.cert)
    expect(await start.ensure(daysLater(369))).toEqual(renewed)
  })

  it('is renewed when its hosts change, under the same root', async () => {
    using start = await folderWithCertificate()
    const renewed = await start.ensure(NOW, [...hosts, 'portal.example', '192.168.0.7', '2001:db8::7'])
    expect(renewed.ca).toBe(start.made.ca)
    const names = new X509Certificate(renewed.cert).subjectAltName
    expect(names).toContain('DNS:portal.example, IP Address:192.168.0.7, IP Address:2001:DB8:0:0:0:0:0:7')
  })

  it('gets a new root before the old one would end first', async () => {
    using start = await folderWithCertificate()
    expect((await start.ensure(daysLater(3200))).ca).toBe(start.made.ca)
    const renewed = await start.ensure(daysLater(3300))
    expect(renewed.ca).not.toBe(start.made.ca)
    expect(new X509Certificate(renewed.cert).verify(new X509Certificate(renewed.ca).publicKey)).toBe(true)
    expect(new X509Certificate(renewed.ca).subject).not.toBe(new X509Certificate(start.made.ca).subject)
  })

  it('is made anew when the clock was set back before its beginning', async () => {
    using start = await folderWithCertificate()
    expect((await start.ensure(daysLater(-1))).cert).not.toBe(start.made.cert)
  })

  it.each(['server.pem', 'server.key', 'ca.key', 'ca.pem'])('is put right when %s is spoilt', async name => {
    using start = await folderWithCertificate()
    writeFileSync(start.folder.at(name), 'spoilt')
    const { key, cert, ca } = await start.ensure()
    const certificate = new X509Certificate(cert)
    expect(certificate.verify(new X509Certificate(ca).publicKey)).toBe(true)
    expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true)
    expect(ca === start.made.ca).toBe(name.startsWith('server'))
  })

  it('refuses hosts that are none', async () => {
    using folder = temporaryFolder()
    for (const names of [[], ['a b'], ['http://localhost'], ['*.*.localhost'], ['例え.jp'], ['']]) {
      await expect(ensureServerCertificate({ dir: folder.path, hosts: names, now: NOW })).rejects.toThrow(
        /host/,
      )
    }
  })
})
