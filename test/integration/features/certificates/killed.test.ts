import type { ChildProcess } from 'node:child_process'
import { hash, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createSecureContext } from 'node:tls'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureIssuers } from '../../../../src/features/authorities/index.ts'
import { requestCertificate } from '../../../../src/features/certificates/index.ts'
import { system } from '../../../../src/kernel/actor.ts'
import { inTx } from '../../../../src/platform/db/in-tx.ts'
import { sql } from '../../../support/database.ts'
import { type IssuingBench, openIssuingBench } from '../../../support/issuing.ts'
import { kill, startWorker } from '../../../support/workers.ts'
import { temporaryFolder } from '../../../unit/platform/ca/workbench.ts'

const certificates = 100
const kills = 6
const filePassword = 'Shutoku-2026'
const support = join(import.meta.dirname, '..', '..', '..', 'support')

let bench: IssuingBench
const folder = temporaryFolder()
const witness = folder.write('signed', '')

beforeAll(async () => {
  bench = await openIssuingBench()
  bench.clock.at = new Date()
  await ensureIssuers(bench.deps)
  // Keys of P-256 take no time, so that most of it goes into steps that can be cut off.
  await sql(
    bench.database.ownerUrl,
    `update company_policy set overrides = '{"certificate":{"keyAlgorithm":"p-256"}}'`,
  )
})
afterAll(async () => {
  worker?.kill('SIGKILL')
  folder[Symbol.dispose]()
  await bench.close()
})

let worker: ChildProcess | undefined

/** Another program at work on the same database, which writes down whatever it signs. */
const startIssuing = async (): Promise<ChildProcess> => {
  worker = await startWorker('issuing-worker.ts', {
    database: bench.database,
    dataDir: bench.deps.settings.dataDir,
    environment: {
      NODE_OPTIONS: `--import=${pathToFileURL(join(support, 'signing-witness.mjs'))}`,
      SIGNING_WITNESS: witness,
    },
  })
  return worker
}

const requestAll = (): Promise<string[]> =>
  inTx(
    bench.deps,
    async tx => {
      const users = Array.from({ length: certificates }, (_, place) => ({
        id: bench.deps.ids.next(),
        companyId: bench.companyId,
        loginId: `20040020${String(place).padStart(2, '0')}`,
        loginIdKey: `20040020${String(place).padStart(2, '0')}`,
        loginIdScope: 'bank',
        name: '利用　太郎',
        email: `user${place}@test.example`,
        role: 'user' as const,
        createdAt: bench.clock.now(),
      }))
      await tx.user.createMany({ data: users })
      const ids: string[] = []
      for (const { id: userId, companyId } of users)
        ids.push(
          await requestCertificate(bench.deps, tx, system('test'), {
            holder: { companyId, userId },
            purpose: 'enrolment',
            pkcs12Password: filePassword,
          }),
        )
      return ids
    },
    // A hundred requests may take longer than what somebody waits for.
    { seconds: 60 },
  )

const signed = async (): Promise<string[]> => (await readFile(witness, 'utf8')).split('\n').filter(Boolean)

/** Until so many signatures more have been given, or none is left to give; five seconds at most. */
const signedMore = async (count: number): Promise<void> => {
  const wanted = (await signed()).length + count
  const limit = performance.now() + 5_000
  while ((await signed()).length < wanted && performance.now() < limit) await pause(5)
}

const readyCount = () => bench.deps.db.certificateDelivery.count({ where: { readyAt: { not: null } } })

describe('a program that is killed again and again', () => {
  it('C-10 issues each of 100 certificates once, loses none, and every waiting page comes to an end', async () => {
    const ids = await requestAll()
    const waited: string[] = []
    const cutOffAt: number[] = []
    for (let round = 0; round < kills; round++) {
      const child = await startIssuing()
      // Some signatures on, however fast the machine is, then at any point of what follows.
      const signatures = Math.floor(Math.random() * 12)
      const milliseconds = Math.floor(Math.random() * 120)
      waited.push(`${signatures} signatures and ${milliseconds} ms`)
      await signedMore(signatures)
      await pause(milliseconds)
      await kill(child)
      cutOffAt.push(await readyCount())
    }
    const told = `killed after ${waited.join(', ')}, with ${cutOffAt.join(', ')} ready`
    const last = await startIssuing()
    const limit = performance.now() + 120_000
    while ((await readyCount()) < certificates) {
      if (performance.now() > limit) throw new Error(`not all were issued: ${told}`)
      await pause(100)
    }
    await kill(last)

    const rows = await bench.deps.db.certificate.findMany({ include: { delivery: true } })
    expect(rows.map(row => row.id).sort(), told).toEqual(ids.sort())
    expect(new Set(rows.map(row => row.serial)).size, told).toBe(certificates)
    const recorded = new Set<string>()
    for (const { state, serial, tbs, der, fingerprint, delivery } of rows) {
      const certificate = new X509Certificate(der ?? new Uint8Array())
      expect([state, certificate.serialNumber], told).toEqual(['signed', serial])
      expect(certificate.fingerprint256.replaceAll(':', '').toLowerCase(), told).toBe(fingerprint)
      expect(Buffer.from(der ?? []).includes(Buffer.from(tbs ?? [])), told).toBe(true)
      expect([delivery?.sealedKey, delivery?.sealedPassword], told).toEqual([null, null])
      recorded.add(hash('sha256', tbs ?? new Uint8Array()))
    }
    for (const { delivery } of rows.slice(0, 10))
      expect(() =>
        createSecureContext({ pfx: Buffer.from(delivery?.pkcs12 ?? []), passphrase: filePassword }),
      ).not.toThrow()

    // Whatever was signed by anybody, killed or not, is on record: no certificate without its row.
    const signatures = await signed()
    expect(signatures.length, told).toBeGreaterThanOrEqual(certificates)
    expect(
      signatures.filter(each => !recorded.has(each)),
      told,
    ).toEqual([])

    // C-16: each in the trail once, with the serial and the fingerprint of its row.
    const trail = await sql<{ operation: string; details: string }>(
      bench.database.ownerUrl,
      `select operation, details from history where operation in ('certificate.prepared', 'certificate.signed')`,
    )
    const of = (operation: string, name: string) =>
      trail
        .filter(each => each.operation === operation)
        .map(each => String(JSON.parse(each.details)[name]))
        .sort()
    const serials = rows.map(row => String(row.serial)).sort()
    expect(of('certificate.prepared', 'serial'), told).toEqual(serials)
    expect(of('certificate.signed', 'serial'), told).toEqual(serials)
    expect(of('certificate.signed', 'fingerprint'), told).toEqual(
      rows.map(row => String(row.fingerprint)).sort(),
    )
    const mails = await sql(
      bench.database.ownerUrl,
      `select 1 from outbox_mail where kind = 'certificate.issued'`,
    )
    expect(mails.length, told).toBe(certificates)
  }, 300_000)
})
