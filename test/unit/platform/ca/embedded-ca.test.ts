import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { newSerial, serialFrom } from '../../../../src/platform/ca/certificate.ts'
import { embeddedCa, sealCaKey } from '../../../../src/platform/ca/embedded-ca.ts'
import { generateKeys } from '../../../../src/platform/ca/keys.ts'
import { openSecretBox } from '../../../../src/platform/secret-box.ts'
import {
  isInstalled,
  NOW,
  newAuthority,
  requestFor,
  run,
  secretBox,
  type TestAuthority,
  temporaryFolder,
} from './workbench.ts'

let authority: TestAuthority
let userKey: KeyObject
let curveKey: KeyObject

beforeAll(async () => {
  authority = await newAuthority()
  userKey = (await generateKeys('rsa-3072')).publicKey
  curveKey = (await generateKeys('p-256')).publicKey
})

const issue = async (changes: Parameters<typeof requestFor>[1] = {}, key = userKey) =>
  authority.ca.issue(await authority.ca.prepare(requestFor(key, changes)))

const described = (pem: string): string => {
  using folder = temporaryFolder()
  const file = folder.write('certificate.pem', pem)
  return run('openssl', 'x509', '-in', file, '-noout', '-text', '-nameopt', 'utf8,sep_comma_plus,sname')
}

const strictlyVerified = (pem: string, ...options: string[]): string => {
  using folder = temporaryFolder()
  const ca = folder.write('ca.pem', authority.ca.issuer.certificatePem)
  const leaf = folder.write('leaf.pem', pem)
  const at = String(Date.parse('2027-01-01') / 1000)
  return run('openssl', 'verify', '-x509_strict', '-attime', at, ...options, '-CAfile', ca, leaf)
}

describe('the certificates of users', () => {
  it('C-13 name the login ID and the contract number, and verify strictly in OpenSSL as clients', async () => {
    const { pem } = await issue()
    expect(strictlyVerified(pem, '-purpose', 'sslclient')).toContain('leaf.pem: OK')
    expect(new X509Certificate(pem).subject).toBe('O=1234567890\nCN=sato01')
  })

  it('C-13 serve no other purpose than client authentication', async () => {
    const { pem } = await issue()
    for (const purpose of ['sslserver', 'smimesign', 'crlsign', 'timestampsign']) {
      expect(() => strictlyVerified(pem, '-purpose', purpose), purpose).toThrow(
        /unsuitable certificate purpose/,
      )
    }
  })

  it('C-13 carry key usage, constraints, key ids and the addresses of CRL, OCSP and issuer', async () => {
    const text = described((await issue()).pem)
    expect(text).toMatch(/X509v3 Basic Constraints: critical\s+CA:FALSE\n/)
    expect(text).toMatch(/X509v3 Key Usage: critical\s+Digital Signature\n/)
    expect(text).toMatch(/X509v3 Extended Key Usage: *\s+TLS Web Client Authentication\n/)
    expect(text).toMatch(
      /CRL Distribution Points: *\s+Full Name:\s+URI:http:\/\/localhost:8080\/ca\/users-1\.crl\n/,
    )
    expect(text).toMatch(/OCSP - URI:http:\/\/localhost:8080\/ocsp\n/)
    expect(text).toMatch(/CA Issuers - URI:http:\/\/localhost:8080\/ca\/users-1\.cer\n/)
    const keyId = (kind: string, of: string) =>
      of.match(new RegExp(`${kind} Key Identifier: *\\s+([0-9A-F:]+)`))?.[1]
    expect(keyId('Authority', text)).toBe(keyId('Subject', described(authority.ca.issuer.certificatePem)))
    expect(keyId('Subject', text)).toHaveLength(59)
  })

  it('C-13 leave out addresses that are not given', async () => {
    const { crlUrl, ocspUrl, issuerUrl, ...bare } = requestFor(userKey)
    const text = described((await authority.ca.issue(await authority.ca.prepare(bare))).pem)
    expect(text).not.toContain('CRL Distribution')
    expect(text).not.toContain('Authority Information')
  })

  it('C-13 hold the key id that OpenSSL reckons, for RSA and for P-256', async () => {
    using folder = temporaryFolder()
    for (const key of [userKey, curveKey]) {
      const { pem } = await issue({}, key)
      const request = folder.write('key.pem', key.export({ type: 'spki', format: 'pem' }))
      const config = folder.write('x.cnf', '[x]\nsubjectKeyIdentifier=hash\n')
      const caKey = folder.write('ca.key', authority.privateKey.export({ type: 'pkcs8', format: 'pem' }))
      const ca = folder.write('ca.pem', authority.ca.issuer.certificatePem)
      const theirs = run(
        'openssl',
        'x509',
        '-new',
        '-force_pubkey',
        request,
        '-subj',
        '/CN=x',
        '-CA',
        ca,
        '-CAkey',
        caKey,
        '-extfile',
        config,
        '-extensions',
        'x',
      )
      const id = (text: string) => text.match(/Subject Key Identifier: *\s+([0-9A-F:]+)/)?.[1]
      expect(id(described(pem))).toBe(id(described(theirs)))
      expect(id(theirs) ?? id(described(theirs))).toBeDefined()
    }
  })

  it('C-13 may hold a P-256 key', async () => {
    const { pem } = await issue({}, curveKey)
    expect(strictlyVerified(pem, '-purpose', 'sslclient')).toContain('OK')
    expect(new X509Certificate(pem).publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1')
  })

  it.each([
    ['half-width letters', 'sato01', 'PRINTABLESTRING'],
    ['an address', 'sato.hanako_1@example.co.jp', 'UTF8STRING'],
    ['Japanese', '髙橋﨑𠮷', 'UTF8STRING'],
    ['signs that names escape', 'a,b+c="d"<e>;#f\\g/CN=admin', 'UTF8STRING'],
    ['a leading and a trailing blank', ' x ', 'PRINTABLESTRING'],
    ['64 characters of several bytes', '𠮷'.repeat(64), 'UTF8STRING'],
  ])('C-13 hold a login ID of %s as it is', async (_, commonName, type) => {
    const { der, pem } = await issue({ subject: { commonName, organization: '0'.repeat(64) } })
    const { CN, O } = new X509Certificate(der).toLegacyObject().subject
    expect(CN).toBe(commonName)
    expect(O).toBe('0'.repeat(64))
    expect(strictlyVerified(pem, '-purpose', 'sslclient')).toContain('OK')
    using folder = temporaryFolder()
    const file = folder.write('leaf.der', der)
    const names = run('openssl', 'asn1parse', '-inform', 'DER', '-in', file).match(
      /:commonName\s+.*prim: (\w+)/g,
    )
    expect(names?.at(-1)).toContain(type)
  })

  it.each([
    ['an empty part', ''],
    ['more than 64 characters', 'a'.repeat(65)],
    ['a NUL', 'admin\0x'],
    ['a line break', 'a\nCN=admin'],
    ['half a character', 'a\ud842'],
  ])('C-13 refuse %s in a name', async (_, part) => {
    await expect(issue({ subject: { commonName: part, organization: '1' } })).rejects.toThrow(
      /certificate's name/,
    )
    await expect(issue({ subject: { commonName: '1', organization: part } })).rejects.toThrow(
      /certificate's name/,
    )
  })

  it('C-13 refuse addresses that are none', async () => {
    for (const crlUrl of ['javascript:alert(1)', 'http://例え.jp/crl', 'crl', 'http://x/a b']) {
      await expect(issue({ crlUrl })).rejects.toThrow(/web address/)
    }
  })

  it('keep whole seconds, and are recorded with the times that they bear', async () => {
    const prepared = await authority.ca.prepare(
      requestFor(userKey, { notAfter: new Date('2027-11-20T14:59:59.999Z') }),
    )
    expect(prepared.notBefore).toEqual(new Date('2026-11-20T01:02:03Z'))
    expect(prepared.notAfter).toEqual(new Date('2027-11-20T14:59:59Z'))
    const certificate = new X509Certificate((await authority.ca.issue(prepared)).der)
    expect(certificate.validFromDate).toEqual(prepared.notBefore)
    expect(certificate.validToDate).toEqual(prepared.notAfter)
  })

  it('write years before 2050 as UTCTime and others as GeneralizedTime (RFC 5280, 4.1.2.5)', async () => {
    const long = await newAuthority('long', 30)
    const prepared = await long.ca.prepare(
      requestFor(userKey, {
        notBefore: new Date('2049-12-31T23:59:59Z'),
        notAfter: new Date('2050-01-01T00:00:00Z'),
      }),
    )
    using folder = temporaryFolder()
    const parsed = run('openssl', 'asn1parse', '-inform', 'DER', '-in', folder.write('tbs', prepared.tbs))
    expect(parsed).toMatch(/UTCTIME\s+:491231235959Z/)
    expect(parsed).toMatch(/GENERALIZEDTIME\s+:20500101000000Z/)
    const { der } = await long.ca.issue(prepared)
    expect(new X509Certificate(der).validToDate).toEqual(new Date('2050-01-01T00:00:00Z'))
  })

  it('refuse a life that is none, and one that outlasts the authority', async () => {
    await expect(issue({ notAfter: NOW })).rejects.toThrow(/end after it begins/)
    await expect(issue({ notAfter: new Date('2036-11-20T01:02:04Z') })).rejects.toThrow(/outlast/)
    await expect(issue({ notAfter: new Date('2036-11-20T01:02:03Z') })).resolves.toBeDefined()
  })

  it.runIf(isInstalled('certtool'))('C-12 verify in GnuTLS', async () => {
    using folder = temporaryFolder()
    const soon = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 86_400_000) }
    const own = await newAuthority()
    const { pem } = await authority.ca.issue(await authority.ca.prepare(requestFor(userKey, soon)))
    const ca = folder.write('ca.pem', authority.ca.issuer.certificatePem)
    const other = folder.write('other.pem', own.ca.issuer.certificatePem)
    const leaf = folder.write('leaf.pem', pem)
    expect(run('certtool', '--certificate-info', '--infile', leaf)).toContain('TLS WWW Client')
    expect(() => run('certtool', '--verify', '--load-ca-certificate', other, '--infile', leaf)).toThrow()
    expect(run('certtool', '--verify', '--load-ca-certificate', ca, '--infile', leaf)).toMatch(
      /Verified|verified/,
    )
  })
})

describe('serials', () => {
  it('C-13 are positive, of at most 20 octets, and keep their form whatever chance gives', () => {
    for (const octet of [0x00, 0x01, 0x7f, 0x80, 0xff]) {
      const serial = serialFrom(Buffer.alloc(17, octet))
      expect(serial).toMatch(/^[4-7][0-9A-F]{33}$/)
    }
    expect(serialFrom(Buffer.alloc(17))).toBe(`40${'00'.repeat(16)}`)
  })

  it('C-13 keep at least 64 bits of chance', () => {
    for (let bit = 0; bit < 128; bit += 1) {
      const random = Buffer.alloc(17)
      random[1 + (bit >> 3)] = 1 << (bit & 7)
      expect(serialFrom(random)).not.toBe(serialFrom(Buffer.alloc(17)))
    }
    expect(new Set(Array.from({ length: 10_000 }, newSerial)).size).toBe(10_000)
  })

  it('C-13 are those that node:crypto and OpenSSL read from the certificate', async () => {
    for (let round = 0; round < 8; round += 1) {
      const prepared = await authority.ca.prepare(requestFor(curveKey))
      const issued = await authority.ca.issue(prepared)
      expect(issued.serial).toBe(prepared.serial)
      expect(new X509Certificate(issued.der).serialNumber).toBe(prepared.serial)
    }
    const { pem, serial } = await issue()
    using folder = temporaryFolder()
    const shown = run('openssl', 'x509', '-noout', '-serial', '-in', folder.write('leaf.pem', pem))
    expect(shown).toContain(`serial=${serial}\n`)
  })
})

describe('issuing', () => {
  it('C-10 signs exactly the recorded bytes, and gives the same certificate each time', async () => {
    const { serial, tbs } = await authority.ca.prepare(requestFor(userKey))
    const first = await authority.ca.issue({ serial, tbs })
    const again = embeddedCa({ id: 'users-1', ...authority, secretBox })
    // As a database gives it back: plain bytes, another process, another authority object.
    const second = await again.issue({ serial, tbs: Buffer.from(new Uint8Array(tbs)) })
    expect(second).toEqual(first)
    expect(first.der.indexOf(tbs)).toBe(4)
    expect(first.fingerprint256).toBe(new X509Certificate(first.pem).fingerprint256)
  })

  it('C-10 refuses recorded bytes that name another serial, another authority, or no client', async () => {
    const prepared = await authority.ca.prepare(requestFor(userKey))
    const refused = /isn't a client certificate of this authority/
    await expect(authority.ca.issue({ ...prepared, serial: newSerial() })).rejects.toThrow(refused)

    const stranger = await newAuthority('users-2')
    const foreign = await stranger.ca.prepare(requestFor(userKey))
    await expect(authority.ca.issue(foreign)).rejects.toThrow(refused)

    const own = new X509Certificate(authority.certificateDer)
    const ownTbs = authority.certificateDer.subarray(4, 4 + 4 + authority.certificateDer.readUInt16BE(6))
    await expect(authority.ca.issue({ serial: own.serialNumber, tbs: ownTbs })).rejects.toThrow(refused)

    const clientAuth = Buffer.from('06082b06010505070302', 'hex')
    const forServers = Buffer.from(prepared.tbs)
    forServers[forServers.indexOf(clientAuth) + clientAuth.length - 1] = 1
    await expect(authority.ca.issue({ ...prepared, tbs: forServers })).rejects.toThrow(refused)
    await expect(authority.ca.issue({ ...prepared, tbs: Buffer.from('nonsense') })).rejects.toThrow()
  })
})

describe('the authority', () => {
  it('C-16 signs holders’ certificates and lists of revocations, and no further authorities', () => {
    const text = described(authority.ca.issuer.certificatePem)
    expect(text).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0\n/)
    expect(text).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign\n/)
    expect(text).toContain('Public-Key: (3072 bit)')
    expect(strictlyVerified(authority.ca.issuer.certificatePem)).toContain('OK')
  })

  it('C-16 tells its name, its fingerprint and its end', () => {
    const certificate = new X509Certificate(authority.certificateDer)
    expect(authority.ca.issuer).toEqual({
      id: 'users-1',
      name: 'Sekisho 利用者認証局',
      certificatePem: certificate.toString(),
      fingerprint256: certificate.fingerprint256,
      notAfter: new Date('2036-11-20T01:02:03Z'),
    })
  })

  it('C-16 keeps its key encrypted, and of use under its own id only', async () => {
    const plain = authority.privateKey.export({ type: 'pkcs8', format: 'der' })
    expect(authority.sealedKey.includes(plain.subarray(30, 60))).toBe(false)
    const moved = embeddedCa({ ...authority, id: 'users-2', secretBox })
    const prepared = await moved.prepare(requestFor(userKey))
    await expect(moved.issue(prepared)).rejects.toThrow(/ca-key:users-2 doesn't open/)
    const otherBox = openSecretBox(Buffer.alloc(32, 8))
    const withoutKey = embeddedCa({ ...authority, id: 'users-1', secretBox: otherBox })
    await expect(withoutKey.issue(prepared)).rejects.toThrow(/SECRET_KEY_FILE/)
  })

  it('C-16 gives nothing out when the sealed key isn’t the certificate’s', async () => {
    const { privateKey } = await generateKeys('rsa-2048')
    const mixedUp = embeddedCa({
      ...authority,
      id: 'x',
      sealedKey: sealCaKey(secretBox, 'x', privateKey),
      secretBox,
    })
    const prepared = await mixedUp.prepare(requestFor(userKey))
    await expect(mixedUp.issue(prepared)).rejects.toThrow(/doesn't belong to its certificate/)
  })

  it('C-16 isn’t made from a user’s certificate', async () => {
    const { der } = await issue()
    expect(() => embeddedCa({ ...authority, id: 'x', certificateDer: der, secretBox })).toThrow(/authority's/)
  })

  it('C-16 may be one that OpenSSL made, with names and key ids of its own', async () => {
    using folder = temporaryFolder()
    const config = folder.write(
      'ca.cnf',
      '[req]\ndistinguished_name=d\n[d]\n[x]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=0102030405\n',
    )
    run(
      'openssl',
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      folder.at('k.pem'),
      '-out',
      folder.at('c.pem'),
      '-config',
      config,
      '-extensions',
      'x',
      '-subj',
      '/C=JP/O=Bank/OU=IT/CN=Root',
      '-days',
      '3650',
    )
    const certificateDer = new X509Certificate(readFileSync(folder.at('c.pem'))).raw
    const sealedKey = sealCaKey(secretBox, 'own', createPrivateKey(readFileSync(folder.at('k.pem'))))
    const ca = embeddedCa({ id: 'own', certificateDer, sealedKey, secretBox })
    const life = { notBefore: new Date(Date.now() - 1000), notAfter: new Date(Date.now() + 86_400_000) }
    const { pem } = await ca.issue(await ca.prepare(requestFor(userKey, life)))
    const leaf = folder.write('leaf.pem', pem)
    expect(ca.issuer.name).toBe('Root')
    expect(
      run('openssl', 'verify', '-x509_strict', '-purpose', 'sslclient', '-CAfile', folder.at('c.pem'), leaf),
    ).toContain('OK')
    expect(described(pem)).toMatch(/Authority Key Identifier: *\s+01:02:03:04:05\n/)
  })
})
