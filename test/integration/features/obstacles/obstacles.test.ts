import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { issueDirectly } from '../../../../src/features/certificates/index.ts'
import { system } from '../../../../src/kernel/actor.ts'
import { type Enrolled, enrolledUser } from '../../../support/certificates.ts'
import { sql } from '../../../support/database.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'

let portal: Portal
let admin: Visitor
let general: Visitor
let person: Enrolled
let accountId: string

beforeAll(async () => {
  portal = await openPortal({ presets: ['shoko', 'sevenbank'], generalUsers: false })
  admin = await portal.administrator()
  person = await enrolledUser(portal)
  general = portal.visitor(person.identity)
  await general.logIn(person.password)
  if (general.page.path !== '/home') throw new Error(`the user is at ${general.page.path}`)
  const account = await portal.deps.db.account.findFirstOrThrow({
    where: { companyId: person.companyId, number: '0253226' },
  })
  accountId = account.id
})
afterAll(() => portal.close())

// 振込振替 by single approval: the user may ask, with the account, up to 60,000,000 yen; the administrator approves.
beforeEach(async () => {
  const { companyId, id: userId } = person
  await sql(
    portal.database.ownerUrl,
    `UPDATE company_service SET approval = 'single' WHERE company_id = '${companyId}' AND approval IS NOT NULL`,
    `DELETE FROM user_permission WHERE user_id = '${userId}'`,
    `INSERT INTO user_permission VALUES ('${companyId}', '${userId}', 'transfer', 'request_new')`,
    `DELETE FROM user_limit WHERE user_id = '${userId}'`,
    `INSERT INTO user_limit VALUES ('${companyId}', '${userId}', 'transfer', 60000000)`,
    `INSERT INTO user_account VALUES ('${companyId}', '${userId}', '${accountId}') ON CONFLICT DO NOTHING`,
    `UPDATE account_limit SET amount = 50000000 WHERE account_id = '${accountId}' AND kind = 'each'`,
    `UPDATE "user" SET service_state = 'available' WHERE id = '${userId}'`,
    'UPDATE credential SET failures = 0, locked_at = NULL, locked_until = NULL',
  )
})

const ask = (visitor: Visitor, question: Record<string, string>) =>
  visitor.get(`/obstacles?${new URLSearchParams(question)}`)
const request = (changed: Record<string, string> = {}) => ({
  user: person.loginId,
  operation: 'transfer.request_new',
  ...changed,
})

describe('操作できない理由を調べる', () => {
  it('E-06 says that nothing stands in the way, who must approve, and how much room the settings leave', async () => {
    const page = await ask(admin, request({ account: accountId, amount: '50,000,000' }))
    expect(page.status).toBe(200)
    for (const words of [
      '設定上、この操作の妨げになるものはありません',
      '利用者は1人では実行できません',
      '承認できる利用者（ご本人を除く）：1名（管理　太郎）',
      '利用者一回当たり限度額 60,000,000円',
      '口座一日当たり限度額（振込振替 都度指定） 50,000,000円',
      '1回に取引できる金額は 50,000,000円 までです',
      '本日すでに利用した金額は含みません',
    ])
      expect(page.text).toContain(words)
    const { text } = await ask(admin, request({ account: accountId, amount: '50000001' }))
    expect(text).toContain('金額が口座一日当たり限度額（振込振替 都度指定）（50,000,000円）を超えています')
    expect(text).not.toContain('金額が利用者一回当たり限度額')
  })

  it('E-06 names state, lock, permission, account, limit and approvers together, each with its remedy', async () => {
    const { id } = person
    await sql(
      portal.database.ownerUrl,
      `UPDATE "user" SET service_state = 'suspended' WHERE id = '${id}'`,
      `UPDATE credential SET failures = 6, locked_at = now() WHERE user_id = '${id}' AND kind = 'login_password'`,
      `DELETE FROM user_permission WHERE user_id = '${id}'`,
      `DELETE FROM user_account WHERE user_id = '${id}'`,
      `UPDATE user_limit SET amount = 0 WHERE user_id = '${id}'`,
      `UPDATE company_service SET approval = 'double_ordered' WHERE company_id = '${person.companyId}' AND service_code = 'transfer'`,
    )
    const page = await ask(admin, request({ account: accountId }))
    for (const words of [
      'サービス状態が「利用停止」',
      '利用停止を解除してください',
      'ログインパスワードがロックされています',
      'この操作の権限がありません',
      '利用者情報の変更で権限を付与してください',
      '利用可能口座に含まれていません',
      '利用者一回当たり限度額が0円のため',
      '承認者が1名不足しています',
      '6 件',
    ])
      expect(page.text.replace(/6件/, '6 件')).toContain(words)
  })

  it('H-05 D-13 B-07 E-06 names a password that nobody can log in with, and who puts it right', async () => {
    const { id } = person
    const ofUser = `user_id = '${id}' AND kind = 'login_password'`
    const text = async (statement: string) => {
      await sql(portal.database.ownerUrl, statement)
      return (await ask(admin, request())).text
    }
    try {
      const closed = await text(
        `UPDATE credential SET stranger_failures = 100, stranger_retry_after = now() + interval '9 years' WHERE ${ofUser}`,
      )
      expect(closed).toContain('ログインしたことのないブラウザからのログインを受け付けていません')
      const ended = await text(`UPDATE credential SET temporary_until = '2020-01-01' WHERE ${ofUser}`)
      expect(ended).toContain('発行されたログインパスワードの有効期限が切れています')
      expect(ended).toContain('管理者またはヘルプデスクが、ログインパスワードを発行し直してください')
      // A contractor is nobody's in the company to help (D-14).
      const ofContractor = await text(`UPDATE "user" SET role = 'contractor' WHERE id = '${id}'`)
      expect(ofContractor).toContain('ヘルプデスクが、ログインパスワードを発行し直してください')
      expect(ofContractor).not.toContain('管理者またはヘルプデスク')
      // As one who has come from a file and waits for the first password.
      await sql(
        portal.database.ownerUrl,
        `INSERT INTO "user" (id, company_id, login_id, login_id_key, login_id_scope, name, email, role, created_at)
         VALUES (gen_random_uuid(), '${person.companyId}', 'machi001', 'machi001', 'bank', '待機　一郎',
                 'machi@demo.sekisho.example', 'user', now())`,
      )
      const unset = (await ask(admin, request({ user: 'machi001' }))).text
      expect(unset).toContain('ログインパスワードが発行されていません')
      expect(unset).toContain('「初期パスワードの発行」で発行するか')
    } finally {
      await sql(
        portal.database.ownerUrl,
        `UPDATE credential SET temporary_until = NULL, stranger_failures = 0, stranger_retry_after = NULL WHERE ${ofUser}`,
        `UPDATE "user" SET role = 'user' WHERE id = '${id}'`,
      )
    }
  })

  it('D-01 E-06 a certificate that works stands for its holder, whatever became of a newer one', async () => {
    const { companyId, id: userId, loginId } = person
    await issueDirectly(portal.deps, system('test'), { companyId, userId }, 'Torikomi2026')
    const newer = `id = (SELECT id FROM certificate WHERE user_id = '${userId}' ORDER BY requested_at DESC LIMIT 1)`
    await sql(
      portal.database.ownerUrl,
      `UPDATE certificate SET state = 'void', ended_at = now(), end_reason = 'unused' WHERE ${newer}`,
    )
    expect((await ask(admin, request())).text).toContain('設定上、この操作の妨げになるものはありません')
    const list = await admin.get('/users')
    expect(list.text).toMatch(new RegExp(`${loginId}.{0,80}発行済み`))
    expect((await admin.get(`/users/${userId}`)).text).toMatch(/電子証明書 発行済み/)
    expect((await admin.get('/users/export')).html).toMatch(new RegExp(`${loginId}.*発行済み`))
  })

  it('E-03 E-06 without an account it reckons with the roomiest of those the user may use, and says which', async () => {
    const { companyId, id } = person
    // 普通 0253226 is the user's alone and allows 50,000,000 for one; 普通 1180452, which allows more, becomes theirs.
    const other = await portal.deps.db.account.findFirstOrThrow({ where: { companyId, number: '1180452' } })
    const room = (id: string, each: number) =>
      `INSERT INTO account_limit (company_id, account_id, kind, amount)
       VALUES ('${companyId}', '${id}', 'total', 100000000), ('${companyId}', '${id}', 'each', ${each})
       ON CONFLICT (company_id, account_id, kind) DO UPDATE SET amount = EXCLUDED.amount`
    await sql(portal.database.ownerUrl, room(other.id, 55_000_000))
    const alone = await ask(admin, request({ amount: '50000001' }))
    expect(alone.text).toContain(
      '金額が口座一日当たり限度額（振込振替 都度指定）（50,000,000円）を超えています',
    )
    expect(alone.text).toContain('0253226」で調べました')
    await sql(
      portal.database.ownerUrl,
      `INSERT INTO user_account VALUES ('${companyId}', '${id}', '${other.id}')`,
    )
    try {
      const both = await ask(admin, request({ amount: '50000001' }))
      expect(both.text).toContain('設定上、この操作の妨げになるものはありません')
      expect(both.text).toContain('1回に取引できる金額は 55,000,000円 までです')
      expect(both.text).toContain('1180452」で調べました')
      // Closed to transfers, it leaves the other; and whoever is asked about by name is no longer guessed.
      await sql(portal.database.ownerUrl, room(other.id, 0))
      expect((await ask(admin, request())).text).toContain('50,000,000円 までです')
      expect((await ask(admin, request({ account: other.id }))).text).not.toContain('で調べました')
      // What is bounded by the company, and not by accounts, names none.
      const bulk = await ask(admin, request({ operation: 'bulk_transfer.request_screen' }))
      expect(bulk.text).not.toContain('で調べました')
    } finally {
      await sql(
        portal.database.ownerUrl,
        `DELETE FROM user_account WHERE account_id = '${other.id}' AND user_id = '${id}'`,
      )
    }
  })

  it('E-04 E-06 answers by the contract where it allows less than what was once set', async () => {
    await sql(
      portal.database.ownerUrl,
      `UPDATE account_limit SET ceiling = 30000000 WHERE account_id = '${accountId}' AND kind = 'each'`,
    )
    try {
      const { text } = await ask(admin, request({ account: accountId, amount: '30000001' }))
      expect(text).toContain('金額が口座一日当たり限度額（振込振替 都度指定）（30,000,000円）を超えています')
      expect(text).toContain('1回に取引できる金額は 30,000,000円 までです')
    } finally {
      await sql(
        portal.database.ownerUrl,
        `UPDATE account_limit SET ceiling = NULL WHERE account_id = '${accountId}'`,
      )
    }
  })

  it('C-02 E-06 names a certificate that has ended', async () => {
    await sql(
      portal.database.ownerUrl,
      `UPDATE certificate SET state = 'revoked', ended_at = now() WHERE user_id = '${person.id}'`,
    )
    try {
      const { text } = await ask(admin, request())
      expect(text).toContain('電子証明書が失効しています')
      // B-02: by the way that this company's entrance offers.
      expect(text).toContain('ログイン画面の「電子証明書取得」から取得してください')
      expect(text).not.toContain('電子証明書発行')
    } finally {
      await sql(
        portal.database.ownerUrl,
        `UPDATE certificate SET state = 'active', ended_at = NULL WHERE user_id = '${person.id}'`,
      )
    }
  })

  it('E-06 answers about services that are not contracted, and about what a role allows', async () => {
    await sql(
      portal.database.ownerUrl,
      `DELETE FROM user_permission WHERE company_id = '${person.companyId}' AND service_code = 'fx'`,
      `DELETE FROM company_service WHERE company_id = '${person.companyId}' AND service_code = 'fx'`,
    )
    expect((await ask(admin, request({ operation: 'fx.deal' }))).text).toContain(
      'ご契約に、この業務が含まれていません',
    )
    expect((await ask(admin, request({ operation: 'company:manage' }))).text).toContain(
      '管理者だけが行えます',
    )
    expect(
      (await ask(admin, { user: demo.administrator.loginId, operation: 'company:manage' })).text,
    ).toContain('妨げになるものはありません')
  })

  it('C-07 E-06 says that the bank alone revokes, to administrators as to others, one click from the refusal', async () => {
    const refused = await admin.get('/users/certificates')
    expect(refused.status).toBe(403)
    const href = /href="(\/obstacles\?[^"]*)"/.exec(refused.html.split('class="problem"')[1] ?? '')?.[1] ?? ''
    for (const answered of [
      await admin.get(href.replaceAll('&amp;', '&')),
      await ask(admin, request({ operation: 'certificate:revoke' })),
    ]) {
      expect(answered.text).toContain('電子証明書の失効は当行が行います')
      expect(answered.text).not.toContain('管理者に操作を依頼してください')
      expect(answered.text).not.toContain('妨げになるものはありません')
    }
  })

  it('E-04 E-06 tells 給与 and 賞与 apart', async () => {
    await sql(
      portal.database.ownerUrl,
      `UPDATE company_limit SET amount = CASE kind WHEN 'bonus' THEN 5 ELSE 7 END
        WHERE company_id = '${person.companyId}' AND service_code = 'payroll'`,
    )
    const limitOf = async (operation: string) =>
      (await ask(admin, request({ operation, user: demo.administrator.loginId, amount: '6' }))).text
    expect(await limitOf('payroll.request_file.bonus')).toContain(
      '企業一日当たり限度額（賞与振込）（5円）を超えています',
    )
    expect(await limitOf('payroll.request_file.salary')).not.toContain('を超えています')
  })
})

describe('who may ask', () => {
  it('E-06 a general user about themselves, in the same words; about another is refused and recorded', async () => {
    const own = await general.get('/obstacles?operation=transfer.request_new&amount=60000001')
    expect(own.text).toContain('金額が利用者一回当たり限度額（60,000,000円）を超えています')
    expect(own.html).not.toContain(`/users/${person.id}`)
    expect((await ask(general, { user: demo.administrator.loginId, operation: 'balance.view' })).status).toBe(
      403,
    )
    const [entry] = await sql<{ outcome: string; reason: string }>(
      portal.database.ownerUrl,
      `SELECT outcome::text, reason FROM history WHERE chain_id = '${person.companyId}' ORDER BY seq DESC LIMIT 1`,
    )
    expect(entry).toEqual({ outcome: 'refused', reason: 'access.forbidden' })
  })

  it('D-05 E-06 a general user sees the accounts that they may use, and nothing of the others', async () => {
    const others = await portal.deps.db.account.findMany({
      where: { companyId: person.companyId, id: { not: accountId }, closedAt: null },
    })
    expect(others.length).toBeGreaterThan(0)
    const page = await general.get('/obstacles?operation=transfer.request_new')
    expect(page.html).toContain(accountId)
    for (const { id, number } of others) {
      expect(page.html).not.toContain(id)
      expect(page.text).not.toContain(number)
      expect((await general.get(`/obstacles?operation=transfer.request_new&account=${id}`)).status).toBe(404)
    }
    expect((await ask(admin, request())).html).toContain(others[0]?.id)
  })

  it('E-06 is one click away wherever a permission was missing, with the operation filled in', async () => {
    const refused = await general.get('/company/information')
    expect(refused.status).toBe(403)
    const href = /href="(\/obstacles[^"]*)"/.exec(refused.html.split('class="problem"')[1] ?? '')?.[1] ?? ''
    const answered = await general.get(href.replaceAll('&amp;', '&'))
    expect(answered.text).toContain('企業管理（企業情報・限度額の変更）')
    expect(answered.text).toContain('管理者だけが行えます')
    // From the list of users an administrator comes with the user filled in.
    const enquiry = await admin.get(`/users/${person.id}`)
    expect(enquiry.html).toContain(`/obstacles?user=${person.loginId}`)
    expect((await admin.get('/company')).text).toContain('操作できない理由を調べる')
  })

  it('I-05 knows no other company’s users and accounts', async () => {
    const theirs = await portal.deps.db.user.findFirstOrThrow({
      where: { companyId: { not: person.companyId } },
      include: { accounts: true, company: { include: { accounts: true } } },
    })
    const unknown = await ask(admin, request({ user: theirs.loginId }))
    expect(unknown.status).toBe(422)
    expect(unknown.text).toContain('このログインIDの利用者は見つかりません')
    expect(unknown.text).not.toContain(theirs.name)
    const foreign = theirs.company.accounts[0]?.id ?? ''
    expect((await ask(admin, request({ account: foreign }))).status).toBe(404)
    expect((await ask(admin, request({ account: 'no-id' }))).status).toBe(404)
  })

  it.each([
    [{ operation: '' }, '操作が選択されていません'],
    [{ operation: 'transfer.steal' }, '操作が選択されていません'],
    [{ user: '' }, '利用者が入力されていません'],
    [{ user: '\u{1f600}'.repeat(500) }, '見つかりません'],
    [{ amount: '1234567890123456' }, '半角数字15桁以内'],
    [{ amount: '-1' }, '金額に誤りがあります'],
  ])('I-05 says what is wrong with %j', async (changed, words) => {
    const page = await ask(admin, { ...request(), ...changed } as Record<string, string>)
    expect(page.status).toBe(422)
    expect(page.text).toContain(words)
  })
})
