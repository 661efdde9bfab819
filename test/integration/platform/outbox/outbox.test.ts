import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { pino } from 'pino'
import { SMTPServer } from 'smtp-server'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { LockReleasedMail } from '../../../../src/features/passwords/mails.ts'
import { Prisma } from '../../../../src/generated/prisma/client.ts'
import { startMailWork } from '../../../../src/jobs/mail.ts'
import { mailKinds } from '../../../../src/jobs/mail-kinds.ts'
import { closeDb, type Db, openDb } from '../../../../src/platform/db/client.ts'
import { inTx } from '../../../../src/platform/db/in-tx.ts'
import { createTranslations } from '../../../../src/platform/i18n.ts'
import { type Jobs, openJobs } from '../../../../src/platform/jobs.ts'
import { createLetterWriter, mailNumber } from '../../../../src/platform/mail/letter.ts'
import { createMailer } from '../../../../src/platform/mail/mailer.ts'
import { type DeliverDeps, deliver } from '../../../../src/platform/outbox/deliver.ts'
import * as outbox from '../../../../src/platform/outbox/outbox.ts'
import { createSettling } from '../../../../src/platform/outbox/settle.ts'
import { sweep } from '../../../../src/platform/outbox/sweep.ts'
import { openSecretBox } from '../../../../src/platform/secret-box.ts'
import { systemClock, systemIds } from '../../../../src/platform/system-clock.ts'
import { freshDatabase, type TestDatabase } from '../../../support/database.ts'

const root = join(import.meta.dirname, '../../../..')
const smtpPort = 20_420
const log = pino({ level: 'silent' })
const clock = { now: () => systemClock.now() }
const ids = systemIds(systemClock)
const secretBox = openSecretBox(Buffer.alloc(32, 7))
const writing = {
  views: join(root, 'views'),
  translations: createTranslations({ root: join(root, 'locales'), onMissingKey: () => {} }),
}
const mailer = createMailer({
  url: `smtp://127.0.0.1:${smtpPort}`,
  from: 'no-reply@bank.example',
  host: 'portal',
})
const user = { companyId: ids.next(), userId: ids.next() }

let database: TestDatabase
let db: Db
let jobs: Jobs

/** The mail server that receives on `smtpPort` while it is up; the Message-IDs it took, in order. */
const mailServer = (() => {
  let smtp: SMTPServer | undefined
  const taken: string[] = []
  return {
    taken,
    up: () =>
      new Promise<void>(done => {
        smtp = new SMTPServer({
          authOptional: true,
          disabledCommands: ['AUTH', 'STARTTLS'],
          disableReverseLookup: true,
          closeTimeout: 100,
          onRcptTo: ({ address }, _session, answer) =>
            answer(
              address.startsWith('nobody')
                ? Object.assign(new Error('5.1.1 no such user'), { responseCode: 550 })
                : undefined,
            ),
          onData: (stream, _session, answer) => {
            void buffer(stream).then(raw => {
              taken.push(/^Message-ID: <(.+)@portal>/m.exec(raw.toString())?.[1] ?? '')
              answer()
            })
          },
        })
        smtp.on('error', () => {})
        smtp.listen(smtpPort, '127.0.0.1', done)
      }),
    down: () => new Promise<void>(done => (smtp ? smtp.close(done) : done())),
  }
})()

const mailTo = (recipient: string) => ({
  ...user,
  recipient,
  locale: 'ja',
  addressee: { company: '株式会社 山田商店', name: '山田 太郎' },
  params: { at: systemClock.now(), by: 'helpdesk' as const },
})
const put = (recipient = 'taro@example.jp') =>
  inTx({ db }, tx => outbox.put({ clock, ids, jobs }, tx, LockReleasedMail, mailTo(recipient)))
/** As a file of users has them put: many by one call. */
const putMany = async (recipients: readonly string[]) => {
  await inTx({ db }, tx => outbox.putAll({ clock, ids, jobs }, tx, LockReleasedMail, recipients.map(mailTo)))
  const rows = await db.outboxMail.findMany({ where: { recipient: { in: [...recipients] } } })
  return rows.map(({ id }) => id)
}
const entriesOf = async (mails: readonly string[]) => {
  const rows = await db.history.findMany({
    where: { chainId: user.companyId, operation: 'mail.sent' },
    orderBy: { seq: 'asc' },
  })
  const numbers = new Set(mails.map(mailNumber))
  return rows.filter(({ details }) => numbers.has(JSON.parse(details).number))
}
const row = (id: string) => db.outboxMail.findUniqueOrThrow({ where: { id } })
const jobsOf = async (id: string) => {
  const rows = await db.$queryRaw<{ state: string }[]>`
    SELECT state::text FROM pgboss.job WHERE name = 'mail' AND data->>'id' = ${id}`
  return rows.map(({ state }) => state)
}
const eventually = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 60_000, interval: 50 })
const delivering = (): DeliverDeps => ({
  db,
  clock,
  mailer,
  secretBox,
  mailKinds,
  writeLetter: createLetterWriter(writing),
  settle: createSettling({ db, clock, ids, onUndeliverable: async () => {} }),
})

beforeAll(async () => {
  database = await freshDatabase()
  db = openDb({ url: database.appUrl, log })
  const createdAt = systemClock.now()
  const entrance = await db.entrance.create({
    data: { id: ids.next(), slug: 'shoko', name: '商工', preset: 'shoko', createdAt },
  })
  await db.company.create({
    data: {
      id: user.companyId,
      entranceId: entrance.id,
      contractNumber: '1000000001',
      name: '株式会社 山田商店',
      nameKana: 'ヤマダショウテン',
      policyVersion: 1,
      createdAt,
    },
  })
  await db.user.create({
    data: {
      id: user.userId,
      companyId: user.companyId,
      loginId: 'taro',
      loginIdKey: 'taro',
      loginIdScope: 'bank',
      name: '山田 太郎',
      email: 'taro@example.jp',
      role: 'user',
      createdAt,
    },
  })
  jobs = await openJobs({ url: database.appUrl, log })
  await mailServer.up()
})
afterAll(async () => {
  await jobs?.stop()
  await mailServer.down()
  if (db) await closeDb(db)
  await database?.drop()
})
beforeEach(() => {
  mailServer.taken.length = 0
})

describe('the outbox', () => {
  it('I-04 holds row and job together, and neither where the transaction rolls back', async () => {
    const id = await put()
    expect(await row(id)).toMatchObject({ kind: 'lock.released', recipient: 'taro@example.jp', sentAt: null })
    expect(await jobsOf(id)).toEqual(['created'])

    let lost = ''
    await inTx({ db }, async tx => {
      lost = await outbox.put({ clock, ids, jobs }, tx, LockReleasedMail, {
        ...user,
        recipient: 'taro@example.jp',
        locale: 'ja',
        addressee: { name: '山田 太郎' },
        params: { at: systemClock.now(), by: 'helpdesk' },
      })
      throw new Error('something after it')
    }).catch(() => {})
    expect(lost).not.toBe('')
    expect(await db.outboxMail.count({ where: { id: lost } })).toBe(0)
    expect(await jobsOf(lost)).toEqual([])
  })

  it('I-05 takes neither two recipients nor params that the kind does not know', async () => {
    await expect(put('a@example.jp\r\nBcc: b@example.jp')).rejects.toThrow('one mail address')
    const params = { at: systemClock.now(), by: 'helpdesk', password: 'secret' }
    const loose: Parameters<typeof outbox.put>[3] = {
      ...user,
      recipient: 'a@example.jp',
      locale: 'ja',
      addressee: { name: 'A' },
      params,
    }
    await expect(
      inTx({ db }, tx => outbox.put({ clock, ids, jobs }, tx, LockReleasedMail, loose as never)),
    ).rejects.toThrow('password')
  })

  it('I-04 is sent once, however many work on one mail at the same time', async () => {
    const id = await put()
    const done = await Promise.allSettled(Array.from({ length: 10 }, () => deliver(delivering(), id)))
    expect(done.filter(each => each.status === 'fulfilled' && each.value === 'sent')).toHaveLength(1)
    expect(await deliver(delivering(), id)).toBe('settled')
    expect(mailServer.taken).toEqual([id])
  })

  it('I-04 waits for a killed worker’s claim to lapse, then sends with the same Message-ID', async () => {
    const id = await put()
    const claimedUntil = new Date(systemClock.now().getTime() + 60_000)
    await db.outboxMail.update({ where: { id }, data: { claimedUntil } })
    await expect(deliver(delivering(), id)).rejects.toThrow('another worker')
    expect(mailServer.taken).toEqual([])
    const later = { now: () => new Date(claimedUntil.getTime() + 1) }
    expect(await deliver({ ...delivering(), clock: later }, id)).toBe('sent')
    expect(mailServer.taken).toEqual([id])
  })

  it('I-04 takes many at once, row by row or not at all, and lets whoever waits for one go before them', async () => {
    const many = Array.from({ length: 30 }, (_, index) => `many${index}@example.jp`)
    await expect(putMany([...many, 'a@example.jp, b@example.jp'])).rejects.toThrow('one mail address')
    expect(await db.outboxMail.count({ where: { recipient: { startsWith: 'many' } } })).toBe(0)
    const waiting = await putMany(many)
    expect(waiting).toHaveLength(30)
    for (const id of waiting) expect(await jobsOf(id)).toEqual(['created'])
    const one = await put()
    const [first] = await db.$queryRaw<{ id: string }[]>`
      SELECT data->>'id' AS id FROM pgboss.job WHERE name = 'mail' AND data->>'id' IN (${Prisma.join([...waiting, one])})
       ORDER BY priority DESC, created_on LIMIT 1`
    expect(first?.id).toBe(one)
    // Ten at work on each of them at the same time: sent once, told of once.
    const done = await Promise.allSettled(
      Array.from({ length: 10 }, delivering).flatMap(deps => waiting.map(id => deliver(deps, id))),
    )
    expect(done.filter(each => each.status === 'fulfilled' && each.value === 'sent')).toHaveLength(30)
    expect([...mailServer.taken].sort()).toEqual([...waiting].sort())
    expect(await entriesOf(waiting)).toHaveLength(30)
  })

  it('I-04 of mails that are settled together one that can’t be has no other sent again', async () => {
    const recipients = ['together1@example.jp', 'nobody-together@example.jp', 'together2@example.jp']
    const mails = await putMany(recipients)
    // The first is under way alone, the others share what follows it.
    const settle = createSettling({
      db,
      clock,
      ids,
      onUndeliverable: () => Promise.reject(new Error('this one can not be')),
    })
    const done = await Promise.allSettled(mails.map(id => deliver({ ...delivering(), settle }, id)))
    expect(done.map(({ status }) => status).sort()).toEqual(['fulfilled', 'fulfilled', 'rejected'])
    const rows = await db.outboxMail.findMany({ where: { recipient: { in: recipients } } })
    for (const { recipient, sentAt, failedAt, claimedUntil } of rows) {
      const isGood = recipient.startsWith('together')
      // The claim of the one that could not be settled stands until it lapses.
      expect([sentAt !== null, failedAt !== null, claimedUntil !== null]).toEqual([isGood, false, !isGood])
    }
    expect(await entriesOf(mails)).toHaveLength(2)
    await db.outboxMail.deleteMany({ where: { id: { in: mails } } })
  })

  it('I-04 sweeps up the mails whose job was lost, and doubles no job', async () => {
    const [lost, kept] = [await put(), await put()]
    await db.$executeRaw`DELETE FROM pgboss.job WHERE data->>'id' = ${lost}`
    const later = { now: () => new Date(systemClock.now().getTime() + 61_000) }
    expect(await sweep({ db, clock: systemClock, jobs })).toBe(0)
    expect(await sweep({ db, clock: later, jobs })).toBeGreaterThanOrEqual(2)
    expect(await jobsOf(lost)).toEqual(['created'])
    expect(await jobsOf(kept)).toEqual(['created'])
  })
})

describe('the worker', () => {
  let work: Awaited<ReturnType<typeof startMailWork>>
  beforeAll(async () => {
    work = await startMailWork({ db, clock, ids, log, jobs, secretBox }, { mailer, ...writing })
  })
  afterAll(() => work?.stop())

  it('I-04 sends what waits, and writes it into the company’s history', async () => {
    const id = await put()
    await eventually(async () => expect((await row(id)).sentAt).not.toBeNull())
    expect(mailServer.taken).toContain(id)
    await eventually(async () => expect(await jobsOf(id)).toEqual(['completed']))
    const [event] = await db.history.findMany({
      where: { chainId: user.companyId, operation: 'mail.sent' },
      orderBy: { seq: 'desc' },
      take: 1,
    })
    expect(event).toMatchObject({
      outcome: 'done',
      subjectId: user.userId,
      // As every other entry about a user names them (F-02).
      subjectLabel: (await db.user.findUniqueOrThrow({ where: { id: user.userId } })).loginId,
      actorKind: 'system',
    })
    expect(JSON.parse(event?.details ?? '')).toMatchObject({
      mail: 'lock.released',
      recipient: 'taro@example.jp',
    })
  })

  it('I-04 survives a mail server that is away: nothing is lost, each mail arrives once', async () => {
    await mailServer.down()
    const waiting = [await put(), await put(), await put()]
    for (const id of waiting)
      await eventually(async () => {
        const { attempts, lastError, sentAt } = await row(id)
        expect(attempts).toBeGreaterThan(0)
        expect(lastError).toContain('ECONNREFUSED')
        expect(sentAt).toBeNull()
      })
    await mailServer.up()
    for (const id of waiting) await eventually(async () => expect((await row(id)).sentAt).not.toBeNull())
    expect([...mailServer.taken].sort()).toEqual([...waiting].sort())
  })

  it('D-15 gives up an address that does not exist, and marks the user’s only while it is still theirs', async () => {
    const old = await put('nobody-old@example.jp')
    await eventually(async () => expect((await row(old)).failedAt).not.toBeNull())
    const state = () =>
      db.user.findUniqueOrThrow({ where: { id: user.userId }, select: { emailState: true } })
    expect(await state()).toEqual({ emailState: 'unverified' })

    await db.user.update({ where: { id: user.userId }, data: { email: 'nobody@example.jp' } })
    const id = await put('nobody@example.jp')
    await eventually(async () => expect((await row(id)).failedAt).not.toBeNull())
    expect(await row(id)).toMatchObject({
      sentAt: null,
      attempts: 1,
      lastError: expect.stringContaining('5.1.1'),
    })
    expect(await state()).toEqual({ emailState: 'undeliverable' })
    const events = await db.history.count({
      where: {
        chainId: user.companyId,
        operation: 'mail.sent',
        outcome: 'refused',
        reason: 'mail.undeliverable',
      },
    })
    expect(events).toBe(2)
    expect(await sweep({ db, clock: { now: () => new Date(Date.now() + 120_000) }, jobs })).toBe(0)
  })
})
