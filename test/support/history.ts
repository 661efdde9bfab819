import { pino } from 'pino'
import type { UserActor } from '../../src/kernel/actor.ts'
import type { Clock } from '../../src/kernel/clock.ts'
import type { Ids } from '../../src/kernel/ids.ts'
import { closeDb, type Db, openDb } from '../../src/platform/db/client.ts'
import { systemIds } from '../../src/platform/system-clock.ts'
import { freshDatabase, sql, type TestDatabase } from './database.ts'

/** A migrated database with a clock that stands still until it is moved: enough to write and read the history. */
export type HistoryBench = {
  database: TestDatabase
  db: Db
  clock: Clock & { at: Date }
  ids: Ids
  /** A company of its own, with nothing in it. */
  company(): Promise<string>
  close(): Promise<void>
}

export const openHistoryBench = async (): Promise<HistoryBench> => {
  const database = await freshDatabase()
  const db = openDb({ url: database.appUrl, log: pino({ level: 'silent' }) })
  const clock = { at: new Date('2026-11-20T08:55:03.120Z'), now: () => clock.at }
  const ids = systemIds(clock)
  const entrance = ids.next()
  let companies = 0
  await sql(
    database.ownerUrl,
    `insert into entrance values ('${entrance}', 'test', '試験', 'shoko', '2026-11-20T00:00:00Z')`,
  )
  return {
    database,
    db,
    clock,
    ids,
    company: async () => {
      const id = ids.next()
      companies++
      await sql(
        database.ownerUrl,
        `insert into company (id, entrance_id, contract_number, name, name_kana, policy_version, created_at)
         values ('${id}', '${entrance}', 'C${companies}', '株式会社試験${companies}', 'シケン', 1, now())`,
      )
      return id
    },
    close: async () => {
      await closeDb(db)
      await database.drop()
    },
  }
}

/** A user of a company, as a session would name them; no row stands behind. */
export const userOf = (companyId: string, given: Partial<UserActor> = {}): UserActor => ({
  kind: 'user',
  id: '01900000-0000-7000-8000-00000000000a',
  companyId,
  loginId: 'tanaka01',
  name: '田中一郎',
  role: 'user',
  permissions: new Set(),
  origin: { ip: '192.0.2.1', certificateSerial: 'ab12' },
  ...given,
})
