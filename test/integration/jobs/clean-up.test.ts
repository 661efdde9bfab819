import { afterAll, beforeAll, expect, it } from 'vitest'
import { removeOldSessions } from '../../../src/features/sessions/index.ts'
import { cleanUp } from '../../../src/jobs/clean-up.ts'
import { removeExpiredDrafts } from '../../../src/platform/http/drafts.ts'
import { sql } from '../../support/database.ts'
import { openPortal, type Portal } from '../../support/portal.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal()
})
afterAll(() => portal.close())

it('D-02 drafts that nobody came back to go after their end, with their secrets; others stay', async () => {
  const admin = await portal.administrator()
  await admin.get('/users')
  await admin.post('/users/new')
  expect(await removeExpiredDrafts(portal.deps)).toBe(0)
  portal.clock.move(25 * 60 * 60)
  expect(await removeExpiredDrafts(portal.deps)).toBe(1)
  expect(await portal.deps.db.draft.count()).toBe(0)
})

it('sessions go ninety days after they ended, not before', async () => {
  portal.clock.move(80 * 24 * 60 * 60)
  expect(await removeOldSessions(portal.deps)).toBe(0)
  portal.clock.move(11 * 24 * 60 * 60)
  expect(await removeOldSessions(portal.deps)).toBeGreaterThan(0)
})

/** Lets no statement delete more than so many rows of a table: what does is given up after five seconds, in a bank. */
const noMoreAtOnce = (table: string, most: number) =>
  sql(
    portal.database.ownerUrl,
    `CREATE FUNCTION no_more_of_${table}() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       IF (SELECT count(*) FROM gone) > ${most} THEN RAISE 'too many at once'; END IF;
       RETURN NULL;
     END $$`,
    `CREATE TRIGGER no_more_of_${table} AFTER DELETE ON ${table} REFERENCING OLD TABLE AS gone
       FOR EACH STATEMENT EXECUTE FUNCTION no_more_of_${table}()`,
  )

it('sessions of a month in which nobody cleaned up go in portions, none of which is given up', async () => {
  await noMoreAtOnce('session', 5_000)
  const { id, companyId } = await portal.deps.db.user.findFirstOrThrow()
  await sql(
    portal.database.ownerUrl,
    `INSERT INTO session (id, token_hash, kind, stage, company_id, user_id, host, ip, user_agent, started_at, last_seen_at,
                          idle_seconds, absolute_end, ended_at, end_reason)
     SELECT gen_random_uuid(), sha256(n::text::bytea), 'user', 'open', '${companyId}', '${id}', 'h', '::1', '', t, t, 900, t, t, 'idle'
       FROM generate_series(1, 12000) n, (SELECT timestamptz '2020-01-01' AS t) AS long_ago`,
  )
  expect(await removeOldSessions(portal.deps)).toBe(12_000)
})

it('I-04 mails and short messages go ninety days after they were sent or given up; what waits stays', async () => {
  const now = portal.clock.now().toISOString()
  const { id, companyId } = await portal.deps.db.user.findFirstOrThrow()
  const kept = ['sent yesterday', 'waiting']
  const rows = [
    ['sent', 100, 100, null],
    ['given up', 100, null, 100],
    ['sent yesterday', 100, 1, null],
    ['waiting', 100, null, null],
  ] as const
  const ago = (days: number | null) =>
    days === null ? 'NULL' : `timestamptz '${now}' - interval '${days} days'`
  for (const [kind, created, sent, failed] of rows)
    await sql(
      portal.database.ownerUrl,
      `INSERT INTO outbox_mail (id, kind, recipient, locale, params, created_at, sent_at, failed_at)
       VALUES (gen_random_uuid(), '${kind}', 'n@example.co.jp', 'ja', '{}', ${ago(created)}, ${ago(sent)}, ${ago(failed)})`,
      // A message that nobody waits for any more is given up by the same round, and goes ninety days later.
      `INSERT INTO outbox_sms (id, company_id, user_id, kind, recipient, locale, created_at, stale_at, sent_at, failed_at)
       VALUES (gen_random_uuid(), '${companyId}', '${id}', '${kind}', '+819012345678', 'ja', ${ago(created)}, ${ago(created)}, ${ago(sent)}, ${ago(failed)})`,
    )
  await cleanUp(portal.deps)
  const kinds = (found: { kind: string }[]) => found.map(({ kind }) => kind).toSorted()
  const ours = { where: { kind: { in: rows.map(([kind]) => kind) } }, select: { kind: true } }
  expect(kinds(await portal.deps.db.outboxMail.findMany(ours))).toEqual(kept)
  expect(kinds(await portal.deps.db.outboxSms.findMany(ours))).toEqual(kept)
})

it('what fails of the clean-up keeps nothing else from being done, and is done once it can be', async () => {
  const { id, companyId } = await portal.deps.db.user.findFirstOrThrow()
  await portal.deps.db.draft.create({
    data: {
      ...{ id: portal.deps.ids.next(), companyId, ownerId: id, wizard: 'user-registration', answers: {} },
      ...{ createdAt: portal.clock.now(), expiresAt: portal.clock.now() },
    },
  })
  portal.clock.move(100 * 24 * 60 * 60)
  await sql(
    portal.database.ownerUrl,
    `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not now'; END $$`,
    'CREATE TRIGGER refuse BEFORE DELETE ON draft FOR EACH STATEMENT EXECUTE FUNCTION refuse()',
  )
  await cleanUp(portal.deps)
  expect([await portal.deps.db.draft.count(), await portal.deps.db.session.count()]).toEqual([1, 0])
  await sql(portal.database.ownerUrl, 'DROP TRIGGER refuse ON draft')
  await cleanUp(portal.deps)
  expect(await portal.deps.db.draft.count()).toBe(0)
})
