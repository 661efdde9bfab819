import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freshDatabase, sql, type TestDatabase } from '../../../support/database.ts'

const id = (n: number) => `01900000-0000-7000-8000-${String(n).padStart(12, '0')}`
const entrance = id(1)
const company = id(2)
const other = id(3)
const user = id(4)
const staff = id(5)
const issuer = id(6)

let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
  await sql(
    database.ownerUrl,
    `insert into entrance values ('${entrance}', 'test', '試験', 'shoko', now())`,
    `insert into company (id, entrance_id, contract_number, name, name_kana, policy_version, created_at)
     values ('${company}', '${entrance}', 'C1', '甲', 'コウ', 1, now()), ('${other}', '${entrance}', 'C2', '乙', 'オツ', 1, now())`,
    `insert into "user" (id, company_id, login_id, login_id_key, login_id_scope, name, email, role, created_at)
     values ('${user}', '${company}', 'Tanaka01', 'tanaka01', 'bank', '田中', 'a@example.jp', 'user', now())`,
    `insert into staff (id, login_id, login_id_key, name, email, role, created_at)
     values ('${staff}', 'Helper', 'helper', '鈴木', 'b@example.jp', 'operator', now())`,
    `insert into issuer (id, kind, name, certificate_der, sealed_key, not_after, created_at)
     values ('${issuer}', 'users', 'CA', '', '', now(), now())`,
  )
})
afterAll(() => database.drop())

/** A row as SQL, tried as the serving role and taken back. */
const insert = (table: string, row: Record<string, string | null>) =>
  sql(
    database.appUrl,
    'begin',
    `insert into "${table}" (${Object.keys(row).join(', ')})
     values (${Object.values(row)
       .map(value => (value === null ? 'null' : `'${value}'`))
       .join(', ')})`,
    'rollback',
  )

const ofUser = { company_id: company, user_id: user }
const ofStaff = { staff_id: staff }
const now = '2026-11-20T00:00:00Z'

const credential = { id: id(10), kind: 'login_password', hash: 'x', set_at: now, set_on: '2026-11-20' }
const acquisition = { id: id(11), hash: 'x', issued_at: now, expires_at: now }
const certificate = { id: id(12), purpose: 'enrolment', state: 'requested', requested_at: now }
const session = {
  id: id(13),
  token_hash: '\\x01',
  stage: 'open',
  host: 'h',
  ip: '192.0.2.1',
  user_agent: '',
  started_at: now,
  last_seen_at: now,
  idle_seconds: '1800',
  absolute_end: now,
}

describe('the database itself refuses', () => {
  it.each([
    ['credential', credential],
    ['acquisition_password', acquisition],
    ['certificate', certificate],
    ['session', { ...session, kind: 'enrolment' }],
  ])('a %s without exactly one holder', async (table, row) => {
    await insert(table, { ...row, ...ofUser })
    await insert(table, { ...row, ...ofStaff })
    const violates = { code: '23514', constraint: `${table}_one_holder` }
    await expect(insert(table, row)).rejects.toMatchObject(violates)
    await expect(insert(table, { ...row, ...ofUser, ...ofStaff })).rejects.toMatchObject(violates)
    await expect(insert(table, { ...row, user_id: user })).rejects.toMatchObject(violates)
    await expect(insert(table, { ...row, ...ofStaff, company_id: company })).rejects.toMatchObject(violates)
    // A user of one company, filed under another.
    await expect(insert(table, { ...row, company_id: other, user_id: user })).rejects.toMatchObject({
      code: '23503',
    })
  })

  it('a session of one kind held by the other', async () => {
    const violates = { constraint: 'session_kind_holder' }
    await expect(insert('session', { ...session, kind: 'user', ...ofStaff })).rejects.toMatchObject(violates)
    await expect(insert('session', { ...session, kind: 'staff', ...ofUser })).rejects.toMatchObject(violates)
  })

  it.each(['prepared', 'signed', 'delivered', 'active', 'revoked', 'superseded', 'expired'])(
    'C-10 a certificate that is %s without what was recorded before signing',
    async state => {
      const recorded = { serial: 'ab', issuer_id: issuer, tbs: '\\x30' }
      const signed = state === 'prepared' ? {} : { der: '\\x30', fingerprint: 'ff' }
      const row = { ...certificate, ...ofUser, state }
      await insert('certificate', { ...row, ...recorded, ...signed })
      // An authority elsewhere chooses the serial as it signs (C-16).
      const { serial, ...needed } = recorded
      for (const column of Object.keys(state === 'prepared' ? needed : recorded))
        await expect(
          insert('certificate', { ...row, ...recorded, ...signed, [column]: null }),
          column,
        ).rejects.toMatchObject({ constraint: 'certificate_prepared_is_recorded' })
      for (const column of Object.keys(signed))
        await expect(
          insert('certificate', { ...row, ...recorded, ...signed, [column]: null }),
          column,
        ).rejects.toMatchObject({ constraint: 'certificate_signed_is_kept' })
    },
  )

  it('A-00 a login ID whose key is not its lower case', async () => {
    const row = {
      company_id: company,
      login_id_scope: 'bank',
      name: 'x',
      email: 'x',
      role: 'user',
      created_at: now,
    }
    await insert('user', { ...row, id: id(20), login_id: 'ABC123', login_id_key: 'abc123' })
    await expect(
      insert('user', { ...row, id: id(20), login_id: 'ABC123', login_id_key: 'ABC123' }),
    ).rejects.toMatchObject({ constraint: 'user_login_id_key' })
    await expect(
      insert('user', { ...row, id: id(20), login_id: 'TANAKA01', login_id_key: 'tanaka01' }),
    ).rejects.toMatchObject({ code: '23505' })
  })

  it('negative counters and amounts', async () => {
    for (const counter of ['failures', 'stranger_failures', 'lock_count'])
      await expect(
        insert('credential', { ...credential, ...ofUser, [counter]: '-1' }),
        counter,
      ).rejects.toMatchObject({ constraint: 'credential_counters' })
    await expect(
      sql(
        database.appUrl,
        'begin',
        `insert into company_service values ('${company}', 'transfer', 'single')`,
        `insert into user_limit values ('${company}', '${user}', 'transfer', -1)`,
      ),
    ).rejects.toMatchObject({ constraint: 'user_limit_not_negative' })
  })

  it.each(['[]', '"text"', '1', '{', '{"a":1,"a":2}', 'null', ''])('history details %s', async details => {
    await expect(
      insert('history', {
        id: id(30),
        chain_id: company,
        at: now,
        actor_kind: 'system',
        operation: 'test.details',
        outcome: 'done',
        details,
      }),
    ).rejects.toMatchObject({ constraint: 'history_details_object' })
  })

  it('a NUL in the history, by the type of its columns', async () => {
    await expect(
      sql(
        database.appUrl,
        `insert into history (id, chain_id, at, actor_kind, operation, outcome, details)
         values ('${id(31)}', '${company}', now(), 'system', E'a\\u0000b', 'done', '{}')`,
      ),
    ).rejects.toThrow(/invalid Unicode escape/)
  })

  it('F-02 a refusal without a reason', async () => {
    const row = {
      id: id(32),
      chain_id: company,
      at: now,
      actor_kind: 'system',
      operation: 'test',
      details: '{}',
    }
    await expect(insert('history', { ...row, outcome: 'refused' })).rejects.toMatchObject({
      constraint: 'history_refusal_reason',
    })
  })

  it('B-13 two live sessions of one user, but not one that waits for 「再ログイン」', async () => {
    const both = async (second: Record<string, string>) => {
      const rows = [
        { ...session, ...ofUser, kind: 'user' },
        { ...session, ...ofUser, kind: 'user', id: id(40), token_hash: '\\x02', ...second },
      ]
      const statements = rows.map(
        row =>
          `insert into session (${Object.keys(row).join(', ')}) values ('${Object.values(row).join("', '")}')`,
      )
      await sql(database.appUrl, 'begin', ...statements, 'rollback')
    }
    await both({ stage: 'takeover' })
    await both({ ended_at: now })
    await both({ kind: 'enrolment' })
    await expect(both({})).rejects.toMatchObject({ code: '23505', constraint: 'session_one_live_user' })
  })

  it('C-09 two usable acquisition passwords of one user', async () => {
    const both = (first: string) =>
      sql(
        database.appUrl,
        'begin',
        `insert into acquisition_password (id, company_id, user_id, hash, issued_at, expires_at, voided_at, used_at)
         values ('${id(50)}', '${company}', '${user}', 'x', now(), now(), ${first})`,
        `insert into acquisition_password (id, company_id, user_id, hash, issued_at, expires_at)
         values ('${id(51)}', '${company}', '${user}', 'x', now(), now())`,
        'rollback',
      )
    await both('now(), null')
    await both('null, now()')
    await expect(both('null, null')).rejects.toMatchObject({
      constraint: 'acquisition_password_one_usable_user',
    })
  })
})

describe('D-04 the catalogue', () => {
  it('has the services in the order of the manual', async () => {
    const services = await sql<{ code: string; approval: string | null; limited: boolean }>(
      database.appUrl,
      'select code, approval, user_limit as limited from service order by sort',
    )
    expect(services.map(({ code, approval, limited }) => [code, approval, limited])).toEqual([
      ['balance', null, false],
      ['statement', null, false],
      ['incoming', null, false],
      ['transfer', 'optional', true],
      ['bulk_transfer', 'required', true],
      ['payroll', 'required', true],
      ['direct_debit', 'required', true],
      ['history', null, false],
      ['fx', null, false],
    ])
  })

  it('has the boxes of each service, and one for administrators only', async () => {
    const boxes = await sql<{ service_code: string; codes: string[] }>(
      database.appUrl,
      `select service_code, array_agg(code order by sort) as codes from permission group by service_code`,
    )
    expect(Object.fromEntries(boxes.map(({ service_code, codes }) => [service_code, codes]))).toEqual({
      balance: ['view'],
      statement: ['view'],
      incoming: ['view'],
      transfer: [
        'request_preregistered',
        'request_user_registered',
        'request_new',
        'payees',
        'enquire_all',
        'approve',
      ],
      bulk_transfer: ['request_screen', 'request_file', 'payees', 'enquire_all', 'approve'],
      payroll: ['request_screen', 'request_file', 'payees', 'enquire_all', 'approve'],
      direct_debit: ['request_screen', 'request_file', 'payees', 'enquire_all', 'result_enquiry', 'approve'],
      history: ['all'],
      fx: ['deal', 'leave_order', 'confirm', 'manage', 'restrict_users'],
    })
    expect(await sql(database.appUrl, 'select code from permission where administrators_only')).toEqual([
      { code: 'restrict_users' },
    ])
  })
})
