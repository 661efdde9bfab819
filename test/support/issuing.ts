import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Deps } from '../../src/deps.ts'
import { createCompany, type NewCompany } from '../../src/features/company/index.ts'
import { system } from '../../src/kernel/actor.ts'
import type { Db } from '../../src/platform/db/client.ts'
import { readSettings } from '../../src/platform/settings.ts'
import { openWorld } from '../../src/world.ts'
import { freshDatabase, patience, type TestDatabase } from './database.ts'

/** Everything the certificates are made with, and one company; nobody works on jobs, and the clock stands still. */
export type IssuingBench = {
  deps: Deps
  database: TestDatabase
  clock: { at: Date; now(): Date }
  companyId: string
  close(): Promise<void>
}

/** A company that logs in by certificate and password. */
export const testCompany: NewCompany = {
  entrance: { slug: 'shoko', name: '試験', preset: 'shoko' },
  contractNumber: '2004000000',
  name: '株式会社試験',
  nameKana: 'シケン',
  overrides: {},
  services: [],
  accounts: [],
  limits: [],
  administrator: {
    loginId: '2004000001',
    name: '管理　太郎',
    email: 'kanri@test.example',
    loginPassword: 'Kanrisha2026',
    forceChange: false,
  },
}

export const openIssuingBench = async (): Promise<IssuingBench> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'sekisho-issuing-'))
  const database = await freshDatabase()
  const settings = readSettings({
    DATABASE_URL: database.appUrl,
    DATABASE_OWNER_URL: database.ownerUrl,
    DATA_DIR: dataDir,
    LOG_LEVEL: 'fatal',
  })
  const clock = { at: new Date('2026-11-20T01:00:00.000Z'), now: () => clock.at }
  const { deps, close } = await openWorld(settings, { clock, worker: false, patience })
  const made = await createCompany(deps, system('test'), testCompany)
  if (!made.ok) throw new Error(made.reason)
  return {
    deps,
    database,
    clock,
    companyId: made.value.companyId,
    close: async () => {
      await close()
      await database.drop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** The program dies here. */
export class Killed extends Error {}

/**
 * A database on whose `nth` transaction the program dies: before it begins, with everything in it done and nothing
 * committed, or after it has committed and before anybody hears of it. Counts the transactions begun.
 */
export const dyingAt = (
  db: Db,
  nth: number,
  when: 'before' | 'within' | 'after',
): { db: Db; transactions: () => number } => {
  let begun = 0
  const dying = new Proxy(db, {
    get: (target, name) => {
      const own: unknown = Reflect.get(target, name)
      if (name !== '$transaction' || typeof own !== 'function') return own
      return async (...given: unknown[]) => {
        const mine = ++begun === nth
        if (mine && when === 'before') throw new Killed()
        const [work, ...how] = given
        const dies = async (tx: unknown) => {
          if (typeof work === 'function') await work(tx)
          throw new Killed()
        }
        const value: unknown = await own.apply(target, mine && when === 'within' ? [dies, ...how] : given)
        if (mine) throw new Killed()
        return value
      }
    },
  })
  return { db: dying, transactions: () => begun }
}
