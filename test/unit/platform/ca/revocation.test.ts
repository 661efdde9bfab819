import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { issuerFrom } from '../../../../src/platform/ca/certificate.ts'
import { keptAuthority, openKeptAuthority } from '../../../../src/platform/ca/kept-key.ts'
import { issuerKeysOf, parseOcspRequest } from '../../../../src/platform/ca/ocsp.ts'
import { type Revocation, signRevocationList } from '../../../../src/platform/ca/revocation.ts'
import { NOW, newAuthority, run, type TestAuthority, temporaryFolder } from './workbench.ts'

let authority: TestAuthority
beforeAll(async () => {
  authority = await newAuthority()
})

const sign = (entries: Revocation[], number = 1) =>
  signRevocationList(
    { number, thisUpdate: NOW, nextUpdate: new Date('2050-01-01T00:00:00Z'), entries },
    issuerFrom(authority.certificateDer),
    authority.privateKey,
  )

const read = (der: Uint8Array): string => {
  using folder = temporaryFolder()
  const list = folder.write('list.crl', der)
  const ca = folder.write('ca.pem', authority.ca.issuer.certificatePem)
  return run('openssl', 'crl', '-inform', 'DER', '-in', list, '-noout', '-text', '-CAfile', ca)
}

describe('a list of revocations', () => {
  it('C-13 may be empty, and has whole seconds, GeneralizedTime from 2050 on, and its number', async () => {
    const text = read(await sign([], 70_000))
    expect(text).toContain('verify OK')
    expect(text).toContain('No Revoked Certificates')
    expect(text).toContain('Last Update: Nov 20 01:02:03 2026 GMT')
    expect(text).toContain('Next Update: Jan  1 00:00:00 2050 GMT')
    expect(text).toMatch(/CRL Number: *\s+70000\n/)
  })

  it('C-13 names each serial as it stands in the certificate, and why where there is a why', async () => {
    const entries: Revocation[] = [
      { serial: '80FF', at: NOW },
      { serial: '0A', at: NOW, reason: 'keyCompromise' },
      { serial: `7F${'AB'.repeat(16)}`, at: NOW, reason: 'superseded' },
      { serial: '01', at: NOW, reason: 'affiliationChanged' },
      { serial: '02', at: NOW, reason: 'cessationOfOperation' },
    ]
    const text = read(await sign(entries))
    for (const { serial } of entries) expect(text).toMatch(new RegExp(`Serial Number: ${serial}\n`))
    const reasons = text.match(/(Key Compromise|Superseded|Affiliation Changed|Cessation Of Operation)/g)
    expect(reasons).toEqual(['Key Compromise', 'Superseded', 'Affiliation Changed', 'Cessation Of Operation'])
  })

  it('C-13 of 8,000 leaves other work its turns', async () => {
    const entries = Array.from({ length: 8_000 }, (_, place) => ({
      serial: (place + 1).toString(16),
      at: NOW,
    }))
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    const text = read(await sign(entries))
    clearInterval(timer)
    expect(turns).toBeGreaterThan(5)
    expect(text.match(/Serial Number/g)).toHaveLength(8_000)
  })
})

describe('OCSP requests', () => {
  it('C-13 name the authority by either hash, whatever tool wrote them', () => {
    using folder = temporaryFolder()
    const ca = folder.write('ca.pem', authority.ca.issuer.certificatePem)
    const keys = issuerKeysOf(issuerFrom(authority.certificateDer))
    for (const [place, hash] of ['-sha1', '-sha256'].entries()) {
      const file = folder.at('request.der')
      run('openssl', 'ocsp', '-issuer', ca, hash, '-serial', '0x80FF', '-reqout', file)
      const request = parseOcspRequest(new Uint8Array(readFileSync(file)))
      expect(request?.certIds).toMatchObject([{ serial: '80FF', issuer: keys[place] }])
      expect(request?.nonce).not.toBeNull()
    }
  })

  it('C-13 that are none are refused without a throw, however deep or odd', () => {
    for (const bytes of [Buffer.alloc(8_000, 0x30), Buffer.from('30'.repeat(4) + '80'.repeat(4_000), 'hex')])
      expect(parseOcspRequest(bytes)).toBeUndefined()
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        const request = parseOcspRequest(bytes)
        expect(request === undefined || request.certIds.length > 0).toBe(true)
      }),
    )
  })
})

describe('an authority kept in a file', () => {
  it('C-16 opens with its passphrase alone, and whole', () => {
    const made = { certificateDer: authority.certificateDer, privateKey: authority.privateKey }
    const text = keptAuthority(made, 'Kagi wa Tana no Naka')
    const opened = openKeptAuthority(text, 'Kagi wa Tana no Naka')
    expect(opened.privateKey.equals(authority.privateKey)).toBe(true)
    expect(opened.certificateDer.equals(authority.certificateDer)).toBe(true)
    expect(() => openKeptAuthority(text, 'Kagi wa Tana no Ue')).toThrow()
    expect(() => openKeptAuthority(new X509Certificate(authority.certificateDer).toString(), 'x')).toThrow(
      /no encrypted key/,
    )
    const plain = authority.privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64')
    expect(text.replaceAll('\n', '')).not.toContain(plain.slice(40, 80))
    expect(() => createPrivateKey(text)).toThrow()
  })
})
