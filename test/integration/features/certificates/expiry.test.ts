import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureIssuers } from '../../../../src/features/authorities/index.ts'
import {
  issueCertificate,
  issueDirectly,
  requestCertificate,
  sendExpiryNotices,
  sweepCertificates,
} from '../../../../src/features/certificates/index.ts'
import { mailKinds } from '../../../../src/jobs/mail-kinds.ts'
import { system } from '../../../../src/kernel/actor.ts'
import { businessDayOf, plusDays, startOf, toColumn } from '../../../../src/kernel/business-day.ts'
import { inTx } from '../../../../src/platform/db/in-tx.ts'
import { createTranslations } from '../../../../src/platform/i18n.ts'
import { createLetterWriter } from '../../../../src/platform/mail/letter.ts'
import { sql } from '../../../support/database.ts'
import { type IssuingBench, openIssuingBench } from '../../../support/issuing.ts'

let bench: IssuingBench
let holder: { companyId: string; userId: string }
beforeAll(async () => {
  bench = await openIssuingBench()
  await ensureIssuers(bench.deps)
  const user = await bench.deps.db.user.findFirstOrThrow()
  holder = { companyId: user.companyId, userId: user.id }
})
afterAll(() => bench.close())

const notices = () =>
  bench.deps.db.outboxMail.findMany({
    where: { kind: { in: ['certificate.expiring', 'certificate.expired'] } },
    orderBy: { id: 'asc' },
  })

const at = (day: string, hour = 9) => {
  bench.clock.at = new Date(startOf(day as ReturnType<typeof businessDayOf>).getTime() + hour * 3_600_000)
}

describe('expiry', () => {
  it('C-06 tells at 30, 14, 7, 1 and 0 days, and the day after the end, each once however often the job runs', async () => {
    await issueDirectly(bench.deps, system('test'), holder, 'Torikomi2026')
    const { notAfter } = await bench.deps.db.certificate.findFirstOrThrow()
    if (!notAfter) throw new Error('not signed')
    const last = businessDayOf(notAfter)
    const seen: [number, number][] = []
    for (let days = 40; days >= -3; days--) {
      at(plusDays(last, -days))
      const [first, second] = [await sendExpiryNotices(bench.deps), await sendExpiryNotices(bench.deps)]
      expect(second).toBe(0)
      if (first > 0) seen.push([days, first])
    }
    expect(seen).toEqual([
      [30, 1],
      [14, 1],
      [7, 1],
      [1, 1],
      [0, 1],
      [-1, 1],
    ])
    const told = (await notices()).map(({ kind, params }) => {
      const { daysLeft, stage, way } = params as { daysLeft?: number; stage?: string; way: string }
      return [kind, daysLeft, stage, way]
    })
    expect(told).toEqual([
      ['certificate.expiring', 30, 'coming', 'renewal'],
      ['certificate.expiring', 14, 'coming', 'renewal'],
      ['certificate.expiring', 7, 'coming', 'renewal'],
      ['certificate.expiring', 1, 'coming', 'renewal'],
      ['certificate.expiring', 0, 'today', 'renewal'],
      ['certificate.expired', undefined, undefined, 'enrolment'],
    ])
  })

  it('C-06 twenty copies of the job at once send one mail, and one that was away for days tells the last thing only', async () => {
    await bench.deps.db.certificateNotice.deleteMany()
    await bench.deps.db.outboxMail.deleteMany()
    const { notAfter } = await bench.deps.db.certificate.findFirstOrThrow()
    if (!notAfter) throw new Error('not signed')
    at(plusDays(businessDayOf(notAfter), -5))
    const sent = await Promise.all(Array.from({ length: 20 }, () => sendExpiryNotices(bench.deps)))
    expect(sent.reduce((sum, count) => sum + count, 0)).toBe(1)
    expect((await notices()).map(({ params }) => (params as { daysLeft: number }).daysLeft)).toEqual([5])
  })

  it('C-06 the letter carries the day for the calendar and no link', async () => {
    const [mail] = await notices()
    const kind = mailKinds.find(each => each.kind === 'certificate.expiring')
    if (!mail || !kind) throw new Error('there is no mail')
    const write = createLetterWriter({
      views: 'views',
      translations: createTranslations({
        root: 'locales',
        onMissingKey: (_language, key) => {
          throw new Error(key)
        },
      }),
    })
    const { addressee, ...params } = mail.params as { addressee: { name: string } }
    for (const locale of ['ja', 'en']) {
      const letter = write(kind, { id: mail.id, locale, addressee, params })
      expect(letter.calendar).toContain('DTSTART;VALUE=DATE:20271120')
      expect(letter.calendar).toContain('UID:certificate.expiring-')
      expect(letter.text).not.toMatch(/https?:/)
    }
  })

  it('C-06 goes on telling whose renewed certificate was never fetched and can be no more', async () => {
    await bench.deps.db.certificateNotice.deleteMany()
    const old = await bench.deps.db.certificate.findFirstOrThrow()
    if (!old.notAfter) throw new Error('not signed')
    at(plusDays(businessDayOf(old.notAfter), -12))
    const id = await inTx(bench.deps, tx =>
      requestCertificate(bench.deps, tx, system('test'), {
        holder,
        purpose: 'renewal',
        replacesId: old.id,
        pkcs12Password: 'Torikomi2026',
      }),
    )
    await issueCertificate(bench.deps, id)
    // While it can be downloaded there is nothing to be told.
    expect(await sendExpiryNotices(bench.deps)).toBe(0)
    bench.clock.at = new Date(bench.clock.at.getTime() + 30 * 60_000)
    expect(await sendExpiryNotices(bench.deps)).toBe(1)
    await sweepCertificates(bench.deps)
    at(plusDays(businessDayOf(old.notAfter), -7))
    expect(await sendExpiryNotices(bench.deps)).toBe(1)
    await bench.deps.db.certificateDelivery.delete({ where: { certificateId: id } })
    await bench.deps.db.certificate.delete({ where: { id } })
  })

  it('C-06 H-06 tells nobody whose company’s contract is over, whether or not its users have been settled', async () => {
    await bench.deps.db.certificateNotice.deleteMany()
    const { notAfter } = await bench.deps.db.certificate.findFirstOrThrow()
    if (!notAfter) throw new Error('not signed')
    const today = plusDays(businessDayOf(notAfter), -7)
    at(today)
    const contract = (data: { lastDay: Date | null; contractEndedAt: Date | null }) =>
      bench.deps.db.company.update({ where: { id: holder.companyId }, data })
    const lastDay = toColumn(plusDays(today, -1))
    for (const contractEndedAt of [null, bench.clock.now()]) {
      await contract({ lastDay, contractEndedAt })
      expect(await sendExpiryNotices(bench.deps)).toBe(0)
    }
    // On the last day itself it still is one.
    await contract({ lastDay: toColumn(today), contractEndedAt: null })
    expect(await sendExpiryNotices(bench.deps)).toBe(1)
    await contract({ lastDay: null, contractEndedAt: null })
  })

  it('C-06 stops once the next certificate is there', async () => {
    await bench.deps.db.certificateNotice.deleteMany()
    const { notAfter } = await bench.deps.db.certificate.findFirstOrThrow()
    if (!notAfter) throw new Error('not signed')
    at(plusDays(businessDayOf(notAfter), -7))
    await issueDirectly(bench.deps, system('test'), holder, 'Torikomi2026')
    expect(await sendExpiryNotices(bench.deps)).toBe(0)
    at(businessDayOf(notAfter))
    expect(await sendExpiryNotices(bench.deps)).toBe(0)
  })

  it('C-06 marks as expired what is over, with its event, and nothing before its last second is', async () => {
    const first = await bench.deps.db.certificate.findFirstOrThrow({ orderBy: { requestedAt: 'asc' } })
    if (!first.notAfter) throw new Error('not signed')
    const stateOf = async () =>
      (await bench.deps.db.certificate.findUniqueOrThrow({ where: { id: first.id } })).state
    bench.clock.at = new Date(first.notAfter.getTime() + 999)
    await sweepCertificates(bench.deps)
    expect(await stateOf()).toBe('delivered')
    bench.clock.at = new Date(first.notAfter.getTime() + 1_000)
    await sweepCertificates(bench.deps)
    await sweepCertificates(bench.deps)
    expect(await stateOf()).toBe('expired')
    expect(await bench.deps.db.history.count({ where: { operation: 'certificate.expired' } })).toBe(1)
  })

  it('C-06, C-11 of hundreds at once, one that fails keeps nobody behind it from being told, expired or voided', async () => {
    const { db } = bench.deps
    const first = await db.certificate.findFirstOrThrow({ orderBy: { requestedAt: 'asc' } })
    if (!first.notAfter) throw new Error('not signed')
    const day = plusDays(businessDayOf(first.notAfter), 30)
    at(day)
    // The company without a policy is an accident; its certificate ends first.
    const broken = bench.deps.ids.next()
    await sql(
      bench.database.ownerUrl,
      `INSERT INTO company (id, entrance_id, contract_number, name, name_kana, policy_version, created_at)
       SELECT '${broken}', entrance_id, '7000000001', '隣の会社', 'トナリ', 1, now() FROM company`,
      `INSERT INTO "user" (id, company_id, login_id, login_id_key, login_id_scope, name, email, role, created_at)
       SELECT gen_random_uuid(), CASE n WHEN 0 THEN '${broken}' ELSE '${holder.companyId}' END::uuid, 'many' || n, 'many' || n, 'bank',
              '大口　太郎', 'n@example.co.jp', 'user', now() FROM generate_series(0, 250) AS n`,
      `INSERT INTO certificate (id, company_id, user_id, purpose, state, requested_at, issuer_id, serial, tbs, der, fingerprint,
                                not_before, not_after, signed_at)
       SELECT gen_random_uuid(), u.company_id, u.id, 'enrolment', 'delivered', c.requested_at, c.issuer_id, u.login_id, c.tbs, c.der, u.login_id,
              c.not_before, timestamptz '${startOf(plusDays(day, 7)).toISOString()}' + CASE WHEN u.company_id = '${broken}'
                THEN interval '0' ELSE interval '1 hour' END, c.signed_at
         FROM "user" u, certificate c WHERE u.login_id LIKE 'many%' AND c.id = '${first.id}'`,
    )
    expect(await sendExpiryNotices(bench.deps)).toBe(250)
    expect(await sendExpiryNotices(bench.deps)).toBe(0)
    const ended = (state: 'expired' | 'void') =>
      db.certificate.count({ where: { state, serial: { startsWith: 'many' } } })
    at(plusDays(day, 8))
    await sweepCertificates(bench.deps)
    expect(await ended('expired')).toBe(250)

    await sql(
      bench.database.ownerUrl,
      `UPDATE certificate SET state = 'delivered', ended_at = NULL, end_reason = NULL, not_after = now() + interval '10 years'
        WHERE serial LIKE 'many%'`,
      `INSERT INTO certificate_delivery (certificate_id, compatibility)
       SELECT id, 'modern' FROM certificate WHERE serial LIKE 'many%'`,
    )
    await sweepCertificates(bench.deps)
    expect(await ended('void')).toBe(250)
  })
})
