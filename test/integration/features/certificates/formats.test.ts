import { X509Certificate } from 'node:crypto'
import { Certificate } from 'pkijs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureIssuers, renewCrl } from '../../../../src/features/authorities/index.ts'
import { issueDirectly } from '../../../../src/features/certificates/index.ts'
import { createCompany } from '../../../../src/features/company/index.ts'
import { system } from '../../../../src/kernel/actor.ts'
import type { CertificateRule } from '../../../../src/policy/policy.ts'
import { sql } from '../../../support/database.ts'
import { type IssuingBench, openIssuingBench } from '../../../support/issuing.ts'
import { run } from '../../../support/tools.ts'
import { isInstalled, temporaryFolder } from '../../../unit/platform/ca/workbench.ts'

type Choice = Pick<CertificateRule, 'keyAlgorithm' | 'compatibility'>
const choices: [string, string, Choice][] = [
  ['RSA-3072 and AES-256', '2004000010', { keyAlgorithm: 'rsa-3072', compatibility: 'aes256' }],
  ['P-256 and AES-256', '2004000020', { keyAlgorithm: 'p-256', compatibility: 'aes256' }],
  ['RSA-2048 and Triple DES', '2004000030', { keyAlgorithm: 'rsa-2048', compatibility: '3des' }],
]
const filePassword = 'Shutoku-2026 ~!"'

let bench: IssuingBench
let issuerId: string
const folder = temporaryFolder()
type Made = { file: string; leaf: string; x509: X509Certificate; userId: string }
const made = new Map<string, Made>()

beforeAll(async () => {
  bench = await openIssuingBench()
  // GnuTLS, Java and NSS know no other time than the machine's.
  bench.clock.at = new Date()
  await ensureIssuers(bench.deps)
  for (const [, contractNumber, certificate] of choices)
    made.set(contractNumber, await issueFor(contractNumber, certificate))
  const issuer = await bench.deps.db.issuer.findFirstOrThrow({ where: { kind: 'users' } })
  issuerId = issuer.id
  const ca = new X509Certificate(issuer.certificateDer).toString()
  folder.write('ca.pem', ca)
  await renewCrl(bench.deps, issuerId)
  const { der } = await bench.deps.db.crl.findFirstOrThrow({ where: { issuerId } })
  const list = await run('openssl', 'crl', '-inform', 'DER', '-in', folder.write('list.crl', der))
  folder.write('trusted.pem', ca + list)
})
afterAll(async () => {
  folder[Symbol.dispose]()
  await bench.close()
})

const issueFor = async (contractNumber: string, certificate: Choice): Promise<Made> => {
  const company = await createCompany(bench.deps, system('test'), {
    entrance: { slug: 'shoko', name: '試験', preset: 'shoko' },
    contractNumber,
    name: '株式会社試験',
    nameKana: 'シケン',
    overrides: { certificate },
    services: [],
    accounts: [],
    limits: [],
    administrator: {
      loginId: `${contractNumber.slice(0, -1)}1`,
      name: '管理　太郎',
      email: 'kanri@test.example',
      loginPassword: 'Kanrisha2026',
      forceChange: false,
    },
  })
  if (!company.ok) throw new Error(company.reason)
  const { companyId, administratorId: userId } = company.value
  const pkcs12 = await issueDirectly(bench.deps, system('test'), { companyId, userId }, filePassword)
  const { der } = await bench.deps.db.certificate.findFirstOrThrow({ where: { userId } })
  const x509 = new X509Certificate(der ?? new Uint8Array())
  return {
    file: folder.write(`${contractNumber}.p12`, pkcs12),
    leaf: folder.write(`${contractNumber}.pem`, x509.toString()),
    x509,
    userId,
  }
}

const of = (contractNumber: string): Made => {
  const found = made.get(contractNumber)
  if (!found) throw new Error(`nothing was made for ${contractNumber}`)
  return found
}

describe.each(choices)('a company that chose %s', (_, contractNumber, { keyAlgorithm, compatibility }) => {
  it('C-13 gets such keys, whose kind the history says', async () => {
    const { x509, userId } = of(contractNumber)
    const { modulusLength, namedCurve } = x509.publicKey.asymmetricKeyDetails ?? {}
    const kind = { 'rsa-3072': 3072, 'rsa-2048': 2048, 'p-256': 'prime256v1' }[keyAlgorithm]
    expect(modulusLength ?? namedCurve).toBe(kind)
    const [entry] = await sql<{ details: string }>(
      bench.database.ownerUrl,
      `select details from history where operation = 'certificate.prepared' and subject_id = '${userId}'`,
    )
    expect(JSON.parse(entry?.details ?? '{}').keyAlgorithm).toBe(keyAlgorithm)
  })

  it('C-13 gets certificates that OpenSSL checks strictly, with the list of revocations', async () => {
    const { leaf } = of(contractNumber)
    expect(
      await run(
        'openssl',
        'verify',
        '-x509_strict',
        '-purpose',
        'sslclient',
        '-crl_check',
        '-CAfile',
        folder.at('trusted.pem'),
        leaf,
      ),
    ).toContain('OK')
    await expect(
      run('openssl', 'verify', '-purpose', 'sslserver', '-CAfile', folder.at('ca.pem'), leaf),
    ).rejects.toThrow(/unsuitable certificate purpose/)
  })

  it.runIf(isInstalled('certtool'))('C-13 gets certificates that GnuTLS verifies', async () => {
    expect(
      await run(
        'certtool',
        '--verify',
        '--load-ca-certificate',
        folder.at('ca.pem'),
        '--infile',
        of(contractNumber).leaf,
      ),
    ).toMatch(/Chain verification output: Verified/)
  })

  it('C-13 gets certificates that keep to RFC 5280, as another implementation reads them', async () => {
    const { x509 } = of(contractNumber)
    const certificate = Certificate.fromBER(new Uint8Array(x509.raw))
    const issuer = Certificate.fromBER(
      new Uint8Array(
        (await bench.deps.db.issuer.findUniqueOrThrow({ where: { id: issuerId } })).certificateDer,
      ),
    )
    // 4.1.2.1, 4.1.2.2, 4.1.1.2 and 4.1.2.3, 4.1.2.4: version 3, the serial's size, one algorithm, the issuer's very name
    expect(certificate.version).toBe(2)
    const serial = certificate.serialNumber.valueBlock.valueHexView
    expect(serial.length).toBeLessThanOrEqual(20)
    expect(serial.length).toBeGreaterThanOrEqual(8)
    expect((serial[0] ?? 0x80) & 0x80).toBe(0)
    expect(certificate.signature.algorithmId).toBe(certificate.signatureAlgorithm.algorithmId)
    expect(certificate.issuer.isEqual(issuer.subject)).toBe(true)
    expect(await certificate.verify(issuer)).toBe(true)
    // 4.1.2.5: UTCTime until 2049, without fractions
    for (const time of [certificate.notBefore, certificate.notAfter]) {
      expect(time.type).toBe(0)
      expect(time.value.getMilliseconds()).toBe(0)
    }
    // 4.1.2.8 has no unique ids here; 4.2: each extension once, those that must be critical are, others are not
    const extensions = certificate.extensions ?? []
    const ids = extensions.map(each => each.extnID)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.toSorted()).toEqual([
      '1.3.6.1.5.5.7.1.1',
      '2.5.29.14',
      '2.5.29.15',
      '2.5.29.19',
      '2.5.29.31',
      '2.5.29.35',
      '2.5.29.37',
    ])
    expect(
      extensions
        .filter(each => each.critical)
        .map(each => each.extnID)
        .toSorted(),
    ).toEqual(['2.5.29.15', '2.5.29.19'])
    // 4.2.1.1, 4.2.1.2: the authority's key id is the one that its own certificate bears
    expect(x509.checkIssued(new X509Certificate(Buffer.from(issuer.toSchema().toBER())))).toBe(true)
    // DER: written again by the other implementation, it is the same, byte for byte
    expect(Buffer.from(certificate.toSchema(true).toBER()).equals(x509.raw)).toBe(true)
  })

  it('C-12 gets files that OpenSSL 3 opens, protected as the policy says', async () => {
    const file = of(contractNumber).file
    const info = await run(
      'openssl',
      'pkcs12',
      '-in',
      file,
      '-passin',
      `pass:${filePassword}`,
      '-info',
      '-noout',
    )
    expect(info).toContain(
      compatibility === 'aes256' ? 'AES-256-CBC, Iteration 100000' : '3-KeyTripleDES-CBC, Iteration 100000',
    )
    expect(info).not.toContain(compatibility === 'aes256' ? 'TripleDES' : 'AES')
  })

  it.runIf(isInstalled('keytool'))('C-12 gets files that Java imports', async () => {
    const { file } = of(contractNumber)
    const store = folder.at(`${contractNumber}.jks`)
    const imported = await run(
      'keytool',
      '-importkeystore',
      '-noprompt',
      '-srckeystore',
      file,
      '-srcstoretype',
      'PKCS12',
      '-srcstorepass',
      filePassword,
      '-destkeystore',
      store,
      '-deststoretype',
      'PKCS12',
      '-deststorepass',
      filePassword,
      '-J-Duser.language=en',
    )
    expect(imported).toContain('1 entries successfully imported')
  })

  it.runIf(isInstalled('pk12util'))('C-12 gets files that NSS imports', async () => {
    const store = temporaryFolder()
    try {
      await run('certutil', '-N', '-d', `sql:${store.path}`, '--empty-password')
      await run('pk12util', '-i', of(contractNumber).file, '-d', `sql:${store.path}`, '-W', filePassword)
      expect(await run('certutil', '-K', '-d', `sql:${store.path}`)).toContain(contractNumber)
    } finally {
      store[Symbol.dispose]()
    }
  })

  it.runIf(isInstalled('certtool'))('C-12 gets files that GnuTLS opens', async () => {
    const opened = await run(
      'certtool',
      '--p12-info',
      '--inder',
      '--infile',
      of(contractNumber).file,
      '--password',
      filePassword,
    )
    expect(
      opened.match(/BEGIN (CERTIFICATE|ENCRYPTED PRIVATE KEY|PRIVATE KEY|RSA PRIVATE KEY|EC PRIVATE KEY)/g)
        ?.length,
    ).toBeGreaterThanOrEqual(3)
  })
})
