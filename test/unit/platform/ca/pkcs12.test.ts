import { createPrivateKey, type KeyObject, randomBytes, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import forge from 'node-forge'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { IssuedCertificate } from '../../../../src/platform/ca/ca.ts'
import { generateKeys, type KeyAlgorithm, type KeyPair } from '../../../../src/platform/ca/keys.ts'
import {
  createPkcs12Builder,
  isPkcs12Password,
  type Pkcs12Request,
} from '../../../../src/platform/ca/pkcs12.ts'
import { pkcs12Key } from '../../../../src/platform/ca/pkcs12-bundle.ts'
import {
  isInstalled,
  newAuthority,
  requestFor,
  run,
  type TestAuthority,
  temporaryFolder,
} from './workbench.ts'

const PASSWORD = 'Torihiki 2026!~"\\'

let authority: TestAuthority
let holders: Record<KeyAlgorithm, KeyPair & { certificate: IssuedCertificate }>
const builder = createPkcs12Builder({ workers: 2 })

beforeAll(async () => {
  authority = await newAuthority()
  const holder = async (algorithm: KeyAlgorithm) => {
    const keys = await generateKeys(algorithm)
    const life = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 86_400_000) }
    const certificate = await authority.ca.issue(await authority.ca.prepare(requestFor(keys.publicKey, life)))
    return { ...keys, certificate }
  }
  holders = {
    'rsa-3072': await holder('rsa-3072'),
    'rsa-2048': await holder('rsa-2048'),
    'p-256': await holder('p-256'),
  }
})

afterAll(() => builder.close())

const pkcs8 = (key: KeyObject): Buffer => key.export({ type: 'pkcs8', format: 'der' })

const requested = (
  algorithm: KeyAlgorithm = 'rsa-3072',
  changes: Partial<Pkcs12Request> = {},
): Pkcs12Request => ({
  privateKey: pkcs8(holders[algorithm].privateKey),
  certificates: [holders[algorithm].certificate.der, authority.certificateDer],
  password: PASSWORD,
  friendlyName: 'sato01 関所𠮷',
  compatibility: 'aes256',
  ...changes,
})

const algorithms: KeyAlgorithm[] = ['rsa-3072', 'rsa-2048', 'p-256']
const modes: Pkcs12Request['compatibility'][] = ['aes256', '3des']
const everyKind = algorithms.flatMap(algorithm => modes.map(mode => [algorithm, mode] as const))

describe('PKCS#12 files', () => {
  it.each(everyKind)(
    'C-12 of %s and %s open in OpenSSL 3, with key, certificate and chain',
    async (algorithm, compatibility) => {
      using folder = temporaryFolder()
      const file = folder.write('user.p12', await builder.build(requested(algorithm, { compatibility })))
      const opened = (...options: string[]) =>
        run('openssl', 'pkcs12', '-in', file, '-passin', `pass:${PASSWORD}`, ...options)
      const key = createPrivateKey(opened('-nocerts', '-nodes'))
      expect(key.equals(holders[algorithm].privateKey)).toBe(true)
      const own = opened('-nokeys', '-clcerts')
      expect(new X509Certificate(own).fingerprint256).toBe(holders[algorithm].certificate.fingerprint256)
      expect(new X509Certificate(opened('-nokeys', '-cacerts')).fingerprint256).toBe(
        authority.ca.issuer.fingerprint256,
      )
    },
  )

  it('C-12 protect key, certificates and MAC with AES-256 and SHA-256 at 100,000 iterations', async () => {
    using folder = temporaryFolder()
    const file = folder.write('user.p12', await builder.build(requested()))
    const told = run('openssl', 'pkcs12', '-in', file, '-passin', `pass:${PASSWORD}`, '-info', '-noout')
    const scheme = 'PBES2, PBKDF2, AES-256-CBC, Iteration 100000, PRF hmacWithSHA256'
    expect(told).toContain('MAC: sha256, Iteration 100000')
    expect(told).toContain(`PKCS7 Encrypted data: ${scheme}`)
    expect(told).toContain(`Shrouded Keybag: ${scheme}`)
  })

  it('C-12 fall back to Triple DES and SHA-1 only where compatibility is asked for', async () => {
    using folder = temporaryFolder()
    const file = folder.write(
      'user.p12',
      await builder.build(requested('rsa-3072', { compatibility: '3des' })),
    )
    const told = run('openssl', 'pkcs12', '-in', file, '-passin', `pass:${PASSWORD}`, '-info', '-noout')
    expect(told).toContain('MAC: sha1, Iteration 100000')
    expect(told.match(/pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 100000/g)).toHaveLength(2)
  })

  it.each([
    // AES-256-CBC's parameter is the vector itself; Triple DES derives it, and the key, from the part's salt.
    ['aes256', /060960864801650304012a0410([0-9a-f]{32})/g],
    ['3des', /060a2a864886f70d010c0103300f0408([0-9a-f]{16})/g],
  ] as const)(
    'C-12 with %s encrypt no two parts from the same initialization vector',
    async (compatibility, parameter) => {
      const file = await builder.build(requested('p-256', { compatibility }))
      const given = [...file.toString('hex').matchAll(parameter)].map(([, hex]) => hex)
      expect(given).toHaveLength(2)
      expect(new Set(given).size).toBe(2)
    },
  )

  it('open in Node’s own TLS', async () => {
    const pfx = await builder.build(requested())
    expect(() => createSecureContext({ pfx, passphrase: PASSWORD })).not.toThrow()
    expect(() => createSecureContext({ pfx, passphrase: 'wrong' })).toThrow(/mac verify failure/)
  })

  it('are refused with a changed byte or the wrong password', async () => {
    using folder = temporaryFolder()
    const bytes = await builder.build(requested())
    const check = (content: Buffer, password: string) =>
      run('openssl', 'pkcs12', '-in', folder.write('x.p12', content), '-passin', `pass:${password}`, '-noout')
    expect(() => check(bytes, PASSWORD)).not.toThrow()
    expect(() => check(bytes, 'wrong')).toThrow(/invalid password/)
    const changed = Buffer.from(bytes)
    changed[700] = (changed[700] ?? 0) ^ 1
    expect(() => check(changed, PASSWORD)).toThrow()
  })

  it('never hold the key, the certificate or the password in the clear', async () => {
    const bytes = await builder.build(requested())
    const { privateKey, certificate } = holders['rsa-3072']
    expect(bytes.includes(pkcs8(privateKey).subarray(100, 132))).toBe(false)
    expect(bytes.includes(certificate.der.subarray(100, 132))).toBe(false)
    expect(bytes.includes(PASSWORD)).toBe(false)
  })

  it('differ each time', async () => {
    const [one, other] = await Promise.all([builder.build(requested()), builder.build(requested())])
    expect(one.equals(other)).toBe(false)
  })

  it.each(everyKind)(
    'C-12 of %s and %s import into NSS, as Firefox and Chromium do',
    async (algorithm, compatibility) => {
      using folder = temporaryFolder()
      const store = `sql:${folder.path}`
      run('certutil', '-N', '-d', store, '--empty-password')
      const ca = folder.write('ca.pem', authority.ca.issuer.certificatePem)
      run('certutil', '-A', '-d', store, '-n', 'ca', '-t', 'T,,', '-i', ca)
      const file = folder.write('user.p12', await builder.build(requested(algorithm, { compatibility })))
      run('pk12util', '-i', file, '-d', store, '-W', PASSWORD)
      const list = run('certutil', '-L', '-d', store)
      expect(list).toMatch(/sato01 関所𠮷\s+u,u,u/)
      expect(run('certutil', '-V', '-d', store, '-n', 'sato01 関所𠮷', '-u', 'C')).toContain('valid')
      expect(run('certutil', '-K', '-d', store)).toContain('sato01')
    },
  )

  it.runIf(isInstalled('certtool'))('C-12 open in GnuTLS', async () => {
    using folder = temporaryFolder()
    const file = folder.write('user.p12', await builder.build(requested()))
    const told = run('certtool', '--p12-info', '--inder', '--infile', file, '--password', PASSWORD)
    expect(told).toContain('BEGIN ENCRYPTED PRIVATE KEY')
    expect(told.match(/BEGIN CERTIFICATE/g)).toHaveLength(2)
  })

  it('C-12 take printable ASCII as a password and nothing else', async () => {
    for (const password of ['', 'パスワード', 'naïve', 'a\tb', 'a\0b', 'ａｂｃ']) {
      expect(isPkcs12Password(password)).toBe(false)
      await expect(builder.build(requested('p-256', { password }))).rejects.toThrow(/printable ASCII/)
    }
    expect(isPkcs12Password(' !~')).toBe(true)
  })

  it('aren’t made without a certificate, and the builder goes on after a refusal', async () => {
    await expect(builder.build(requested('p-256', { certificates: [] }))).rejects.toThrow(
      /holder's certificate/,
    )
    await expect(builder.build(requested('p-256'))).resolves.toBeDefined()
  })

  it('leave the caller’s own bytes alone', async () => {
    const request = requested('p-256')
    const before = Buffer.from(request.privateKey)
    await builder.build(request)
    expect(request.privateKey).toEqual(before)
  })
})

describe('PKCS#12’s key derivation', () => {
  it.each([
    ['sha256', 3, 32],
    ['sha1', 3, 20],
    ['sha1', 1, 24],
    ['sha1', 2, 8],
    ['sha256', 1, 100],
  ] as const)('with %s for purpose %i and %i bytes is node-forge’s', (hashed, purpose, length) => {
    for (const [saltLength, iterations] of [
      [8, 1],
      [16, 2],
      [65, 50],
    ] as const) {
      const password = 'p'.repeat(saltLength)
      const salt = randomBytes(saltLength)
      const theirs = forge.pkcs12.generateKey(
        password,
        forge.util.createBuffer(salt.toString('latin1')),
        purpose,
        iterations,
        length,
        forge.md[hashed].create(),
      )
      const ours = pkcs12Key({ hashed, purpose, password, salt, iterations, length })
      expect(ours.toString('hex')).toBe(theirs.toHex())
    }
  })
})
