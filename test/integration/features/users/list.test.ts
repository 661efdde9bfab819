import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listUsers } from '../../../../src/features/users/index.ts'
import { sortColumns, type UserSelection } from '../../../../src/features/users/queries.list.ts'
import type { UserActor } from '../../../../src/kernel/actor.ts'
import { sql, type TestDatabase } from '../../../support/database.ts'
import { duringImport, mistakenCounts } from '../../../support/held-import.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'

let portal: Portal
let database: TestDatabase
let actor: UserActor

beforeAll(async () => {
  portal = await openPortal()
  database = portal.database
  const { id, companyId, loginId, name } = await portal.deps.db.user.findFirstOrThrow({
    where: { role: 'administrator' },
  })
  actor = {
    ...{ kind: 'user', id, companyId, loginId, name, role: 'administrator' },
    permissions: new Set(),
    origin: {},
  }
  await sql(
    database.ownerUrl,
    `INSERT INTO company (id, entrance_id, contract_number, name, name_kana, policy_version, created_at)
     SELECT gen_random_uuid(), entrance_id, '7000000001', '隣の会社', 'トナリ', 1, now() FROM company WHERE id = '${companyId}'`,
  )
})
afterAll(() => portal.close())

/** Users of the actor's company and, every third, of another one; names meet, and some have never logged in. */
const adding = (prefix: string, count: number) => `
  INSERT INTO "user" (id, company_id, login_id, login_id_key, login_id_scope, name, email, role, created_at, last_login_at)
  SELECT gen_random_uuid(),
         CASE WHEN n % 3 = 0 THEN (SELECT id FROM company WHERE id <> '${actor.companyId}' ORDER BY id LIMIT 1)
              ELSE '${actor.companyId}' END,
         '${prefix}' || lpad(n::text, 4, '0'), '${prefix}' || lpad(n::text, 4, '0'), '${prefix}',
         (ARRAY['田中　花子', '田中　太郎', '髙﨑　一郎'])[1 + n % 3], 'n@example.co.jp', 'user', now(),
         CASE WHEN n % 4 > 0 THEN timestamptz '2026-01-01' + (n / 7) * interval '1 day' END
    FROM generate_series(1, ${count}) AS n`

const mistaken = () => mistakenCounts(portal)

const changes = async () =>
  Number(
    (
      await sql<{ changes: string }>(
        database.ownerUrl,
        `SELECT changes FROM company_user_count WHERE company_id = '${actor.companyId}'`,
      )
    )[0]?.changes,
  )

describe('the count of a company’s users', () => {
  const state = (state: string, which: string) =>
    sql(
      database.appUrl,
      `UPDATE "user" SET service_state = '${state}', deleted_at = ${state === 'deleted' ? 'now()' : 'NULL'} WHERE ${which}`,
    )

  it('D-01, D-09 stays theirs through registrations at once, refused ones, deletion, its taking back and erasure', async () => {
    expect(await mistaken()).toEqual([])
    await Promise.all([
      ...Array.from({ length: 6 }, (_, i) => sql(database.appUrl, adding(`onec${i}`, 7))),
      ...Array.from({ length: 3 }, (_, i) =>
        sql(database.appUrl, 'BEGIN', adding(`back${i}`, 5), 'ROLLBACK'),
      ),
      // Of one login ID at once one is stored, and the rest of the others' rows with it.
      ...Array.from({ length: 4 }, () => sql(database.appUrl, `${adding('same', 4)} ON CONFLICT DO NOTHING`)),
    ])
    expect(await mistaken()).toEqual([])
    await Promise.all([
      ...Array.from({ length: 4 }, (_, i) => state('deleted', `login_id_key = 'onec${i}0001'`)),
      state('deleted', `login_id_scope = 'onec5'`),
      state('suspended', `login_id_scope = 'onec4'`),
    ])
    expect(await mistaken()).toEqual([])
    await state('available', `login_id_scope IN ('onec4', 'onec5')`)
    await state('deleted', `login_id_key = 'same0001'`)
    await sql(database.ownerUrl, `DELETE FROM "user" WHERE login_id_scope IN ('onec3', 'same')`)
    expect(await mistaken()).toEqual([])
  })

  it('D-01 tells of every change after which a search could find another number, and of no login', async () => {
    const one = `WHERE login_id_key = 'onec40001'`
    const before = await changes()
    await sql(database.appUrl, `UPDATE "user" SET last_login_at = now(), version = version + 1 ${one}`)
    await sql(database.appUrl, `UPDATE "user" SET name = name, service_state = 'suspended' ${one}`)
    expect(await changes()).toBe(before)
    await sql(database.appUrl, `UPDATE "user" SET name = '山田　花子' ${one}`)
    const after = await changes()
    expect(after).toBeGreaterThan(before)
    await sql(database.appUrl, `UPDATE "user" SET login_id = 'onec49991', login_id_key = 'onec49991' ${one}`)
    expect(await changes()).toBeGreaterThan(after)
  })

  it('D-01, D-13, I-05 keeps nobody waiting: ten change users while a file is registered, and ten once more', async () => {
    // As the program's own connections: none waits longer than three seconds for a lock.
    const writing = (...statements: string[]) =>
      sql(database.appUrl, `SET lock_timeout = '3s'`, ...statements)
    const renamed = (loginId: string, name: string) =>
      `UPDATE "user" SET name = '${name}' WHERE login_id_key = '${loginId}'`
    const tenAtOnce = (prefix: string) =>
      Promise.all(
        Array.from({ length: 10 }, (_, i) =>
          writing(
            'BEGIN',
            adding(`${prefix}${i}`, 7),
            renamed(`${prefix}${i}0001`, '改名　太郎'),
            `UPDATE "user" SET service_state = 'deleted', deleted_at = now() WHERE login_id_key = '${prefix}${i}0002'`,
            'COMMIT',
          ),
        ),
      )
    const before = await changes()
    await duringImport(portal, actor.companyId, async () => {
      await writing(renamed('onec40001', '待たず　花子'))
      await tenAtOnce('held')
      expect(await mistaken()).toEqual([])
      expect(await changes()).toBeGreaterThan(before)
    })
    await tenAtOnce('free')
    expect(await mistaken()).toEqual([])
  })

  it('D-01 has no more parts than have changed users at once, however many statements each has made', async () => {
    const parts = async () =>
      Number(
        (await sql<{ n: string }>(database.ownerUrl, 'SELECT count(*) AS n FROM company_user_count_part'))[0]
          ?.n,
      )
    const before = await parts()
    for (let n = 0; n < 5; n++)
      await sql(database.appUrl, 'BEGIN', adding(`many${n}`, 3), adding(`more${n}`, 3), 'COMMIT')
    expect(await parts()).toBe(before)
  })

  it('D-01 is nobody’s to write, the serving role’s neither', async () => {
    for (const statement of [
      'UPDATE company_user_count_part SET listed = 0',
      'DELETE FROM company_user_count_part',
      'TRUNCATE company_user_count_part',
      'INSERT INTO company_user_count_part (company_id, listed) SELECT id, 0 FROM company',
      `SELECT user_count_moved('${actor.companyId}', 1)`,
    ])
      await expect(sql(database.appUrl, statement), statement).rejects.toThrow('permission denied')
  })
})

describe('a page of 利用者一覧', () => {
  beforeAll(() => sql(database.appUrl, adding('page', 160)))

  const listed = async (): Promise<{ loginId: string; name: string; lastLoginAt: Date | null }[]> =>
    portal.deps.db.user.findMany({
      where: { companyId: actor.companyId, serviceState: { not: 'deleted' } },
      select: { loginId: true, name: true, lastLoginAt: true },
    })
  type Listed = Awaited<ReturnType<typeof listed>>[number]

  const byText = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))
  const orders: Record<UserSelection['sort']['by'], (a: Listed, b: Listed) => number> = {
    'login-id': () => 0,
    name: (a, b) => byText(a.name, b.name),
    'last-login': (a, b) => (a.lastLoginAt?.getTime() ?? 0) - (b.lastLoginAt?.getTime() ?? 0),
  }
  const idsOf = async (selection: UserSelection, page: number) => {
    const found = await listUsers(portal.deps, actor, { ...selection, page })
    return { ...found, users: found.users.map(({ loginId }) => loginId) }
  }

  const searches: [string, (user: Listed) => boolean][] = [
    ['', () => true],
    ['p', ({ loginId }) => loginId.toLowerCase().includes('p')],
    ['田中', ({ name }) => name.includes('田中')],
    ['page0001', ({ loginId }) => loginId === 'page0001'],
    ['nobody', () => false],
  ]

  it.each(searches)(
    'D-01 holds its twenty of everybody whom 「%s」 finds, in each order, from either end',
    async (text, finds) => {
      const found = (await listed()).filter(finds)
      const last = Math.max(1, Math.ceil(found.length / 20))
      for (const by of sortColumns)
        for (const direction of ['ascending', 'descending'] as const) {
          const sorted = found
            .toSorted((a, b) => orders[by](a, b) || byText(a.loginId.toLowerCase(), b.loginId.toLowerCase()))
            .map(({ loginId }) => loginId)
          if (direction === 'descending') sorted.reverse()
          for (let page = 1; page <= last + 1; page++) {
            const shown = Math.min(page, last)
            expect(
              await idsOf({ text, sort: { by, direction } }, page),
              `${by} ${direction} ${page}`,
            ).toEqual({
              users: sorted.slice((shown - 1) * 20, shown * 20),
              total: found.length,
              page: shown,
            })
          }
        }
    },
  )

  it('D-01 counts anew once somebody comes, goes, or gets another name or login ID, also while it is being asked for', async () => {
    const selection: UserSelection = { text: '探す', sort: { by: 'name', direction: 'ascending' } }
    const total = async (page = 1) => (await idsOf(selection, page)).total
    const one = `WHERE login_id_key = 'page0002'`
    expect(await total()).toBe(0)
    await sql(database.appUrl, `UPDATE "user" SET name = '探す　人' ${one}`)
    expect(await total()).toBe(1)
    await sql(database.appUrl, adding('seek', 90).replaceAll(/田中|髙﨑/g, '探す'))
    const many = await total()
    expect((await idsOf(selection, 4)).users).toHaveLength(many - 60)
    await sql(database.appUrl, `UPDATE "user" SET service_state = 'deleted', deleted_at = now() ${one}`)
    expect(await total(2)).toBe(many - 1)
    await sql(database.appUrl, `UPDATE "user" SET service_state = 'available', deleted_at = NULL ${one}`)
    expect(await total()).toBe(many)
    // Nobody is on two pages, and no page says another number than it has found, whoever comes and goes meanwhile.
    await Promise.all([
      ...Array.from({ length: 10 }, (_, i) =>
        sql(
          database.appUrl,
          `UPDATE "user" SET name = '探す　人${i}' WHERE login_id_key = 'page00${10 + i}'`,
        ),
      ),
      ...Array.from({ length: 10 }, async () => {
        const { users, total } = await idsOf(selection, 3)
        expect(users).toHaveLength(Math.min(20, total - 40))
      }),
    ])
    const now = (await listed()).filter(({ name }) => name.includes('探す')).length
    expect(await total()).toBe(now)
  })
})
