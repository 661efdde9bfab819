import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureIssuers } from '../../../../src/features/authorities/index.ts'
import { enrol } from '../../../../src/features/certificates/enrolment.ts'
import { forgetStrangers, tryPassword } from '../../../../src/features/passwords/index.ts'
import { plusSeconds } from '../../../../src/kernel/clock.ts'
import { inTx } from '../../../../src/platform/db/in-tx.ts'
import { policyOf } from '../../../../src/policy/policy.ts'
import { sql } from '../../../support/database.ts'
import { giveAcquisitionPassword, newUser } from '../../../support/enrolment.ts'
import { countingHasher } from '../../../support/hashing.ts'
import { type IssuingBench, openIssuingBench } from '../../../support/issuing.ts'

let bench: IssuingBench
beforeAll(async () => {
  bench = await openIssuingBench()
  await ensureIssuers(bench.deps)
})
afterAll(() => bench.close())

const visit = { host: 'localhost', origin: { ip: '192.0.2.7', userAgent: 'test' } }
const wrong = 'Machigai2026'

type Tried = { password?: string; acquisitionPassword?: string }

/** A user with an acquisition password, and a way to try. */
const candidate = async () => {
  const user = await newUser(bench)
  const acquisitionPassword = await giveAcquisitionPassword(bench, user.loginId)
  const attempt = (given: Tried = {}, deps = bench.deps) =>
    enrol(deps, { loginId: user.loginId, password: user.password, acquisitionPassword, ...given }, visit)
  return { ...user, acquisitionPassword, attempt }
}

/** Moves on past the longest wait. */
const wait = (seconds = 15 * 60) => {
  bench.clock.at = plusSeconds(bench.clock.at, seconds)
}

const reasons = async (loginId: string) =>
  (
    await sql<{ reason: string }>(
      bench.database.ownerUrl,
      `select reason from history where subject_label = '${loginId}' and operation = 'enrolment.failed' order by seq`,
    )
  ).map(row => row.reason)

const certificatesOf = (userId: string) => bench.deps.db.certificate.count({ where: { userId } })

const loginCredential = (userId: string) =>
  bench.deps.db.credential.findFirstOrThrow({ where: { userId, kind: 'login_password' } })

/** The world with every comparison of a password counted. */
const counting = () => {
  const { hasher, seen } = countingHasher(bench.deps.hasher)
  return { compared: seen, deps: { ...bench.deps, hasher } }
}

describe('enrolment', () => {
  it('C-09 uses an acquisition password once, however many use it at the same time', async () => {
    const { id, attempt } = await candidate()
    const answers = await Promise.all(Array.from({ length: 20 }, () => attempt()))
    expect(answers.filter(answer => answer.ok)).toHaveLength(1)
    expect(await certificatesOf(id)).toBe(1)
    const jobs = await sql<{ data: object }>(
      bench.database.ownerUrl,
      `select data from pgboss.job where name = 'certificate-issue'
        and data->>'certificateId' in (select c.id::text from certificate c where c.user_id = '${id}')`,
    )
    expect(jobs).toHaveLength(1)
    wait()
    expect((await attempt()).ok).toBe(false)
    expect(await certificatesOf(id)).toBe(1)
  })

  it('B-07 counts no mistyping where there was none', async () => {
    const { id, attempt } = await candidate()
    expect((await attempt({ acquisitionPassword: wrong })).ok).toBe(false)
    wait()
    expect((await attempt()).ok).toBe(true)
    const used = await bench.deps.db.acquisitionPassword.findFirstOrThrow({ where: { userId: id } })
    expect(used).toMatchObject({ failures: 1, usedAt: expect.any(Date) })
  })

  it('B-07 voids an acquisition password at the tenth wrong one; the right one is refused from then on', async () => {
    const { id, loginId, attempt } = await candidate()
    for (let count = 1; count <= 11; count++) {
      expect((await attempt({ acquisitionPassword: wrong })).ok).toBe(false)
      wait()
      const [row] = await bench.deps.db.acquisitionPassword.findMany({ where: { userId: id } })
      expect(row?.voidedAt === null).toBe(count < 10)
    }
    expect((await attempt()).ok).toBe(false)
    expect(await reasons(loginId)).toEqual([
      ...Array.from({ length: 10 }, () => 'enrolment.wrongAcquisitionPassword'),
      'enrolment.noAcquisitionPassword',
      'enrolment.noAcquisitionPassword',
    ])
    const voided = await sql(
      bench.database.ownerUrl,
      `select 1 from history where operation = 'acquisition-password.voided' and subject_label = '${loginId}'`,
    )
    expect(voided).toHaveLength(1)
  })

  it('B-07 takes wrong acquisition passwords for nothing unless the login password was right', async () => {
    const { id, attempt } = await candidate()
    for (let count = 0; count < 12; count++) {
      await attempt({ password: wrong, acquisitionPassword: wrong })
      wait()
    }
    const row = await bench.deps.db.acquisitionPassword.findFirstOrThrow({ where: { userId: id } })
    expect(row).toMatchObject({ failures: 0, voidedAt: null })
    expect((await attempt()).ok).toBe(true)
  })

  it('B-07 never locks the login password: its owner’s certificate login is as before', async () => {
    const { id, companyId, password, attempt } = await candidate()
    for (let count = 0; count < 6; count++) {
      await attempt({ password: wrong })
      wait()
    }
    expect(await loginCredential(id)).toMatchObject({ failures: 0, lockedAt: null, strangerFailures: 6 })
    const { lock } = policyOf({ preset: 'shoko', overrides: {} })
    const login = await tryPassword(bench.deps, { companyId, userId: id }, 'login_password', password, {
      lock,
    })
    expect(login.outcome).toBe('right')
  })

  it('B-07 makes strangers wait longer at each failure, and compares nothing meanwhile', async () => {
    const { id, loginId, attempt } = await candidate()
    const waits: number[] = []
    for (let count = 1; count <= 14; count++) {
      await attempt({ password: wrong })
      const { strangerRetryAfter } = await loginCredential(id)
      waits.push(strangerRetryAfter ? (strangerRetryAfter.getTime() - bench.clock.at.getTime()) / 1000 : 0)
      wait(waits.at(-1))
    }
    expect(waits).toEqual([0, 0, 0, 0, 5, 10, 20, 40, 80, 160, 320, 640, 900, 900])
    await attempt({ password: wrong })
    wait(899)
    const { deps, compared } = counting()
    expect((await attempt({}, deps)).ok).toBe(false)
    expect(compared.verify).toBe(0)
    expect((await reasons(loginId)).at(-1)).toBe('enrolment.tooManyTries')
    wait(1)
    expect((await attempt()).ok).toBe(true)
    expect(await loginCredential(id)).toMatchObject({ strangerFailures: 0, strangerRetryAfter: null })
  })

  it('B-07 ends after a hundred in a row, until the helpdesk gives another chance', async () => {
    const { id, companyId, attempt } = await candidate()
    await bench.deps.db.credential.updateMany({ where: { userId: id }, data: { strangerFailures: 99 } })
    await attempt({ password: wrong })
    wait(86_400)
    const { deps, compared } = counting()
    expect((await attempt({}, deps)).ok).toBe(false)
    expect(compared.verify).toBe(0)
    await inTx(bench.deps, tx => forgetStrangers(tx, { companyId, userId: id }))
    expect((await attempt()).ok).toBe(true)
  })

  it('B-07 lets few be compared when two dozen guess at once', async () => {
    const { attempt } = await candidate()
    const { deps, compared } = counting()
    await Promise.all(Array.from({ length: 24 }, () => attempt({ password: wrong }, deps)))
    expect(compared.verify).toBeLessThanOrEqual(5)
    expect(compared.verify + compared.nobody).toBe(48)
  })

  it('B-05 makes two comparisons on every way', async () => {
    const known = await candidate()
    const locked = await candidate()
    await bench.deps.db.credential.updateMany({
      where: { userId: locked.id },
      data: { lockedAt: bench.clock.at, failures: 3 },
    })
    const deleted = await candidate()
    await bench.deps.db.user.update({ where: { id: deleted.id }, data: { serviceState: 'deleted' } })
    const without = await newUser(bench)
    const ways: ((deps: typeof bench.deps) => ReturnType<typeof enrol>)[] = [
      deps => known.attempt({ password: wrong }, deps),
      deps => known.attempt({ acquisitionPassword: wrong }, deps),
      deps => locked.attempt({}, deps),
      deps => deleted.attempt({}, deps),
      deps => enrol(deps, { loginId: 'nobody', password: wrong, acquisitionPassword: wrong }, visit),
      deps =>
        enrol(
          deps,
          { loginId: without.loginId, password: without.password, acquisitionPassword: wrong },
          visit,
        ),
    ]
    for (const way of ways) {
      const { deps, compared } = counting()
      expect(await way(deps)).toEqual({ ok: false, reason: 'enrolment.refused' })
      expect(compared.verify + compared.nobody).toBe(2)
    }
  })

  it('C-09 refuses an expired acquisition password like a wrong one', async () => {
    const { loginId, attempt } = await candidate()
    wait(14 * 86_400)
    expect(await attempt()).toEqual({ ok: false, reason: 'enrolment.refused' })
    expect(await reasons(loginId)).toEqual(['enrolment.noAcquisitionPassword'])
  })

  it('takes an ID as an input method may type it', async () => {
    const { loginId, acquisitionPassword, password } = await candidate()
    const wide = loginId.replaceAll(/\d/g, digit => String.fromCharCode(digit.charCodeAt(0) + 0xfee0))
    const done = await enrol(bench.deps, { loginId: ` ${wide} `, password, acquisitionPassword }, visit)
    expect(done.ok).toBe(true)
  })
})
