import { X509Certificate } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureIssuers, issuerCertificates } from '../../../../src/features/authorities/index.ts'
import {
  findPresented,
  issueCertificate,
  issueDirectly,
  requestCertificate,
  resumeUnfinished,
  sweepCertificates,
} from '../../../../src/features/certificates/index.ts'
import { createStaff } from '../../../../src/features/staff/index.ts'
import { system } from '../../../../src/kernel/actor.ts'
import { inTx } from '../../../../src/platform/db/in-tx.ts'
import { sql } from '../../../support/database.ts'
import { newUser } from '../../../support/enrolment.ts'
import { dyingAt, type IssuingBench, Killed, openIssuingBench } from '../../../support/issuing.ts'

let bench: IssuingBench
beforeAll(async () => {
  bench = await openIssuingBench()
  await ensureIssuers(bench.deps)
})
afterAll(() => bench.close())

const pkcs12Password = 'Shutoku-2026'

const request = async () => {
  const user = await newUser(bench)
  const id = await inTx(bench.deps, tx =>
    requestCertificate(bench.deps, tx, system('test'), {
      holder: { companyId: user.companyId, userId: user.id },
      purpose: 'enrolment',
      pkcs12Password,
    }),
  )
  return { id, user }
}

const rowOf = (id: string) =>
  bench.deps.db.certificate.findUniqueOrThrow({ where: { id }, include: { delivery: true } })

const opens = (pfx: Uint8Array, passphrase = pkcs12Password) =>
  createSecureContext({ pfx: Buffer.from(pfx), passphrase }) !== undefined

const operationsOf = async (loginId: string) =>
  (
    await sql<{ operation: string }>(
      bench.database.ownerUrl,
      `select operation from history where subject_label = '${loginId}' order by seq`,
    )
  ).map(row => row.operation)

const mailsTo = (userId: string) =>
  sql<{ kind: string }>(
    bench.database.ownerUrl,
    `select kind from outbox_mail where user_id = '${userId}' and kind = 'certificate.issued'`,
  )

/** Everything the database holds, as text: bytes in hexadecimal. */
const dump = async (): Promise<string> => {
  const tables = await sql<{ name: string }>(
    bench.database.ownerUrl,
    `select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables
      where schemaname in ('public', 'pgboss')`,
  )
  const texts: string[] = []
  for (const { name } of tables) {
    const rows = await sql<{ text: string }>(
      bench.database.ownerUrl,
      `select to_jsonb(t)::text as text from ${name} t`,
    )
    texts.push(...rows.map(row => row.text))
  }
  return texts.join('\n')
}

const complete = ['certificate.requested', 'certificate.prepared', 'certificate.signed']

describe('issuing', () => {
  it('C-13 names login ID and contract number, for clients only, for a calendar year, by the users’ authority', async () => {
    const { id, user } = await request()
    await issueCertificate(bench.deps, id)
    const row = await rowOf(id)
    const certificate = new X509Certificate(row.der ?? new Uint8Array())
    expect(certificate.subject).toBe(`O=2004000000\nCN=${user.loginId}`)
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
    expect(certificate.validToDate.toISOString()).toBe('2027-11-20T14:59:59.000Z')
    expect(certificate.validFromDate.toISOString()).toBe('2026-11-20T00:55:00.000Z')
    expect(row).toMatchObject({ state: 'signed', serial: certificate.serialNumber })
    expect(row.fingerprint).toBe(certificate.fingerprint256.replaceAll(':', '').toLowerCase())
    const issuers = (await issuerCertificates(bench.deps)).map(pem => new X509Certificate(pem))
    expect(issuers.map(issuer => issuer.subject).sort()).toEqual([
      'O=Sekisho\nCN=Sekisho Staff CA',
      'O=Sekisho\nCN=Sekisho Users CA',
    ])
    const users = issuers.find(issuer => issuer.subject.includes('Users'))
    expect(users && certificate.verify(users.publicKey)).toBe(true)
    expect(opens(row.delivery?.pkcs12 ?? new Uint8Array())).toBe(true)
    expect(await operationsOf(user.loginId)).toEqual(complete)
    expect(await mailsTo(user.id)).toHaveLength(1)
  })

  for (const when of ['before', 'after'] as const)
    for (const [index, step] of ['prepared', 'signed', 'ready'].entries())
      it(`C-10 killed ${when} «${step}» is on record and run again: one certificate, one of each entry, one mail`, async () => {
        const { id, user } = await request()
        const { db } = dyingAt(bench.deps.db, index + 1, when)
        await expect(issueCertificate({ ...bench.deps, db }, id)).rejects.toThrow(Killed)
        const cut = await rowOf(id)
        expect(cut.state).toBe(
          (when === 'before' ? ['requested', 'prepared', 'signed'] : ['prepared', 'signed', 'signed'])[index],
        )

        await issueCertificate(bench.deps, id)
        const row = await rowOf(id)
        expect(row.state).toBe('signed')
        // What was on record is what was signed: neither another serial nor other bytes.
        if (cut.serial) expect(row.serial).toBe(cut.serial)
        if (cut.tbs) expect(Buffer.from(row.der ?? []).includes(Buffer.from(cut.tbs))).toBe(true)
        if (cut.der) expect(Buffer.from(row.der ?? []).equals(Buffer.from(cut.der))).toBe(true)
        expect(opens(row.delivery?.pkcs12 ?? new Uint8Array())).toBe(true)
        expect(await operationsOf(user.loginId)).toEqual(complete)
        expect(await mailsTo(user.id)).toHaveLength(1)
      })

  it('C-10 killed while the file was made goes on by the sweep, without its job', async () => {
    const { id } = await request()
    const pkcs12 = { build: () => Promise.reject(new Killed()), close: async () => {} }
    await expect(issueCertificate({ ...bench.deps, pkcs12 }, id)).rejects.toThrow(Killed)
    expect((await rowOf(id)).delivery?.readyAt).toBeNull()
    expect(await resumeUnfinished(bench.deps, 60)).toBe(0)
    expect(await resumeUnfinished(bench.deps, 0)).toBe(1)
    expect((await rowOf(id)).delivery?.readyAt).not.toBeNull()
  })

  it('C-10 several workers at once on one request make one certificate', async () => {
    const { id, user } = await request()
    await Promise.all(Array.from({ length: 4 }, () => issueCertificate(bench.deps, id)))
    const row = await rowOf(id)
    expect(opens(row.delivery?.pkcs12 ?? new Uint8Array())).toBe(true)
    expect(await operationsOf(user.loginId)).toEqual(complete)
    expect(await mailsTo(user.id)).toHaveLength(1)
  })

  it('C-11 keeps neither key nor password in the clear, at any step, and none at all once the file is made', async () => {
    const { id } = await request()
    expect((await rowOf(id)).delivery?.sealedPassword).not.toBeNull()
    await expect(
      issueCertificate({ ...bench.deps, db: dyingAt(bench.deps.db, 2, 'before').db }, id),
    ).rejects.toThrow(Killed)
    const { delivery } = await rowOf(id)
    const key = bench.deps.secretBox.open(delivery?.sealedKey ?? new Uint8Array(), `delivery-key:${id}`)
    const traces = [pkcs12Password, Buffer.from(pkcs12Password).toString('hex')]
    // Any stretch of the key would do: three from its private parts, as bytes and as text might hold them.
    for (const at of [500, 900, 1_300]) {
      const part = key.subarray(at, at + 24)
      traces.push(part.toString('hex'), part.toString('base64').slice(2, -2))
    }
    const bytes = [500, 900, 1_300].map(at => key.subarray(at, at + 24))
    const leaks = async () => {
      const text = await dump()
      // The folder of data too: nothing is left there on the way, as text or as bytes.
      const files = await filesBelow(bench.deps.settings.dataDir)
      return [
        ...traces.filter(trace => text.includes(trace) || files.some(file => file.includes(trace))),
        ...bytes.filter(part => files.some(file => file.includes(part))),
      ]
    }
    expect(await leaks()).toEqual([])
    await issueCertificate(bench.deps, id)
    expect(await leaks()).toEqual([])
    expect((await rowOf(id)).delivery).toMatchObject({ sealedKey: null, sealedPassword: null })
  })

  it('C-12 takes no password that systems encode differently', async () => {
    const user = await newUser(bench)
    const wish = inTx(bench.deps, tx =>
      requestCertificate(bench.deps, tx, system('test'), {
        holder: { companyId: user.companyId, userId: user.id },
        purpose: 'enrolment',
        pkcs12Password: '取得2026',
      }),
    )
    await expect(wish).rejects.toThrow('ASCII')
    expect(await operationsOf(user.loginId)).toEqual([])
  })

  it('H-01 gives an officer’s file at once, by the staff’s own authority, with nothing of it kept', async () => {
    const made = await createStaff(bench.deps, system('test'), {
      loginId: 'madoguchi1',
      name: '窓口　花子',
      role: 'operator',
      email: 'madoguchi1@bank.example',
      password: 'Madoguchi-2026',
    })
    if (!made.ok) throw new Error(made.reason)
    const { staffId } = made.value
    const file = await issueDirectly(bench.deps, system('test'), { staffId }, pkcs12Password)
    expect(opens(file)).toBe(true)
    const row = await bench.deps.db.certificate.findFirstOrThrow({
      where: { staffId },
      include: { delivery: true, issuer: true },
    })
    expect(row).toMatchObject({ state: 'delivered', delivery: null, issuer: { kind: 'staff' } })
    expect(new X509Certificate(row.der ?? new Uint8Array()).subject).toBe('O=Sekisho\nCN=madoguchi1')
  })
})

describe('the authorities', () => {
  it('C-16 are made once when copies of the program start together, and are in the bank’s history', async () => {
    const fresh = await openIssuingBench()
    try {
      await Promise.all([1, 2, 3].map(() => ensureIssuers(fresh.deps)))
      await ensureIssuers(fresh.deps)
      const rows = await sql(fresh.database.ownerUrl, 'select kind::text from issuer order by kind')
      expect(rows).toEqual(
        [{ kind: 'staff' }, { kind: 'users' }].sort((a, b) => a.kind.localeCompare(b.kind)),
      )
      const entries = await sql<{ details: string }>(
        fresh.database.ownerUrl,
        `select details from history where operation = 'issuer.created'`,
      )
      expect(entries.map(entry => JSON.parse(entry.details).name).sort()).toEqual([
        'Sekisho Staff CA',
        'Sekisho Users CA',
      ])
    } finally {
      await fresh.close()
    }
  })
})

describe('the sweep', () => {
  const minutes = (count: number) => {
    bench.clock.at = new Date(bench.clock.at.getTime() + count * 60_000)
  }

  it('C-11 erases a file 30 minutes after it was ready, and not before', async () => {
    const { id } = await request()
    await issueCertificate(bench.deps, id)
    minutes(29.9)
    await sweepCertificates(bench.deps)
    expect((await rowOf(id)).delivery?.pkcs12).not.toBeNull()
    minutes(0.1)
    await sweepCertificates(bench.deps)
    expect((await rowOf(id)).delivery).toMatchObject({ pkcs12: null, sealedKey: null, sealedPassword: null })
    expect((await rowOf(id)).delivery?.erasedAt).toEqual(bench.clock.at)
  })

  it('C-11 voids a first certificate unused for seven days; a renewed, a used and a directly issued one it leaves', async () => {
    const { deps } = bench
    const unused = await request()
    const renewed = await request()
    const used = await request()
    const never = await request()
    for (const { id } of [unused, renewed, used]) await issueCertificate(deps, id)
    await deps.db.certificate.update({ where: { id: renewed.id }, data: { purpose: 'renewal' } })
    await deps.db.certificate.update({ where: { id: used.id }, data: { state: 'active' } })
    const direct = await newUser(bench)
    await issueDirectly(
      deps,
      system('test'),
      { companyId: direct.companyId, userId: direct.id },
      pkcs12Password,
    )

    minutes(7 * 24 * 60)
    // Requested in the day, so still of the seventh.
    const failed = () => {
      throw new Killed()
    }
    const resumed = { ...deps, secretBox: { ...deps.secretBox, seal: () => failed() } }
    await sweepCertificates(resumed)
    expect((await rowOf(unused.id)).state).toBe('signed')
    await deps.db.certificate.update({ where: { id: unused.id }, data: { state: 'delivered' } })
    const { fingerprint, serial } = await rowOf(unused.id)
    if (!fingerprint || !serial) throw new Error('not signed')
    const peer = { presented: true, genuine: true, fingerprint, serial } as const
    expect((await findPresented(deps, peer)).ok).toBe(true)
    minutes(24 * 60)
    // No job has run yet: the clock alone says so.
    expect(await findPresented(deps, peer)).toMatchObject({ ok: false, reason: 'certificate.void' })
    await sweepCertificates(resumed)
    expect(await rowOf(unused.id)).toMatchObject({ state: 'void', endReason: 'unused' })
    expect((await rowOf(never.id)).state).toBe('void')
    expect((await rowOf(renewed.id)).state).toBe('signed')
    expect((await rowOf(used.id)).state).toBe('active')
    const left = await deps.db.certificate.findFirstOrThrow({ where: { userId: direct.id } })
    expect(left.state).toBe('delivered')
    expect((await operationsOf(unused.user.loginId)).at(-1)).toBe('certificate.voided')
    await sweepCertificates(resumed)
    const voided = (await operationsOf(unused.user.loginId)).filter(each => each === 'certificate.voided')
    expect(voided).toHaveLength(1)
  })
})

const filesBelow = async (folder: string): Promise<Buffer[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return Promise.all(
    entries.filter(entry => entry.isFile()).map(entry => readFile(join(entry.parentPath, entry.name))),
  )
}
