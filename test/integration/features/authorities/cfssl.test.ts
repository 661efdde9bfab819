import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rollOverAuthority } from '../../../../src/cli/ca.ts'
import {
  authorityFor,
  ensureIssuers,
  listIssuers,
  renewCrl,
} from '../../../../src/features/authorities/index.ts'
import {
  endAllOf,
  issueCertificate,
  issueDirectly,
  requestCertificate,
  revoke,
} from '../../../../src/features/certificates/index.ts'
import { system } from '../../../../src/kernel/actor.ts'
import { NotInTheBooks } from '../../../../src/platform/ca/ca.ts'
import { cfsslCa } from '../../../../src/platform/ca/cfssl-ca.ts'
import { generateKeys } from '../../../../src/platform/ca/keys.ts'
import { inTx } from '../../../../src/platform/db/in-tx.ts'
import {
  type CfsslServerProcess,
  cfssl,
  cfsslAuthKey,
  openRelay,
  type Relay,
  startCfssl,
} from '../../../support/cfssl.ts'
import { sql } from '../../../support/database.ts'
import { newUser } from '../../../support/enrolment.ts'
import { dyingAt, Killed } from '../../../support/issuing.ts'
import { type ServedProgram, serveProgram } from '../../../support/program.ts'
import { until } from '../../../support/until.ts'
import { Visitor } from '../../../support/visitor.ts'
import { requestFor, temporaryFolder } from '../../../unit/platform/ca/workbench.ts'

const execute = promisify(execFile)
const filePassword = 'Shutoku-2026'

describe.runIf(cfssl !== undefined)('an authority elsewhere, at a cfssl server', () => {
  let server: CfsslServerProcess
  let relay: Relay
  let program: ServedProgram
  const folder = temporaryFolder()
  beforeAll(async () => {
    server = await startCfssl(folder.path)
    relay = await openRelay(server.url)
    program = await serveProgram({
      CA_URL: relay.url,
      CA_CERT_FILE: server.certificateFile,
      CA_AUTH_KEY_FILE: server.authKeyFile,
      CA_OCSP_PROFILE: 'ocsp',
    })
  })
  afterAll(async () => {
    await program.close()
    await relay.close()
    await server.stop()
    folder[Symbol.dispose]()
  })

  const request = async () => {
    const user = await newUser(program)
    const id = await inTx(program.deps, tx =>
      requestCertificate({ ...program.deps, jobs: noJobs }, tx, system('test'), {
        holder: { companyId: user.companyId, userId: user.id },
        purpose: 'enrolment',
        pkcs12Password: filePassword,
      }),
    )
    return { id, user }
  }
  /** So that the portal's own worker leaves these alone. */
  const noJobs = {
    put: async () => null,
    putAll: async () => {},
    work: async () => {},
    schedule: async () => {},
    stop: async () => {},
  }
  const rowOf = (id: string) =>
    program.deps.db.certificate.findUniqueOrThrow({
      where: { id },
      include: { delivery: true, issuer: true },
    })
  const decimal = (serial: string | null) => BigInt(`0x${serial}`).toString()
  const operationsOf = async (loginId: string) =>
    (
      await sql<{ operation: string }>(
        program.database.ownerUrl,
        `select operation from history where subject_label = '${loginId}' order by seq`,
      )
    ).map(row => row.operation)

  it('C-16 stands in for the embedded one from the start, and that is on record', async () => {
    const [external] = (await listIssuers(program.deps)).filter(each => each.backend === 'cfssl')
    expect(external).toMatchObject({ kind: 'users', name: 'Gaibu Users CA', standing: 'signs' })
    const entries = await sql<{ details: string }>(
      program.database.ownerUrl,
      `select details from history where operation = 'issuer.created'`,
    )
    expect(entries.map(each => JSON.parse(each.details).name)).toContain('Gaibu Users CA')
    const before = (await listIssuers(program.deps)).length
    await ensureIssuers(program.deps)
    expect((await listIssuers(program.deps)).length).toBe(before)
    await expect(
      rollOverAuthority({ deps: program.deps, say: () => undefined }, 'users', { after: '0' }),
    ).rejects.toThrow(/CA_URL/)
  })

  it('C-16 records the request before it is asked; serial and certificate come back, and log in', async () => {
    const { id, user } = await request()
    const { db } = dyingAt(program.deps.db, 2, 'before')
    await expect(issueCertificate({ ...program.deps, db }, id)).rejects.toThrow(Killed)
    const prepared = await rowOf(id)
    // Our serial, before anything is signed; the server's profile takes it.
    expect(prepared).toMatchObject({ state: 'prepared', serial: expect.stringMatching(/^[0-9A-F]{16,40}$/) })
    expect(JSON.parse(Buffer.from(prepared.tbs ?? []).toString('utf8'))).toMatchObject({
      subject: { CN: user.loginId },
    })

    await issueCertificate(program.deps, id)
    const row = await rowOf(id)
    const x509 = new X509Certificate(row.der ?? new Uint8Array())
    expect(x509.toLegacyObject().subject).toMatchObject({ CN: user.loginId, O: '2004000000' })
    expect(row.serial).toBe(x509.serialNumber)
    expect(row.serial).toBe(prepared.serial)
    expect(server.books().get(decimal(row.serial))).toBe('good')
    // The profile's year of 366 days is longer than the policy's; here it ends with the policy's.
    expect(row.notAfter?.getTime()).toBeLessThanOrEqual(x509.validToDate.getTime())
    expect(row.notAfter?.toISOString()).toMatch(/T14:59:59\.000Z$/)
    expect(await operationsOf(user.loginId)).toEqual([
      'certificate.requested',
      'certificate.prepared',
      'certificate.signing-asked',
      'certificate.signed',
    ])
    const leaf = folder.write('leaf.pem', x509.toString())
    const { stdout } = await execute('openssl', [
      'verify',
      '-x509_strict',
      '-purpose',
      'sslclient',
      '-CAfile',
      server.certificateFile,
      leaf,
    ])
    expect(stdout).toContain('OK')
  })

  it('C-16 signs the files that people log in with', async () => {
    const user = await newUser(program)
    const pfx = await issueDirectly(
      program.deps,
      system('test'),
      { companyId: user.companyId, userId: user.id },
      filePassword,
    )
    const ca = await readFile(join(program.settings.dataDir, 'tls', 'ca.pem'), 'utf8')
    const someone = new Visitor({
      portal: program.settings.portalOrigin,
      ca,
      identity: { pfx, passphrase: filePassword },
    })
    try {
      expect((await someone.logIn(user.password)).path).toBe('/password')
    } finally {
      someone.close()
    }
  })

  it('C-10 is asked once by several workers on one request', async () => {
    const { id, user } = await request()
    const before = server.books().size
    await Promise.all(Array.from({ length: 4 }, () => issueCertificate(program.deps, id)))
    await issueCertificate(program.deps, id)
    expect(server.books().size).toBe(before + 1)
    expect(
      (await operationsOf(user.loginId)).filter(each => each === 'certificate.signing-asked'),
    ).toHaveLength(1)
    expect((await rowOf(id)).delivery?.readyAt).not.toBeNull()
  })

  it('C-10 may be away: the request stands, and goes on when it is back', async () => {
    const { id, user } = await request()
    await server.stop()
    await expect(issueCertificate(program.deps, id)).rejects.toThrow(/can't be reached/)
    expect(await rowOf(id)).toMatchObject({ state: 'prepared' })
    await server.start()
    await issueCertificate(program.deps, id)
    expect((await rowOf(id)).state).toBe('signed')
    // That the first try may have been heard shows in the trail.
    expect(
      (await operationsOf(user.loginId)).filter(each => each === 'certificate.signing-asked'),
    ).toHaveLength(2)
  })

  it('C-10 signed, and the program died before it was on record: that one ends there, and another is issued', async () => {
    const { id, user } = await request()
    const before = new Set(server.books().keys())
    // Preparing is the first transaction, the question on record is the third, inside the second.
    const { db } = dyingAt(program.deps.db, 2, 'within')
    await expect(issueCertificate({ ...program.deps, db }, id)).rejects.toThrow(Killed)
    const lost = await rowOf(id)
    expect(lost).toMatchObject({ state: 'prepared', der: null })
    expect(server.books().get(decimal(lost.serial))).toBe('good')

    await issueCertificate(program.deps, id)
    const row = await rowOf(id)
    expect(row).toMatchObject({ state: 'signed' })
    expect(row.delivery?.readyAt).not.toBeNull()
    const made = [...server.books()].filter(([serial]) => !before.has(serial))
    expect(new Map(made)).toEqual(
      new Map([
        [decimal(lost.serial), 'revoked'],
        [decimal(row.serial), 'good'],
      ]),
    )
    expect(await operationsOf(user.loginId)).toEqual([
      'certificate.requested',
      'certificate.prepared',
      'certificate.signing-asked',
      'certificate.signing-asked',
      'certificate.signature-lost',
      'certificate.signing-asked',
      'certificate.signed',
    ])
  })

  it('C-10 a server that is killed with its answer under way changes nothing of that', async () => {
    const { id } = await request()
    const before = server.books().size
    const answered = relay.hold()
    const asking = expect(issueCertificate(program.deps, id)).rejects.toThrow(/can't be reached/)
    await answered
    await server.stop()
    relay.cut()
    await asking
    await server.start()
    const lost = await rowOf(id)
    expect(lost.state).toBe('prepared')
    expect(server.books().size).toBe(before + 1)
    await issueCertificate(program.deps, id)
    expect(server.books().get(decimal(lost.serial))).toBe('revoked')
    expect(server.books().get(decimal((await rowOf(id)).serial))).toBe('good')
  })

  it('C-10 one that nobody goes on with is ended there with its row', async () => {
    const { id, user } = await request()
    const { db } = dyingAt(program.deps.db, 2, 'within')
    await expect(issueCertificate({ ...program.deps, db }, id)).rejects.toThrow(Killed)
    const { serial } = await rowOf(id)
    await inTx(program.deps, tx =>
      endAllOf(program.deps, tx, system('test'), { companyId: user.companyId, userId: user.id }, 'lost'),
    )
    expect((await rowOf(id)).state).toBe('void')
    await until(async () => server.books().get(decimal(serial)) === 'revoked')
  })

  it('C-10, C-16 a server that chooses its serials is asked all the same, and its choice counts', async () => {
    const certificateDer = new X509Certificate(await readFile(server.certificateFile)).raw
    const { publicKey, privateKey } = await generateKeys('p-256')
    const ca = cfsslCa({
      id: 'x',
      certificateDer,
      server: { url: server.url, authKey: Buffer.from(cfsslAuthKey, 'hex'), profile: 'choosing' },
    })
    const prepared = await ca.prepare({ ...requestFor(publicKey), privateKey })
    const issued = await ca.issue(prepared)
    expect(issued.serial).not.toBe(prepared.serial)
    expect(server.books().get(decimal(issued.serial))).toBe('good')
  })

  it('C-16 learns of a revocation, told twice or once, and the portal refuses at once', async () => {
    const { id } = await request()
    await issueCertificate(program.deps, id)
    await inTx(program.deps, tx => revoke(program.deps, tx, system('test'), id, 'lost'))
    const { serial } = await rowOf(id)
    await until(async () => server.books().get(decimal(serial)) === 'revoked')
    const authority = await authorityFor(program.deps, 'users')
    await authority.revoke(serial ?? '', 'keyCompromise')
    await expect(authority.revoke('4123456789', 'keyCompromise')).rejects.toThrow(NotInTheBooks)
  })

  it('C-13 answers OCSP here by a responder that it has certified; lists it publishes itself', async () => {
    const authority = await authorityFor(program.deps, 'users')
    expect(await renewCrl(program.deps, authority.issuer.id)).toBeNull()
    const list = `http://localhost:${program.settings.httpPort}/pki/crl/${authority.issuer.id}.crl`
    expect((await fetch(list)).status).toBe(404)
    await until(
      async () =>
        (await program.deps.db.ocspResponder.count({ where: { issuerId: authority.issuer.id } })) === 1,
    )
    const { id } = await request()
    await issueCertificate(program.deps, id)
    const leaf = folder.write(
      'leaf.pem',
      new X509Certificate((await rowOf(id)).der ?? new Uint8Array()).toString(),
    )
    const ca = server.certificateFile
    const answer = await execute('openssl', [
      'ocsp',
      '-issuer',
      ca,
      '-cert',
      leaf,
      '-CAfile',
      ca,
      '-url',
      `http://localhost:${program.settings.httpPort}/pki/ocsp`,
    ])
    expect(answer.stdout).toContain('leaf.pem: good')
    expect(answer.stderr).toContain('Response verify OK')
  })

  it('C-16 gives nothing to whoever has another key, and nothing is taken that was not asked for', async () => {
    const certificateDer = new X509Certificate(await readFile(server.certificateFile)).raw
    const { publicKey, privateKey } = await generateKeys('p-256')
    const signed = async (changes: { authKey?: Buffer; profile?: string; certificateDer?: Uint8Array }) => {
      const { certificateDer: der = certificateDer, ...given } = changes
      const ca = cfsslCa({
        id: 'x',
        certificateDer: der,
        server: { url: server.url, authKey: Buffer.from(cfsslAuthKey, 'hex'), profile: 'client', ...given },
      })
      return ca.issue(await ca.prepare({ ...requestFor(publicKey), privateKey }))
    }
    const before = server.books().size
    await expect(signed({ authKey: Buffer.alloc(16) })).rejects.toThrow(/refused authsign/)
    expect(server.books().size).toBe(before)
    await expect(signed({ profile: 'server' })).rejects.toThrow(/something else/)
    const staff = await program.deps.db.issuer.findFirstOrThrow({ where: { kind: 'staff' } })
    await expect(signed({ certificateDer: staff.certificateDer })).rejects.toThrow(/something else/)
    expect((await signed({})).serial).toMatch(/^[0-9A-F]{16,40}$/)
  })
})
