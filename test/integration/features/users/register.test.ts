import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { hour } from '../../../../src/kernel/clock.ts'
import { sql } from '../../../support/database.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { accountsOn, basic, begin, fillIn, permissions, submit, versionOf } from './registering.ts'

let portal: Portal
let admin: Visitor
const confirmationPassword = demo.administrator.confirmationPassword

beforeAll(async () => {
  portal = await openPortal()
  admin = await portal.administrator()
})
afterAll(() => portal.close())
beforeEach(() => forgive())

const forgive = () =>
  sql(
    portal.database.ownerUrl,
    'UPDATE credential SET failures = 0, locked_at = NULL, locked_until = NULL, lock_count = 0',
  )

const usersNamed = (loginId: string) =>
  portal.deps.db.user.findMany({ where: { loginIdKey: loginId.toLowerCase() } })
const history = (operation: string) =>
  portal.deps.db.history.findMany({ where: { operation }, orderBy: { seq: 'asc' } })

describe('the wizard', () => {
  it('D-02 leads through 基本情報, 権限, 口座・限度額, 内容確認 and 登録完了', async () => {
    await begin(admin)
    expect(admin.page.path).toMatch(/\/basic$/)
    expect(admin.page.text).toContain('全5ステップ中、1ステップ目')
    expect(admin.page.text).toContain('次へ')
    await submit(admin, basic('tanaka01'))
    expect(admin.page.path).toMatch(/\/permissions$/)
    expect(admin.page.text).toContain('全5ステップ中、2ステップ目')
    await submit(admin, permissions)
    expect(admin.page.path).toMatch(/\/accounts$/)
    expect(admin.page.html).toMatch(/<button[^>]*>登録<\/button>/)
    await submit(admin, { accounts: accountsOn(admin.page).slice(0, 2), 'limit-transfer': '５００' })
    expect(admin.page.path).toMatch(/\/confirm$/)
    expect(await usersNamed('tanaka01')).toHaveLength(0)
    for (const shown of [
      'tanaka01',
      '＊＊＊＊＊＊＊＊',
      '佐藤　健一',
      'ken1@example.co.jp',
      '500円',
      '0253226',
    ])
      expect(admin.page.text).toContain(shown)
    expect(admin.page.text).not.toContain('Hajimete2026')
    await submit(admin, { confirmationPassword })
    expect(admin.page.path).toMatch(/\/result$/)
    expect(admin.page.text).toContain('以下の内容で利用者を登録しました。')
    for (const button of ['ホームへ', '利用者一覧へ', '利用者登録メニューへ'])
      expect(admin.page.text).toContain(button)
  })

  it('D-02, F-02 stores the user, the history and the mail together, and no secret in any of them', async () => {
    await fillIn(admin, 'suzuki01')
    await submit(admin, { confirmationPassword })
    const [user] = await usersNamed('suzuki01')
    const stored = await portal.deps.db.user.findUniqueOrThrow({
      where: { id: user?.id ?? '' },
      include: { permissions: true, accounts: true, limits: true, credentials: true },
    })
    expect(stored).toMatchObject({ role: 'user', emailState: 'unverified', serviceState: 'available' })
    expect(stored.permissions).toHaveLength(4)
    expect(stored.accounts).toHaveLength(1)
    expect(stored.limits).toMatchObject([{ serviceCode: 'transfer', amount: 1_000_000n }])
    expect(stored.credentials).toMatchObject([{ kind: 'login_password', forceChange: true }])
    const [entry] = (await history('user.registered')).filter(({ subjectId }) => subjectId === stored.id)
    expect(entry?.details).toContain('suzuki01')
    expect(entry?.details).not.toContain('Hajimete2026')
    const mails = await portal.deps.db.outboxMail.findMany({ where: { userId: stored.id } })
    expect(mails).toMatchObject([{ kind: 'user.registered', recipient: 'ken1@example.co.jp' }])
    expect(JSON.stringify(mails[0]?.params)).not.toMatch(/suzuki01|Hajimete2026/)
  })

  it('D-02 「戻る」 keeps everything that was typed, the password without sending it back', async () => {
    const draft = await begin(admin)
    await submit(admin, basic('modoru01'))
    await submit(admin, { ...permissions, back: '1' })
    expect(admin.page.path).toBe(`${draft}/basic`)
    expect(admin.page.html).toContain('value="modoru01"')
    expect(admin.page.text).toContain('入力済みです')
    expect(admin.page.html).not.toContain('Hajimete2026')
    await submit(admin, basic('modoru01', { loginPassword: '', loginPasswordAgain: '' }))
    expect(admin.page.path).toBe(`${draft}/permissions`)
    expect(admin.page.html).toMatch(/value="transfer.request_new" checked/)
  })

  it('D-06 「変更」 on the confirm page comes back to it', async () => {
    const draft = await fillIn(admin, 'henko01')
    await admin.get(`${draft}/basic?return=confirm`)
    await admin.post(`${draft}/basic?return=confirm`, {
      version: versionOf(admin.page),
      ...basic('henko01', { loginPassword: '', loginPasswordAgain: '', name: '変更　花子' }),
    })
    expect(admin.page.path).toBe(`${draft}/confirm`)
    expect(admin.page.text).toContain('変更　花子')
  })

  it('D-02 skipped steps lead to the first that is unanswered', async () => {
    const draft = await begin(admin)
    for (const step of ['permissions', 'accounts', 'confirm', 'result']) {
      const page = await admin.get(`${draft}/${step}`)
      expect(page.path).toBe(`${draft}/basic`)
    }
    expect((await admin.post(`${draft}/confirm`, { confirmationPassword })).path).toBe(`${draft}/basic`)
    expect((await admin.post(`${draft}/accounts`, { 'limit-transfer': '1' })).path).toBe(`${draft}/basic`)
    const row = await portal.deps.db.draft.findUniqueOrThrow({ where: { id: draft.split('/')[3] ?? '' } })
    expect(row.version).toBe(0)
  })

  it('D-12 a page older than what another tab has stored is told so, and loses nothing', async () => {
    const draft = await begin(admin)
    const version = versionOf(admin.page)
    await submit(admin, basic('tab01'))
    const later = await admin.post(`${draft}/basic`, { version, ...basic('tab02') })
    expect(later.status).toBe(409)
    expect(later.text).toContain('別の画面（タブ）で内容が変更されています')
    expect(later.html).toContain('value="tab02"')
    await submit(admin, basic('tab02'))
    expect(admin.page.path).toBe(`${draft}/permissions`)
  })

  it('D-02 the second click of two on 「次へ」 goes on as the first did', async () => {
    const draft = await begin(admin)
    const version = versionOf(admin.page)
    await admin.post(`${draft}/basic`, { version, ...basic('click01') })
    const second = await admin.post(`${draft}/basic`, { version, ...basic('click01') })
    expect(second.path).toBe(`${draft}/permissions`)
  })

  it('D-06 what another tab changed after the confirm page was shown is not committed unseen', async () => {
    const draft = await fillIn(admin, 'unseen01')
    const version = versionOf(admin.page)
    await admin.get(`${draft}/basic`)
    await submit(
      admin,
      basic('unseen01', { loginPassword: '', loginPasswordAgain: '', role: 'administrator' }),
    )
    const confirmed = await admin.post(`${draft}/confirm`, { version, confirmationPassword })
    expect(confirmed.status).toBe(409)
    expect(confirmed.text).toContain('別の画面（タブ）で内容が変更されています')
    expect(await usersNamed('unseen01')).toHaveLength(0)
  })

  it('D-02 GET changes nothing and without a draft leads to the list', async () => {
    const before = await portal.deps.db.draft.count()
    expect((await admin.get('/users/new')).path).toBe('/users')
    expect(await portal.deps.db.draft.count()).toBe(before)
  })
})

describe('one result', () => {
  it('D-02 twenty submissions of one confirm page register one user', async () => {
    const draft = await fillIn(admin, 'nijuu01')
    const fields = { version: versionOf(admin.page), _csrf: admin.csrfToken() ?? '', confirmationPassword }
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => admin.post(`${draft}/confirm`, fields, { follow: false })),
    )
    // None of them is told of the race: each shows the result.
    expect(answers.map(({ headers }) => headers.location)).toEqual(answers.map(() => `${draft}/result`))
    expect(await usersNamed('nijuu01')).toHaveLength(1)
    expect(
      (await history('user.registered')).filter(({ details }) => details.includes('nijuu01')),
    ).toHaveLength(1)
    // Right tries in flight together are no failures: nothing is locked by them.
    const locked = await portal.deps.db.credential.count({ where: { lockedAt: { not: null } } })
    expect(locked).toBe(0)
  })

  it('D-02 a double click shows the one result, and so does the page later', async () => {
    const draft = await fillIn(admin, 'double01')
    const fields = { version: versionOf(admin.page), _csrf: admin.csrfToken() ?? '', confirmationPassword }
    const [first, second] = await Promise.all([
      admin.post(`${draft}/confirm`, fields, { follow: false }),
      admin.post(`${draft}/confirm`, fields, { follow: false }),
    ])
    expect([first?.headers.location, second?.headers.location]).toEqual([
      `${draft}/result`,
      `${draft}/result`,
    ])
    expect((await admin.get(`${draft}/basic`)).path).toBe(`${draft}/result`)
    expect(admin.page.text).toContain('double01')
    expect(await usersNamed('double01')).toHaveLength(1)
  })

  it('I-05 a committed draft keeps neither what was typed nor the password', async () => {
    const draft = await fillIn(admin, 'keep01')
    await submit(admin, { confirmationPassword })
    const row = await portal.deps.db.draft.findUniqueOrThrow({ where: { id: draft.split('/')[3] ?? '' } })
    expect(row).toMatchObject({ state: 'committed', answers: {}, sealedSecrets: null })
  })

  it('D-03 five drafts executed at once cannot give one login ID twice', async () => {
    const drafts: { draft: string; version: string }[] = []
    for (let i = 0; i < 5; i++) {
      const draft = await fillIn(admin, 'Onaji01')
      drafts.push({ draft, version: versionOf(admin.page) })
    }
    const _csrf = admin.csrfToken() ?? ''
    const answers = await Promise.all(
      drafts.map(({ draft, version }) =>
        admin.post(`${draft}/confirm`, { version, _csrf, confirmationPassword }, { follow: false }),
      ),
    )
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter(status => status === 303)).toHaveLength(1)
    expect(statuses.filter(status => status >= 500)).toEqual([])
    expect(await usersNamed('onaji01')).toHaveLength(1)
  })
})

describe('the confirmation password', () => {
  it('D-06 is asked for, and blank or wrong is said at its field', async () => {
    await fillIn(admin, 'kakunin01')
    expect(admin.page.text).toContain('確認用パスワード')
    expect((await submit(admin)).status).toBe(422)
    expect(admin.page.text).toContain('確認用パスワードが入力されていません')
    expect((await submit(admin, { confirmationPassword: 'Machigai1' })).status).toBe(422)
    expect(admin.page.text).toContain('確認用パスワードに誤りがあります')
    expect(admin.page.html).not.toContain('Machigai1')
    expect(await usersNamed('kakunin01')).toHaveLength(0)
    expect((await history('confirmation-password.refused')).at(-1)).toMatchObject({
      outcome: 'refused',
      reason: 'confirmationPassword.wrong',
    })
    await submit(admin, { confirmationPassword })
    expect(admin.page.path).toMatch(/\/result$/)
  })

  it('B-21 three failures lock it and nothing else: the page says so, the session goes on', async () => {
    await fillIn(admin, 'kakunin02')
    for (let i = 0; i < 3; i++) await submit(admin, { confirmationPassword: 'Machigai1' })
    expect(admin.page.text).toContain('確認用パスワードがロックされている')
    expect(admin.page.text).toContain('ヘルプデスクにロックの解除をご依頼ください')
    expect((await submit(admin, { confirmationPassword })).status).toBe(422)
    expect(await usersNamed('kakunin02')).toHaveLength(0)
    expect((await admin.get('/home')).status).toBe(200)
  })
})

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
      ['', '限度額が入力されていません'],
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
