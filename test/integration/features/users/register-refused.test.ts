import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hour } from '../../../../src/kernel/clock.ts'
import { sql } from '../../../support/database.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { basic, begin, permissions, submit } from './registering.ts'

let portal: Portal
let admin: Visitor

beforeAll(async () => {
  portal = await openPortal()
  admin = await portal.administrator()
})
afterAll(() => portal.close())

const history = (operation: string) =>
  portal.deps.db.history.findMany({ where: { operation }, orderBy: { seq: 'asc' } })

describe('what is not the person’s own', () => {
  it('I-05 unknown, malformed and foreign drafts are not found, and recorded', async () => {
    const draft = await begin(admin)
    const id = draft.split('/')[3] ?? ''
    const stranger = await anotherCompany()
    await sql(
      portal.database.ownerUrl,
      `INSERT INTO draft (id, wizard, company_id, owner_id, answers, created_at, expires_at)
       VALUES ('${stranger.draftId}', 'user.register', '${stranger.companyId}', '${stranger.userId}', '{}', now(), now() + interval '1 day')`,
    )
    const before = (await history('access.refused')).length
    const wrongIds = ['nonsense', '00000000-0000-7000-8000-000000000000', stranger.draftId, `${id}x`]
    for (const wrong of wrongIds)
      for (const page of ['basic', 'confirm', 'result'])
        expect((await admin.get(`/users/new/${wrong}/${page}`)).status).toBe(404)
    await admin.get('/users')
    expect((await admin.post(`/users/new/${stranger.draftId}/basic`, basic('nusumi01'))).status).toBe(404)
    expect(await history('access.refused')).toHaveLength(before + wrongIds.length * 3 + 1)
  })

  it('D-05 another company’s account is refused and recorded, nothing is stored', async () => {
    const stranger = await anotherCompany()
    const draft = await begin(admin)
    await submit(admin, basic('tasha01'))
    await submit(admin, permissions)
    const page = await submit(admin, { accounts: [stranger.accountId], 'limit-transfer': '1' })
    expect(page.status).toBe(404)
    expect((await history('access.refused')).at(-1)).toMatchObject({ reason: 'account.notFound' })
    expect((await admin.get(`${draft}/confirm`)).path).toBe(`${draft}/accounts`)
  })

  it('D-11 permissions that were not offered are refused as forged: unknown, uncontracted, administrators’', async () => {
    await sql(
      portal.database.ownerUrl,
      `INSERT INTO service (code, sort, user_limit) VALUES ('secret_line', 99, false) ON CONFLICT DO NOTHING`,
      `INSERT INTO permission (service_code, code, sort, kind) VALUES ('secret_line', 'use', 1, 'request') ON CONFLICT DO NOTHING`,
    )
    for (const forged of ['transfer.everything', 'secret_line.use', '__proto__.x', "' OR 1=1"]) {
      const draft = await begin(admin)
      await submit(admin, basic('nise01'))
      const page = await submit(admin, { permissions: ['balance.view', forged] })
      expect(page.status).toBe(403)
      expect((await history('access.refused')).at(-1)).toMatchObject({ reason: 'permission.forged' })
      expect((await admin.get(`${draft}/accounts`)).path).toBe(`${draft}/permissions`)
    }
    const draft = await begin(admin)
    await submit(admin, basic('nise01'))
    expect(admin.page.html).not.toContain('fx.restrict_users')
    expect((await submit(admin, { permissions: 'fx.restrict_users' })).status).toBe(422)
    expect((await admin.get(`${draft}/accounts`)).path).toBe(`${draft}/permissions`)
  })

  it('D-01 another company’s user is not found', async () => {
    const stranger = await anotherCompany()
    expect((await admin.get(`/users/${stranger.userId}`)).status).toBe(404)
    expect((await admin.get('/users/nonsense')).status).toBe(404)
    expect((await admin.get('/users?q=yosono')).text).not.toContain('yosono')
  })

  it('D-03 a login ID taken in any company, in any case and width, is said without naming whom', async () => {
    const stranger = await anotherCompany()
    for (const taken of [stranger.loginId, stranger.loginId.toUpperCase(), demo.administrator.loginId]) {
      await begin(admin)
      const page = await submit(admin, basic(taken))
      expect(page.status).toBe(422)
      expect(page.text).toContain('このログインIDは既に使用されています。別のログインIDを入力してください。')
      expect(page.text).not.toContain('よその会社')
    }
  })

  it('D-02 an expired draft is gone', async () => {
    const draft = await begin(admin)
    const id = draft.split('/')[3] ?? ''
    await sql(
      portal.database.ownerUrl,
      `UPDATE draft SET expires_at = expires_at - interval '${24 * hour} seconds' WHERE id = '${id}'`,
    )
    expect((await admin.get(`${draft}/basic`)).status).toBe(404)
    expect(admin.page.text).toContain('有効期限')
  })
})

describe('bad input', () => {
  it('I-03 says every error at once, keeps what was typed, and leaves nothing', async () => {
    const draft = await begin(admin)
    const page = await submit(admin, {
      loginId: 'ｔａｎａｋａ 01',
      loginIdAgain: 'x',
      loginPassword: 'short1',
      loginPasswordAgain: '',
      name: '😀',
      email: 'not an address',
      emailAgain: '',
      role: '',
    })
    expect(page.status).toBe(422)
    expect(page.html).toContain('<title>エラー：')
    for (const message of [
      '半角英数字20文字以内',
      '8文字以上',
      '絵文字や制御文字は使用できません',
      '空白または改行が含まれています',
      '管理者権限が選択されていません',
    ])
      expect(page.text).toContain(message)
    expect(page.html).toContain('value="ｔａｎａｋａ 01"')
    expect(page.html).not.toContain('short1')
    expect((await admin.get(`${draft}/permissions`)).path).toBe(`${draft}/basic`)
  })

  it('I-05 a password that was right is kept when something else was wrong, and not sent back', async () => {
    await begin(admin)
    const page = await submit(admin, basic('nokoru01', { emailAgain: 'other@example.co.jp' }))
    expect(page.status).toBe(422)
    expect(page.text).toContain('入力済みです')
    expect(page.html).not.toContain('Hajimete2026')
    await submit(admin, basic('nokoru01', { loginPassword: '', loginPasswordAgain: '' }))
    expect(admin.page.path).toMatch(/\/permissions$/)
  })

  it('I-05 very long, control and doubled fields are clear errors', async () => {
    await begin(admin)
    for (const odd of ['あ'.repeat(20_000), 'a\u0007b', '\u202eabc', ' 佐藤', '佐藤 ']) {
      const page = await submit(admin, basic('nagai01', { name: odd }))
      expect(page.status).toBe(422)
      expect(page.text).toContain('利用者名')
    }
    expect((await submit(admin, basic('nagai01', { loginId: ['a1', 'b2'] }))).status).toBe(422)
    expect((await submit(admin, basic('nagai01', { name: 'x'.repeat(1_000_000) }))).status).toBe(413)
  })

  it('D-05 limits: blank, letters and a thirteenth digit are refused, 0 is not', async () => {
    const draft = await begin(admin)
    await submit(admin, basic('gendo01'))
    await submit(admin, permissions)
    for (const [typed, message] of [
      ['', '振込振替：限度額が入力されていません'],
      ['12a', '半角数字12桁以内'],
      ['-1', '半角数字12桁以内'],
      ['1234567890123', '半角数字12桁以内'],
    ] as const) {
      const page = await submit(admin, { 'limit-transfer': typed })
      expect(page.status).toBe(422)
      expect(page.text).toContain(message)
    }
    await submit(admin, { 'limit-transfer': '0' })
    expect(admin.page.path).toBe(`${draft}/confirm`)
    expect(admin.page.text).toContain('この業務での取引はできません')
  })
})

let strangers = 0
/** Another company with a user and an account, for what must stay out of reach. */
const anotherCompany = async () => {
  const { ids } = portal.deps
  const n = ++strangers
  const [companyId, userId, accountId, draftId] = [ids.next(), ids.next(), ids.next(), ids.next()]
  const loginId = `yosono${n}`
  await sql(
    portal.database.ownerUrl,
    `INSERT INTO company (id, entrance_id, contract_number, name, name_kana, policy_version, created_at)
     SELECT '${companyId}', entrance_id, 'Z${n}', 'よその会社${n}', 'ヨソノカイシャ', 1, now() FROM company LIMIT 1`,
    `INSERT INTO company_policy (company_id, version, preset, overrides, created_at) VALUES ('${companyId}', 1, 'shoko', '{}', now())`,
    `INSERT INTO "user" (id, company_id, login_id, login_id_key, login_id_scope, name, email, role, created_at)
     VALUES ('${userId}', '${companyId}', '${loginId}', '${loginId}', 'bank', 'よその人', 'yoso@example.jp', 'administrator', now())`,
    `INSERT INTO account (id, company_id, branch_code, branch_name, kind, number) VALUES ('${accountId}', '${companyId}', '001', '本店', 'ordinary', '${n}')`,
  )
  return { companyId, userId, accountId, draftId, loginId }
}
