import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Deps } from '../../../../src/deps.ts'
import { scopeOf } from '../../../../src/features/history/queries.conditions.ts'
import { countEntries, entriesAfter, headOf } from '../../../../src/features/history/queries.exports.ts'
import {
  findEntry,
  operationsSeen,
  recentHistoryOf,
  searchHistory,
} from '../../../../src/features/history/queries.ts'
import type { Search } from '../../../../src/features/history/search.ts'
import type { StaffActor, UserActor } from '../../../../src/kernel/actor.ts'
import type { BusinessDay } from '../../../../src/kernel/business-day.ts'
import { type AuditEvent, defineEvent, recordAlone } from '../../../../src/platform/audit/audit.ts'
import { sql } from '../../../support/database.ts'
import { type HistoryBench, openHistoryBench, userOf } from '../../../support/history.ts'

const Opened = defineEvent('test.opened', z.strictObject({}))
const Closed = defineEvent('test.closed', z.strictObject({}))

let bench: HistoryBench
let deps: Deps
let tanaka: UserActor
let suzuki: UserActor
let stranger: UserActor
const officer: StaffActor = {
  kind: 'staff',
  id: '01900000-0000-7000-8000-0000000000ff',
  loginId: 'helper',
  name: '佐藤',
  role: 'operator',
  origin: { ip: '198.51.100.7', certificateSerial: 'cd34' },
}

const seesAll = (actor: UserActor): UserActor => ({ ...actor, permissions: new Set(['history.all']) })

beforeAll(async () => {
  bench = await openHistoryBench()
  deps = bench as unknown as Deps
  const [companyId, other] = [await bench.company(), await bench.company()]
  tanaka = userOf(companyId, { id: bench.ids.next(), loginId: 'tanaka01', name: '田中一郎' })
  suzuki = userOf(companyId, { id: bench.ids.next(), loginId: 'suzuki02', name: '鈴木_花子' })
  stranger = userOf(other, { id: bench.ids.next(), loginId: 'other03', name: '田中一郎' })
  for (const { id, companyId, loginId, name } of [tanaka, suzuki, stranger])
    await sql(
      bench.database.ownerUrl,
      `insert into "user" (id, company_id, login_id, login_id_key, login_id_scope, name, email, role, created_at)
       values ('${id}', '${companyId}', '${loginId}', '${loginId}', 'bank', '${name}', 'x', 'user', now())`,
    )

  const write = async (
    at: string,
    actor: UserActor | StaffActor,
    event: AuditEvent<z.ZodObject<Record<never, never>>>,
    more: { about?: UserActor; reason?: string } = {},
  ) => {
    bench.clock.at = new Date(at)
    const company = actor.kind === 'user' ? actor.companyId : (more.about?.companyId ?? null)
    await recordAlone(bench, event, {
      actor,
      companyId: company,
      ...(more.about && { subject: { kind: 'user', id: more.about.id, label: more.about.loginId } }),
      details: {},
      ...(more.reason ? { outcome: 'refused' as const, reason: more.reason } : {}),
    })
  }
  // 20 November in Japan is 19 November 15:00 to 20 November 15:00 in UTC.
  await write('2026-11-19T14:59:59.999Z', tanaka, Opened)
  await write('2026-11-19T15:00:00.000Z', tanaka, Closed)
  await write('2026-11-20T14:59:59.999Z', suzuki, Opened)
  await write('2026-11-20T15:00:00.000Z', suzuki, Closed, { reason: 'test.no' })
  await write('2026-11-21T01:00:00.000Z', officer, Opened, { about: suzuki })
  await write('2026-11-21T02:00:00.000Z', stranger, Opened)
})
afterAll(() => bench.close())

const found = async (actor: UserActor, search: Partial<Search> = {}) =>
  (await searchHistory(deps, scopeOf(actor), { page: 1, ...search })).entries.map(
    entry => `${entry.actorLoginId ?? entry.actorName} ${entry.operation.slice(5)}`,
  )

const everything = ['佐藤 opened', 'suzuki02 closed', 'suzuki02 opened', 'tanaka01 closed', 'tanaka01 opened']

describe('F-01 操作履歴照会', () => {
  it('shows others’ operations with 全操作履歴照会, newest first, of no other company', async () => {
    expect(await found(seesAll(tanaka))).toEqual(everything)
    expect(await found(seesAll(stranger))).toEqual(['other03 opened'])
  })

  it('shows only one’s own without it, whatever the parameters say', async () => {
    const own = ['tanaka01 closed', 'tanaka01 opened']
    expect(await found(tanaka)).toEqual(own)
    expect(await found(tanaka, { user: 'suzuki02' })).toEqual(own)
    expect(await found(tanaka, { outcome: 'refused' })).toEqual([])
    expect(await found(suzuki, { operation: 'test.opened' })).toEqual(['suzuki02 opened'])
  })

  it('searches whole days in Japan', async () => {
    const day = '2026-11-20' as BusinessDay
    expect(await found(seesAll(tanaka), { from: day, to: day })).toEqual([
      'suzuki02 opened',
      'tanaka01 closed',
    ])
    expect(await found(seesAll(tanaka), { to: '2026-11-19' as BusinessDay })).toEqual(['tanaka01 opened'])
    expect(await found(seesAll(tanaka), { from: '2026-11-21' as BusinessDay })).toEqual([
      '佐藤 opened',
      'suzuki02 closed',
    ])
  })

  it('searches by user: what they did and what was done to them, by login ID or name', async () => {
    const suzukis = ['佐藤 opened', 'suzuki02 closed', 'suzuki02 opened']
    for (const user of ['suzuki02', 'SUZUKI02', 'ｓｕｚｕｋｉ０２', '鈴木', '鈴木_'])
      expect(await found(seesAll(tanaka), { user }), user).toEqual(suzukis)
    expect(await found(seesAll(tanaka), { user: '田中' })).toEqual(['tanaka01 closed', 'tanaka01 opened'])
    for (const user of ['other03', '%', '_', '\\', "'", '花子', 'nobody'])
      expect(await found(seesAll(tanaka), { user }), user).toEqual([])
  })

  // Few namesakes, many among few colleagues, many among many: each is looked for in a way of its own.
  it.each([
    { namesakes: 3, others: 0 },
    { namesakes: 40, others: 0 },
    { namesakes: 40, others: 700 },
  ])('finds what each of $namesakes namesakes beside $others others did and met with, once', async many => {
    const companyId = await bench.company()
    const reader = seesAll(userOf(companyId, { id: bench.ids.next() }))
    const named = (count: number, loginId: string, name: string) =>
      Array.from({ length: count }, (_, number) =>
        userOf(companyId, { id: bench.ids.next(), loginId: `${loginId}${many.others}x${number}`, name }),
      )
    const namesakes = named(many.namesakes, `sasaki${many.namesakes}of`, '佐々木　一')
    const others = named(many.others, 'sato', '佐藤　一')
    await sql(
      bench.database.ownerUrl,
      `insert into "user" (id, company_id, login_id, login_id_key, login_id_scope, name, email, role, created_at)
       values ${[...namesakes, ...others].map(({ id, loginId, name }) => `('${id}', '${companyId}', '${loginId}', '${loginId}', 'bank', '${name}', 'x', 'user', now())`).join(', ')}`,
    )
    const [first, second] = namesakes
    if (!first || !second) throw new Error('there are namesakes')
    const stranger = userOf(companyId, { id: bench.ids.next() })
    const about = (whom: UserActor) => ({ subject: { kind: 'user', id: whom.id, label: whom.loginId } })
    const later = () => {
      bench.clock.at = new Date(bench.clock.at.getTime() + 1_000)
    }
    for (const actor of namesakes) {
      later()
      await recordAlone(bench, Opened, { actor, companyId, details: {} })
    }
    await recordAlone(bench, Opened, { actor: stranger, companyId, details: {} })
    later()
    await recordAlone(bench, Closed, { actor: first, companyId, ...about(second), details: {} })
    later()
    await recordAlone(bench, Closed, { actor: stranger, companyId, ...about(first), details: {} })
    const total = many.namesakes + 2
    const search: Search = { page: 1, user: '佐々木' }
    const head = await headOf(deps, scopeOf(reader))
    const page = await searchHistory(deps, scopeOf(reader), search)
    expect(page).toMatchObject({ total, beyond: false })
    expect(page.entries.slice(0, 3).map(({ operation, actorId }) => [operation, actorId])).toEqual([
      ['test.closed', stranger.id],
      ['test.closed', first.id],
      ['test.opened', namesakes.at(-1)?.id],
    ])
    expect(await countEntries(deps, scopeOf(reader), search, head)).toBe(total)
    const entries = await entriesAfter(deps, scopeOf(reader), search, head, undefined, 1_000)
    expect(entries.map(({ seq }) => seq)).toEqual(
      entries.map(({ seq }) => seq).toSorted((one, other) => Number(other - one)),
    )
    expect(new Set(entries.map(({ id }) => id)).size).toBe(total)
    const after = await entriesAfter(deps, scopeOf(reader), search, head, entries[0], 1)
    expect(after.map(({ id }) => id)).toEqual([entries[1]?.id])
    expect(await searchHistory(deps, scopeOf(reader), { ...search, user: second.loginId })).toMatchObject({
      total: 2,
    })
    for (const [narrowed, found] of [
      [{ operation: 'test.closed' }, 2],
      [{ operation: 'test.opened', outcome: 'done' }, many.namesakes],
      [{ outcome: 'refused' }, 0],
    ] as const)
      expect(await searchHistory(deps, scopeOf(reader), { ...search, ...narrowed })).toMatchObject({
        total: found,
      })
    expect(await searchHistory(deps, scopeOf(reader), { ...search, user: '佐々木小次郎' })).toMatchObject({
      total: 0,
    })
  })

  it('searches by operation and outcome, and by all at once', async () => {
    const all = seesAll(tanaka)
    expect(await found(all, { outcome: 'refused' })).toEqual(['suzuki02 closed'])
    expect(await found(all, { outcome: 'done', operation: 'test.closed' })).toEqual(['tanaka01 closed'])
    const day = '2026-11-21' as BusinessDay
    expect(
      await found(all, {
        from: day,
        to: day,
        user: 'suzuki02',
        operation: 'test.closed',
        outcome: 'refused',
      }),
    ).toEqual(['suzuki02 closed'])
    expect(await operationsSeen(deps, scopeOf(all))).toEqual(['test.closed', 'test.opened'])
  })

  it('F-01 offers the operations of the entries that the reader may see, of no others', async () => {
    const newcomer = userOf(tanaka.companyId, { id: bench.ids.next(), loginId: 'newcomer' })
    expect(await operationsSeen(deps, scopeOf(newcomer))).toEqual([])
    expect(await operationsSeen(deps, scopeOf(seesAll(newcomer)))).toEqual(['test.closed', 'test.opened'])
  })

  it('F-02 shows customers who at the bank acted, and staff also from where', async () => {
    const byStaff = async (actor: UserActor) =>
      (await searchHistory(deps, scopeOf(actor), { page: 1 })).entries.filter(
        entry => entry.actorKind === 'staff',
      )
    const [entry] = await byStaff(seesAll(tanaka))
    expect(entry).toMatchObject({ actorName: '佐藤', ip: null, certificateSerial: null })
    expect(await findEntry(deps, scopeOf(seesAll(tanaka)), entry?.id ?? '')).toMatchObject({
      actorName: '佐藤',
      ip: null,
      certificateSerial: null,
    })
    const [same] = await recentHistoryOf(deps, officer, { companyId: suzuki.companyId, userId: suzuki.id })
    expect(same).toMatchObject({ id: entry?.id, ip: '198.51.100.7', certificateSerial: 'cd34' })
  })

  it('gives the last page for one past it, and counts', async () => {
    expect(await searchHistory(deps, scopeOf(seesAll(tanaka)), { page: 500 })).toMatchObject({
      total: 5,
      beyond: false,
      page: 1,
    })
  })

  it('opens an entry only for who may see it', async () => {
    const page = await searchHistory(deps, scopeOf(seesAll(tanaka)), { page: 1, user: 'suzuki02' })
    const id = page.entries[1]?.id ?? ''
    expect(await findEntry(deps, scopeOf(seesAll(tanaka)), id)).toMatchObject({
      id,
      reason: 'test.no',
      details: {},
    })
    expect(await findEntry(deps, scopeOf(suzuki), id)).toMatchObject({ id })
    expect(await findEntry(deps, scopeOf(tanaka), id)).toBeUndefined()
    expect(await findEntry(deps, scopeOf(seesAll(stranger)), id)).toBeUndefined()
    for (const odd of ['', 'x', `${id}'`, id.toUpperCase(), '01900000-0000-7000-8000-000000000000'])
      expect(await findEntry(deps, scopeOf(seesAll(tanaka)), odd), odd).toBeUndefined()
  })

  it('H-02 tells the helpdesk what a user did and what was done to them', async () => {
    const entries = await recentHistoryOf(
      deps,
      officer,
      { companyId: suzuki.companyId, userId: suzuki.id },
      2,
    )
    expect(entries.map(entry => entry.actorLoginId)).toEqual(['helper', 'suzuki02'])
    // Never by a company and a user that do not belong together.
    expect(
      await recentHistoryOf(deps, officer, { companyId: stranger.companyId, userId: suzuki.id }),
    ).toEqual([])
  })
})
