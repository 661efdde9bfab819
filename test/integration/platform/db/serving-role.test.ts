import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { servingRoleOwnsTables } from '../../../../src/platform/db/migrate.ts'
import { freshDatabase, sql, type TestDatabase } from '../../../support/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
  await sql(
    database.ownerUrl,
    `insert into history (id, chain_id, at, actor_kind, operation, outcome, details)
     values (gen_random_uuid(), '00000000-0000-0000-0000-000000000000', now(), 'system', 'test.entry', 'done', '{}')`,
  )
})
afterAll(() => database.drop())

describe('the role that serves', () => {
  it.each([
    ["update history set details = '{}'"],
    ['delete from history'],
    ['truncate history'],
    ['update history_chain set seq = 0'],
    ['update company_policy set overrides = default'],
    ['delete from company_policy'],
    ['delete from history_chain'],
    ["insert into history_chain (id, seq, hash) values (gen_random_uuid(), 0, '')"],
    ['alter table history disable trigger all'],
    ['drop table history'],
    ['create table mine (id int)'],
    ['create schema mine'],
    ['delete from _prisma_migrations'],
    ['set role sekisho_owner'],
  ])('F-03 may not: %s', async statement => {
    await expect(sql(database.appUrl, statement)).rejects.toThrow(
      /permission denied|must be owner of|must be able to SET ROLE/,
    )
  })

  it('F-03 may add to the history and read it', async () => {
    await sql(
      database.appUrl,
      `insert into history (id, chain_id, at, actor_kind, operation, outcome, details)
       values (gen_random_uuid(), '00000000-0000-0000-0000-000000000000', now(), 'system', 'test.entry', 'done', '{}')`,
    )
    const [row] = await sql<{ entries: string; head: string }>(
      database.appUrl,
      'select count(*) as entries, (select seq from history_chain) as head from history',
    )
    expect(row).toEqual({ entries: '2', head: '2' })
  })

  it('F-03 owns no table, and an owner in its place is found out', async () => {
    expect(await servingRoleOwnsTables(database.appUrl)).toBe(false)
    expect(await servingRoleOwnsTables(database.ownerUrl)).toBe(true)
  })
})
