import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createFrontListener, type FrontListener, frontedOf } from '../../../../src/platform/tls/front.ts'
import { closeListener } from '../../../../src/platform/tls/listeners.ts'
import { doorOf, peerOf, protocolOf } from '../../../../src/platform/tls/peer.ts'
import { listenOnSocket } from '../../../../src/platform/tls/unix-socket.ts'

const folder = mkdtempSync(join(tmpdir(), 'sekisho-front-'))
const at = (name: string) => join(folder, name)
const openssl = (...given: string[]) => execFileSync('openssl', given, { cwd: folder, stdio: 'pipe' })
const day = 86_400_000

const makeAuthority = (name: string) => {
  mkdirSync(at(name))
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}/ca.key`]
  const subject = ['-subj', '/O=Sekisho/CN=Sekisho Users CA', '-days', '30']
  openssl('req', '-x509', ...key, ...subject, '-out', `${name}/ca.pem`)
  return readFileSync(at(`${name}/ca.pem`), 'utf8')
}

const makeCertificate = (authority: string, usage: string, days = 10) => {
  writeFileSync(at('extensions'), `basicConstraints=critical,CA:FALSE\nextendedKeyUsage=${usage}\n`)
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'leaf.key']
  openssl('req', '-new', ...key, '-subj', '/O=2004000000/CN=2004000001', '-out', 'leaf.csr')
  const by = ['-CA', `${authority}/ca.pem`, '-CAkey', `${authority}/ca.key`, '-days', String(days)]
  openssl('x509', '-req', '-in', 'leaf.csr', ...by, '-extfile', 'extensions', '-out', 'leaf.pem')
  return readFileSync(at('leaf.pem'), 'utf8')
}

let front: FrontListener
let issuers: Record<'ours' | 'theirs', string>
let genuine: string
const clock = { at: new Date(), now: () => clock.at }

beforeAll(async () => {
  issuers = { ours: makeAuthority('ours'), theirs: makeAuthority('theirs') }
  genuine = makeCertificate('ours', 'clientAuth')
  front = createFrontListener({
    issuers: [issuers.ours],
    clock,
    like: createServer(),
    handle: (incoming, answer) => {
      const { broken = false } = frontedOf(incoming) ?? {}
      const [door, peer, protocol] = [doorOf(incoming), peerOf(incoming), protocolOf(incoming)]
      answer.end(JSON.stringify({ broken, door, peer, protocol }))
    },
  })
  await listenOnSocket(front.server, at('front.sock'), 'FRONT_SOCKET')
})

beforeEach(() => {
  clock.at = new Date()
  front.trust([issuers.ours])
})

afterAll(async () => {
  await closeListener(front.server)
  rmSync(folder, { recursive: true })
})

type Headers = Record<string, string | string[]>
type Answer = { broken: boolean; door: string; peer: Record<string, unknown>; protocol: string | null }

const nginx = (more: Headers = {}): Headers => ({
  host: 'abc.cert.example.jp',
  'x-forwarded-for': '192.0.2.7',
  'x-sekisho-door': 'certificate',
  ...more,
})

const presenting = (pem: string, verification = 'SUCCESS'): Headers =>
  nginx({ 'x-sekisho-client-certificate': encodeURIComponent(pem), 'x-sekisho-client-verify': verification })

const ask = (headers: Headers): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asked = request({ socketPath: at('front.sock'), path: '/', headers }, answer => {
      let body = ''
      answer.setEncoding('utf8').on('data', text => {
        body += text
      })
      answer.on('end', () => resolve(JSON.parse(body)))
    })
    asked.on('error', reject)
    asked.end()
  })

describe('what nginx says of a connection', () => {
  it('names the door, and nobody where no certificate was presented', async () => {
    expect(await ask(nginx())).toMatchObject({
      broken: false,
      door: 'certificate',
      peer: { presented: false },
    })
    expect(await ask(nginx({ 'x-sekisho-door': 'portal' }))).toMatchObject({ broken: false, door: 'portal' })
  })

  it('C-17 names the protocol, or leaves it unsaid', async () => {
    const spoken = await ask(nginx({ 'x-sekisho-tls-version': 'TLSv1.2' }))
    expect(spoken).toMatchObject({ broken: false, protocol: 'TLSv1.2' })
    expect(await ask(nginx())).toMatchObject({ broken: false, protocol: null })
  })

  it('C-14 is a certificate that the program verifies again', async () => {
    const { peer } = await ask(presenting(genuine))
    expect(peer).toMatchObject({ presented: true, genuine: true })
    expect(peer.fingerprint).toMatch(/^[0-9a-f]{64}$/)
    // nginx may not have read the newest issuers yet: ours decide.
    const unknown = 'FAILED:unable to get local issuer certificate'
    expect((await ask(presenting(genuine, unknown))).peer).toMatchObject({ genuine: true })
    expect((await ask(presenting(genuine, 'FAILED:CRL has expired'))).peer).toMatchObject({ genuine: true })
  })

  it('C-14 is refused where its list of the revoked says so', async () => {
    const { peer } = await ask(presenting(genuine, 'FAILED:certificate revoked'))
    expect(peer).toMatchObject({ presented: true, genuine: false, why: 'revoked' })
    // Which one it was stays known, for its row says how it ended.
    const known = (await ask(presenting(genuine))).peer
    expect([peer.fingerprint, peer.serial]).toEqual([known.fingerprint, known.serial])
  })

  it.each([
    ["another authority's of the same name", () => makeCertificate('theirs', 'clientAuth')],
    ["a server's", () => makeCertificate('ours', 'serverAuth')],
    ['the authority itself', () => issuers.ours],
    ['no certificate at all', () => 'MIIB'],
  ])('C-13 is believed by nobody when it is %s, whatever nginx says', async (_what, make) => {
    const { peer } = await ask(presenting(make()))
    expect(peer).toEqual({ presented: true, genuine: false, why: 'foreign' })
  })

  it('C-08 ends with its time, by our clock', async () => {
    clock.at = new Date(Date.now() + 11 * day)
    expect((await ask(presenting(genuine))).peer).toMatchObject({ genuine: false, why: 'expired' })
    clock.at = new Date(Date.now() - day)
    expect((await ask(presenting(genuine))).peer).toMatchObject({ genuine: false, why: 'foreign' })
  })

  it('C-08 A-00 is good to the end of its last second, to which certificates are exact', async () => {
    const last = new X509Certificate(genuine).validToDate.getTime()
    clock.at = new Date(last + 999)
    expect((await ask(presenting(genuine))).peer).toMatchObject({ genuine: true })
    clock.at = new Date(last + 1000)
    const { peer } = await ask(presenting(genuine))
    expect(peer).toMatchObject({ genuine: false, why: 'expired' })
    expect(peer.fingerprint).toMatch(/^[0-9a-f]{64}$/)
  })

  it('C-16 follows a change of issuers at once', async () => {
    const other = makeCertificate('theirs', 'clientAuth')
    clock.at = new Date() // it begins now, not when the test did
    expect((await ask(presenting(other))).peer).toMatchObject({ genuine: false })
    front.trust([issuers.ours, issuers.theirs])
    expect((await ask(presenting(other))).peer).toMatchObject({ genuine: true })
    front.trust([issuers.theirs])
    expect((await ask(presenting(genuine))).peer).toMatchObject({ genuine: false })
  })

  const escaped = () => encodeURIComponent(genuine)
  it.each<[string, () => Headers]>([
    ['no door', () => ({ host: 'a.cert.example.jp', 'x-forwarded-for': '192.0.2.7' })],
    ['a door nobody has heard of', () => nginx({ 'x-sekisho-door': 'cellar' })],
    ['two doors', () => nginx({ 'x-sekisho-door': ['certificate', 'portal'] })],
    ['no address', () => ({ host: 'a.cert.example.jp', 'x-sekisho-door': 'portal' })],
    ['two addresses', () => nginx({ 'x-forwarded-for': ['192.0.2.7', '192.0.2.8'] })],
    ['a chain of addresses', () => nginx({ 'x-forwarded-for': '10.0.0.1, 192.0.2.7' })],
    ['another host', () => nginx({ 'x-forwarded-host': 'portal.example.jp' })],
    ['a certificate at the portal', () => ({ ...presenting(genuine), 'x-sekisho-door': 'portal' })],
    [
      'two certificates',
      () => ({ ...presenting(genuine), 'x-sekisho-client-certificate': [escaped(), escaped()] }),
    ],
    ['two protocols', () => nginx({ 'x-sekisho-tls-version': ['TLSv1.2', 'TLSv1.3'] })],
    ['a protocol nobody has heard of', () => nginx({ 'x-sekisho-tls-version': '<b>TLS</b>' })],
    ['a certificate that was not looked at', () => nginx({ 'x-sekisho-client-certificate': escaped() })],
  ])('C-15 is believed in nothing when it has %s', async (_what, headers) => {
    const { broken, peer } = await ask(headers())
    expect({ broken, peer }).toEqual({ broken: true, peer: { presented: false } })
  })
})

describe('the socket', () => {
  it('is closed to everybody but the program and its group', () => {
    const [mode] = execFileSync('stat', ['-c', '%a', at('front.sock')], { encoding: 'utf8' }).split('\n')
    expect(mode).toBe('660')
  })

  it('is never taken from another program, and taken over from a dead one', async () => {
    const second = createServer((_request, answer) => answer.end('second'))
    await expect(listenOnSocket(second, at('front.sock'), 'FRONT_SOCKET')).rejects.toThrow('Another program')
    const dead = `require('net').createServer().listen('${at('dead.sock')}', () => process.kill(process.pid, 9))`
    expect(() => execFileSync(process.execPath, ['-e', dead], { stdio: 'ignore' })).toThrow()
    await listenOnSocket(second, at('dead.sock'), 'FRONT_SOCKET')
    await new Promise<void>((resolve, reject) => {
      const socket = connect(at('dead.sock'), () => {
        socket.destroy()
        resolve()
      })
      socket.on('error', reject)
    })
    await closeListener(second)
  })

  it('needs a folder that is there', async () => {
    const lost = listenOnSocket(createServer(), at('nowhere/a.sock'), 'FRONT_SOCKET')
    await expect(lost).rejects.toThrow(/nowhere is missing or not open to this user/)
  })
})
