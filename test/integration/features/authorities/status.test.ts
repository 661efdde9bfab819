import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { get } from 'node:https'
import { fromBER } from 'asn1js'
import { BasicOCSPResponse, Certificate, CertificateRevocationList, OCSPResponse } from 'pkijs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renewCrl, renewStatus } from '../../../../src/features/authorities/index.ts'
import { issueDirectly, revoke } from '../../../../src/features/certificates/index.ts'
import { system } from '../../../../src/kernel/actor.ts'
import { inTx } from '../../../../src/platform/db/in-tx.ts'
import { sql } from '../../../support/database.ts'
import { newUser } from '../../../support/enrolment.ts'
import { type ServedProgram, serveProgram } from '../../../support/program.ts'
import { told } from '../../../support/tools.ts'
import { until } from '../../../support/until.ts'
import { temporaryFolder } from '../../../unit/platform/ca/workbench.ts'

let program: ServedProgram
let users: { id: string; certificateDer: Uint8Array }
const folder = temporaryFolder()

beforeAll(async () => {
  program = await serveProgram()
  users = await program.deps.db.issuer.findFirstOrThrow({ where: { kind: 'users' } })
  folder.write('ca.pem', new X509Certificate(users.certificateDer).toString())
  await until(async () => (await latest())?.number === 1)
  await until(async () => (await program.deps.db.ocspResponder.count()) === 2)
})
afterAll(async () => {
  folder[Symbol.dispose]()
  await program.close()
})

const latest = (issuerId = users.id) =>
  program.deps.db.crl.findFirst({ where: { issuerId }, orderBy: { number: 'desc' } })

const issue = async () => {
  const user = await newUser(program)
  const holder = { companyId: user.companyId, userId: user.id }
  await issueDirectly(program.deps, system('test'), holder, 'Shutoku-2026')
  const row = await program.deps.db.certificate.findFirstOrThrow({ where: { userId: user.id } })
  const certificate = new X509Certificate(row.der ?? new Uint8Array())
  return { id: row.id, serial: certificate.serialNumber, certificate }
}

const end = async (id: string) => {
  const done = await inTx(program.deps, tx => revoke(program.deps, tx, system('test'), id, 'lost'))
  if (!done.ok) throw new Error(done.reason)
}

const plain = (path: string) => `http://localhost:${program.settings.httpPort}${path}`
const crlPath = () => `/pki/crl/${users.id}.crl`
const crl = async () => Buffer.from(await (await fetch(plain(crlPath()))).arrayBuffer())

/** Over TLS, whose certificate is looked at elsewhere. */
const overTls = (path: string): Promise<{ status: number; body: Buffer }> =>
  new Promise((resolve, reject) => {
    get(`${program.settings.portalOrigin}${path}`, { rejectUnauthorized: false }, async answer => {
      resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(await answer.toArray()) })
    }).on('error', reject)
  })

/** A request as OpenSSL writes it, for certificates or serials in hexadecimal. */
const ocspRequest = async (...about: string[]): Promise<Buffer> => {
  const file = folder.at('request.der')
  await told('openssl', 'ocsp', '-issuer', folder.at('ca.pem'), ...about, '-reqout', file)
  return readFile(file)
}

const ask = async (body: Uint8Array, type = 'application/ocsp-request') => {
  const answer = await fetch(plain('/pki/ocsp'), {
    method: 'POST',
    headers: { 'content-type': type },
    body: new Uint8Array(body),
  })
  return { status: answer.status, body: Buffer.from(await answer.arrayBuffer()) }
}

const statusOf = (der: Buffer): number => OCSPResponse.fromBER(der).responseStatus.valueBlock.valueDec

const askedByOpenssl = (file: string, ...options: string[]) =>
  told(
    'openssl',
    'ocsp',
    '-issuer',
    folder.at('ca.pem'),
    ...options,
    '-cert',
    file,
    '-CAfile',
    folder.at('ca.pem'),
    '-url',
    plain('/pki/ocsp'),
  )

const verified = async (pem: string) => {
  const list = new Uint8Array(await crl())
  const both = folder.write(
    'trusted.pem',
    `${new X509Certificate(users.certificateDer)}-----BEGIN X509 CRL-----\n${Buffer.from(list)
      .toString('base64')
      .replace(/(.{64})/g, '$1\n')}\n-----END X509 CRL-----\n`,
  )
  const leaf = folder.write('leaf.pem', pem)
  return told(
    'openssl',
    'verify',
    '-x509_strict',
    '-purpose',
    'sslclient',
    '-crl_check',
    '-CAfile',
    both,
    leaf,
  )
}

describe('the list of revocations', () => {
  it('C-13 is where the certificates say, over plain HTTP and TLS, and OpenSSL checks certificates by it', async () => {
    const { certificate } = await issue()
    const leaf = folder.write('leaf.pem', certificate.toString())
    const text = await told('openssl', 'x509', '-in', leaf, '-noout', '-text')
    expect(text).toContain(`URI:${plain(crlPath())}\n`)
    expect(text).toContain(`OCSP - URI:${plain('/pki/ocsp')}\n`)
    expect(text).toContain(`CA Issuers - URI:${plain(`/pki/issuers/${users.id}.cer`)}\n`)
    expect(await verified(certificate.toString())).toContain('leaf.pem: OK')
    expect((await overTls(crlPath())).body.equals(await crl())).toBe(true)
    const issuer = await fetch(plain(`/pki/issuers/${users.id}.cer`))
    expect(issuer.headers.get('content-type')).toBe('application/pkix-cert')
    expect(Buffer.from(await issuer.arrayBuffer()).equals(Buffer.from(users.certificateDer))).toBe(true)
  })

  it('C-13 names a revoked certificate within seconds, with a higher number and why', async () => {
    const { id, serial, certificate } = await issue()
    const before = (await latest())?.number ?? 0
    await end(id)
    await until(async () => ((await latest())?.number ?? 0) > before)
    expect(await verified(certificate.toString())).toContain('certificate revoked')
    const file = folder.write('list.crl', await crl())
    const text = await told(
      'openssl',
      'crl',
      '-inform',
      'DER',
      '-in',
      file,
      '-noout',
      '-text',
      '-CAfile',
      folder.at('ca.pem'),
    )
    expect(text).toContain('verify OK')
    expect(text).toMatch(new RegExp(`X509v3 CRL Number: *\\s+${before + 1}\n`))
    expect(text).toMatch(
      new RegExp(
        `Serial Number: ${serial}\\s+Revocation Date: .*\\s+CRL entry extensions:\\s+X509v3 CRL Reason Code: *\\s+Key Compromise`,
      ),
    )
    const { thisUpdate, nextUpdate } = (await latest()) ?? {}
    expect((nextUpdate?.getTime() ?? 0) - (thisUpdate?.getTime() ?? 0)).toBe(86_400_000)
  })

  it('C-13 costs no bytes where nothing has changed, and is asked for again each time', async () => {
    const first = await fetch(plain(crlPath()))
    expect(first.headers.get('content-type')).toBe('application/pkix-crl')
    expect(first.headers.get('cache-control')).toBe('no-cache')
    const again = await fetch(plain(crlPath()), {
      headers: { 'if-none-match': first.headers.get('etag') ?? '' },
    })
    expect(again.status).toBe(304)
  })

  it('C-13 is numbered without gaps and signed once when copies of the program sign together', async () => {
    const before = (await latest())?.number ?? 0
    const { id } = await issue()
    // The row alone, as if its job were lost.
    await program.deps.db.certificate.update({
      where: { id },
      data: { state: 'revoked', endedAt: program.clock.now() },
    })
    const numbers = await Promise.all(Array.from({ length: 5 }, () => renewCrl(program.deps, users.id)))
    expect(numbers).toEqual(Array(5).fill(before + 1))
  })

  it('C-13 of an unknown authority, or with another address, is not found', async () => {
    for (const path of [
      '/pki/crl/00000000-0000-7000-8000-000000000000.crl',
      '/pki/crl/x.crl',
      `/pki/crl/${users.id}`,
      '/pki/crl/..%2f..%2fca.crl',
      `/pki/issuers/${users.id}.crl`,
    ])
      expect((await fetch(plain(path))).status, path).toBe(404)
  })

  it('C-13 keeps to RFC 5280 with 3,000 entries, as another implementation reads it', async () => {
    const { id } = await issue()
    await sql(
      program.database.ownerUrl,
      `insert into certificate (id, company_id, user_id, purpose, state, requested_at, issuer_id, serial, tbs, der,
                                fingerprint, not_before, not_after, signed_at, ended_at, end_reason)
       select gen_random_uuid(), company_id, user_id, purpose, 'revoked', requested_at, issuer_id,
              upper(to_hex(4194304 + n)) || substr(serial, 7), tbs, der, md5(n::text), not_before, not_after, signed_at, now(), 'other'
         from certificate, generate_series(1, 3000) n where id = '${id}'`,
    )
    await renewCrl(program.deps, users.id)
    const der = await crl()
    const list = new CertificateRevocationList({ schema: fromBER(der, { maxNodes: 100_000 }).result })
    expect(list.version).toBe(1)
    expect(list.revokedCertificates?.length).toBeGreaterThan(3000)
    expect(list.signature.algorithmId).toBe(list.signatureAlgorithm.algorithmId)
    expect(list.crlExtensions?.extensions.map(each => each.extnID).sort()).toEqual(['2.5.29.20', '2.5.29.35'])
    const issuer = Certificate.fromBER(new Uint8Array(users.certificateDer))
    expect(list.issuer.isEqual(issuer.subject)).toBe(true)
    expect(await list.verify({ issuerCertificate: issuer })).toBe(true)
    await sql(program.database.ownerUrl, `delete from certificate where end_reason = 'other'`)
  })
})

describe('OCSP', () => {
  it('C-13 answers by POST with the nonce, by a delegated responder that OpenSSL accepts', async () => {
    const { id, certificate } = await issue()
    const leaf = folder.write('leaf.pem', certificate.toString())
    const good = await askedByOpenssl(leaf)
    expect(good).toContain('Response verify OK')
    expect(good).toContain('leaf.pem: good')
    expect(good).not.toMatch(/nonce/i)
    expect(await askedByOpenssl(leaf, '-no_nonce', '-sha256')).toContain('leaf.pem: good')
    await end(id)
    const revoked = await askedByOpenssl(leaf)
    expect(revoked).toContain('leaf.pem: revoked')
    expect(revoked).toMatch(/Reason: keyCompromise/)
  })

  it('C-13 answers by GET, over TLS too, the same bytes again, and never older than a revocation', async () => {
    const { id, certificate } = await issue()
    const leaf = folder.write('leaf.pem', certificate.toString())
    const path = `/pki/ocsp/${encodeURIComponent((await ocspRequest('-no_nonce', '-cert', leaf)).toString('base64'))}`
    const get = async () => Buffer.from(await (await fetch(plain(path))).arrayBuffer())
    const first = await get()
    expect(statusOf(first)).toBe(0)
    expect((await get()).equals(first)).toBe(true)
    expect((await overTls(path)).body.equals(first)).toBe(true)
    await end(id)
    const after = await get()
    expect(after.equals(first)).toBe(false)
    const file = folder.write('answer.der', after)
    expect(
      await told(
        'openssl',
        'ocsp',
        '-respin',
        file,
        '-CAfile',
        folder.at('ca.pem'),
        '-issuer',
        folder.at('ca.pem'),
        '-cert',
        leaf,
      ),
    ).toContain('leaf.pem: revoked')
  })

  it('C-13 carries a responder’s certificate for OCSP alone, of days, which needs no check itself (RFC 6960)', async () => {
    const { certificate } = await issue()
    const leaf = folder.write('leaf.pem', certificate.toString())
    const { body } = await ask(await ocspRequest('-cert', leaf))
    const response = OCSPResponse.fromBER(body)
    const basic = BasicOCSPResponse.fromBER(
      response.responseBytes?.response.valueBlock.valueHexView ?? new Uint8Array(),
    )
    const [responder] = basic.certs ?? []
    const der = Buffer.from(responder?.toSchema().toBER() ?? new ArrayBuffer(0))
    const x509 = new X509Certificate(der)
    expect(x509.keyUsage).toEqual(['1.3.6.1.5.5.7.3.9'])
    expect(responder?.extensions?.map(each => each.extnID)).toContain('1.3.6.1.5.5.7.48.1.5')
    expect(x509.checkIssued(new X509Certificate(users.certificateDer))).toBe(true)
    expect(x509.validToDate.getTime() - x509.validFromDate.getTime()).toBeLessThan(8 * 86_400_000)
    const [single] = basic.tbsResponseData.responses
    expect(single?.nextUpdate?.getTime()).toBe((single?.thisUpdate.getTime() ?? 0) + 3_600_000)
    const trail = await sql<{ details: string }>(
      program.database.ownerUrl,
      `select details from history where operation = 'issuer.responder-certified'`,
    )
    expect(trail.map(each => JSON.parse(each.details).serial)).toContain(x509.serialNumber)
  })

  it('C-13 says unknown of a serial that was never signed, and takes no authority but ours', async () => {
    const { body } = await ask(await ocspRequest('-no_nonce', '-serial', '0x4123456789'))
    const file = folder.write('answer.der', body)
    expect(
      await told(
        'openssl',
        'ocsp',
        '-respin',
        file,
        '-CAfile',
        folder.at('ca.pem'),
        '-issuer',
        folder.at('ca.pem'),
        '-serial',
        '0x4123456789',
      ),
    ).toContain('0x4123456789: unknown')

    const foreign = folder.at('foreign.pem')
    await told(
      'openssl',
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      folder.at('foreign.key'),
      '-out',
      foreign,
      '-subj',
      '/CN=Foreign',
    )
    const file2 = folder.at('foreign.der')
    await told('openssl', 'ocsp', '-issuer', foreign, '-serial', '1', '-reqout', file2)
    expect(statusOf((await ask(await readFile(file2))).body)).toBe(6)
  })

  it('C-13 answers whatever is no request with an error of the protocol', async () => {
    const request = await ocspRequest('-serial', '1')
    const broken = [
      Buffer.alloc(0),
      Buffer.from('nonsense'),
      Buffer.from('3000', 'hex'),
      Buffer.from('30033001ff', 'hex'),
      request.subarray(0, -3),
      Buffer.concat([request, Buffer.of(0)]),
      Buffer.alloc(8_000, 0x30),
    ]
    for (const bytes of broken) {
      const { status, body } = await ask(bytes)
      expect([status, statusOf(body)], bytes.subarray(0, 20).toString('hex')).toEqual([200, 1])
    }
    const many = await ocspRequest(
      ...Array.from({ length: 33 }, (_, place) => ['-serial', String(place + 1)]).flat(),
    )
    expect(statusOf((await ask(many)).body)).toBe(1)
    const tooLong = await ask(Buffer.alloc(8_193, 0x30))
    expect([tooLong.status, statusOf(tooLong.body)]).toEqual([413, 1])
    const otherType = await ask(request, 'text/html')
    expect([otherType.status, statusOf(otherType.body)]).toEqual([415, 1])
    for (const path of ['/pki/ocsp/%%%', '/pki/ocsp/x', `/pki/ocsp/${'A'.repeat(12_000)}`]) {
      const answer = await fetch(plain(path))
      expect(answer.status, path.slice(0, 20)).toBeLessThan(500)
    }
  })
})

describe('plain HTTP', () => {
  it('I-03 shows no page of the portal, whatever the address looks like', async () => {
    for (const path of ['/', '/login', '/pki', '/pki/', '/pki/../login', '/pki/crlx', '//pki/crl/x'])
      expect((await fetch(plain(path), { redirect: 'manual' })).status, path).toBe(302)
    const inside = await fetch(plain('/pki/crl/..%2F..%2Fhealthz'), { redirect: 'manual' })
    expect(inside.status).toBe(404)
    expect((await fetch(plain('/login'), { method: 'POST' })).status).toBe(405)
  })
})

describe('as time goes by', () => {
  const hours = (count: number) => program.clock.move(count * 3_600)

  it('C-13 each hour has its list and its responder lasts; revoked ones stay until after they have expired', async () => {
    const { id, certificate } = await issue()
    await end(id)
    await renewCrl(program.deps, users.id)
    const before = (await latest())?.number ?? 0
    hours(1)
    await renewStatus(program.deps)
    expect((await latest())?.number).toBe(before + 1)
    await renewStatus(program.deps)
    expect((await latest())?.number).toBe(before + 1)

    const named = async () => {
      await renewStatus(program.deps)
      const list = folder.write('list.crl', await crl())
      return (await told('openssl', 'crl', '-inform', 'DER', '-in', list, '-noout', '-text')).includes(
        certificate.serialNumber,
      )
    }
    const responders = () => program.deps.db.ocspResponder.count({ where: { issuerId: users.id } })
    expect(await responders()).toBe(1)
    hours(24 * 4)
    expect(await named()).toBe(true)
    expect(await responders()).toBe(2)
    program.clock.goTo(new Date(certificate.validToDate.getTime() + 3_600_000))
    expect(await named()).toBe(true)
    hours(48)
    expect(await named()).toBe(false)
    expect(await responders()).toBe(1)
    // Ten lists are kept, whatever their number.
    expect(await program.deps.db.crl.count({ where: { issuerId: users.id } })).toBeLessThanOrEqual(10)
  })

  it('C-13 OCSP asks to try later rather than sign with a certificate that has ended', async () => {
    await sql(program.database.ownerUrl, `update ocsp_responder set not_after = now() - interval '1 day'`)
    hours(2)
    expect(statusOf((await ask(await ocspRequest('-serial', '1'))).body)).toBe(3)
  })
})
