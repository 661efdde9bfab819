import type { ChildProcess } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '../../../support/database.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { kill, startWorker } from '../../../support/workers.ts'
import { basics, choose, csv, press, row, settled, toConfirm } from './importing.ts'

const rows = 1000
/** Four programs are started one after the other. */
const longest = 300_000

let portal: Portal
let admin: Visitor
let worker: ChildProcess | undefined

beforeAll(async () => {
  portal = await openPortal({ generalUsers: false })
  admin = await portal.administrator()
})
afterAll(async () => {
  worker?.kill('SIGKILL')
  await portal.close()
})

const startImporting = async (): Promise<ChildProcess> => {
  worker = await startWorker('import-worker.ts', {
    database: portal.database,
    dataDir: portal.settings.dataDir,
  })
  return worker
}

const query = async <Row extends object>(statement: string): Promise<Row[]> =>
  sql<Row>(portal.database.ownerUrl, statement)
const count = async (statement: string): Promise<number> =>
  (await query<{ n: number }>(`SELECT count(*)::int AS n FROM ${statement}`))[0]?.n ?? 0
const stateOf = async () =>
  (await query<{ state: string; read: number }>('SELECT state::text, rows_read AS read FROM user_import'))[0]
const registered = () => count(`"user" WHERE login_id_key LIKE 'kiru%'`)
const events = () => count(`history WHERE operation = 'user.registered' AND subject_label LIKE 'kiru%'`)

/** Waits for a state of the work, and gives whether it came before the work was over. */
const reached = async (sign: () => Promise<boolean>, over: () => Promise<boolean>): Promise<boolean> => {
  for (;;) {
    if (await sign()) return true
    if (await over()) return false
    await pause(5)
  }
}

describe('a program that is killed over a file of users', () => {
  it(
    'D-13 stores nobody by half: check, registration and what follows are taken up by the next one',
    async () => {
      const names = Array.from({ length: rows }, (_, index) => row(`kiru${String(index).padStart(5, '0')}`))
      const page = await choose(admin, csv(basics, ...names))
      expect(page.path).toMatch(/^\/users\/import\//)
      const file = page.path

      // In the middle of the check.
      const first = await startImporting()
      await reached(
        async () => ((await stateOf())?.read ?? 0) > 0,
        async () => (await stateOf())?.state !== 'checking',
      )
      await kill(first)
      expect(await registered()).toBe(0)

      const second = await startImporting()
      expect((await settled(admin)).text).toContain(`${rows}行`)
      expect(await stateOf()).toMatchObject({ state: 'checked', read: rows })
      await toConfirm(admin)
      await press(admin, demo.administrator.confirmationPassword)

      // In the middle of the registration: whoever holds the file's row is at it.
      await reached(
        async () =>
          (await query('SELECT FROM user_import FOR UPDATE SKIP LOCKED')).length === 0 &&
          (await stateOf())?.state === 'registering',
        async () => (await stateOf())?.state === 'registered',
      )
      await kill(second)
      expect([0, rows]).toContain(await registered())

      // In the middle of the events and mails that follow.
      const third = await startImporting()
      await reached(
        async () => (await events()) > 0,
        async () => (await stateOf())?.state === 'registered' && (await count('user_import_row')) === 0,
      )
      await kill(third)
      expect(await registered()).toBe(rows)

      const last = await startImporting()
      await reached(
        async () => (await count('user_import_row')) === 0,
        async () => false,
      )
      await kill(last)
      await admin.get(file)
      expect((await settled(admin)).status).toBe(200)
      expect(await events()).toBe(rows)
      expect(
        await count(`(SELECT subject_label FROM history WHERE operation = 'user.registered' AND
        subject_label LIKE 'kiru%' GROUP BY 1 HAVING count(*) > 1) AS twice`),
      ).toBe(0)
      expect(await count(`outbox_mail WHERE recipient LIKE 'kiru%'`)).toBe(rows)
    },
    longest,
  )
})
