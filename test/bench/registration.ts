import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import type { Bed } from './bed.ts'
import type { Figure } from './figures.ts'

const users = 5_000
const goalPerSecond = 100
const longestSeconds = 1_200

/** A file of users as its registration leaves it: all stored, and nobody told of them yet. */
const seed = async (client: pg.Client, { companyId, userId }: { companyId: string; userId: string }) => {
  await client.query('alter table "user" disable trigger user_name_grams')
  await client.query(
    `with file as (
       insert into user_import (id, company_id, owner_id, state, file_name, confirmation, registrable, created_at, expires_at, registered_at)
       values (gen_random_uuid(), $1, $2, 'registered', 'users.csv', '{}', $3, now(), now() + interval '1 day', now())
       returning id
     ), named as (
       select n, gen_random_uuid() as id, 'touroku' || lpad(n::text, 6, '0') as login_id from generate_series(1, $3::int) as n
     ), stored as (
       insert into "user" (id, company_id, login_id, login_id_key, login_id_scope, name, email, role, created_at)
       select id, $1, login_id, login_id, 'bank', '一括　太郎', login_id || '@bench.sekisho.example', 'user', now() from named
     )
     insert into user_import_row (company_id, import_id, "row", user_id, login_id, name, email, role, permissions, accounts, limits)
     select $1, file.id, n + 1, named.id, login_id, '一括　太郎', login_id || '@bench.sekisho.example', 'user',
            array['balance.view'], array[]::uuid[], '{}'
       from named, file`,
    [companyId, userId, users],
  )
  await client.query('alter table "user" enable trigger user_name_grams')
  await client.query('vacuum analyze user_import_row')
}

/**
 * What follows the registration of a large file (D-13): users a second whose events are written, and whose mails are
 * sent, while both go on at once.
 */
export const benchRegistration = async (bed: Bed): Promise<Figure[]> => {
  const customer = bed.customers[2]
  const ownerUrl = bed.settings.databaseOwnerUrl
  if (!customer || !ownerUrl) throw new Error('The bed has no third customer')
  const client = new pg.Client(ownerUrl)
  await client.connect()
  try {
    await seed(client, customer)
    const startedAt = performance.now()
    // What a stopped program has left is taken up at the start.
    const program = await bed.startProgram()
    try {
      const left = { events: users, mails: users }
      const perSecond = { events: 0, mails: 0 }
      const cpu = { own: program.cpuSeconds(), database: bed.databaseCpuSeconds() }
      while (left.events + left.mails > 0) {
        const seconds = (performance.now() - startedAt) / 1000
        if (seconds > longestSeconds) throw new Error(`Still left: ${JSON.stringify(left)}`)
        await pause(500)
        const { rows } = await client.query<{ events: number; mails: number }>(
          `select (select count(*)::int from user_import_row where company_id = $1) as events,
                  $2 - (select count(*)::int from outbox_mail
                         where company_id = $1 and kind = 'user.registered' and sent_at is not null) as mails`,
          [customer.companyId, users],
        )
        Object.assign(left, rows[0])
        const now = (performance.now() - startedAt) / 1000
        if (left.events === 0 && !perSecond.events) perSecond.events = users / now
        if (left.mails === 0) perSecond.mails = users / now
      }
      const besides = {
        cpuMilliseconds: ((program.cpuSeconds() - cpu.own) * 1000) / users,
        databaseCpuMilliseconds: ((bed.databaseCpuSeconds() - cpu.database) * 1000) / users,
      }
      return (['events', 'mails'] as const).map(each => ({
        name: `registration ${each}`,
        unit: 'users/s',
        median: perSecond[each],
        baseline: null,
        ratio: null,
        goal: `≥ ${goalPerSecond}`,
        met: perSecond[each] >= goalPerSecond,
        besides,
      }))
    } finally {
      await program.stop()
    }
  } finally {
    await client.end()
  }
}
