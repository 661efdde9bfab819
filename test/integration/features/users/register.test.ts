import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sql } from '../../../support/database.ts'
import { versionOn } from '../../../support/forms.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { accountsOn, basic, begin, fillIn, permissions, submit } from './registering.ts'

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
      version: versionOn(admin.page),
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
    const version = versionOn(admin.page)
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
    const version = versionOn(admin.page)
    await admin.post(`${draft}/basic`, { version, ...basic('click01') })
    const second = await admin.post(`${draft}/basic`, { version, ...basic('click01') })
    expect(second.path).toBe(`${draft}/permissions`)
  })

  it('D-06 what another tab changed after the confirm page was shown is not committed unseen', async () => {
    const draft = await fillIn(admin, 'unseen01')
    const version = versionOn(admin.page)
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
    const fields = { version: versionOn(admin.page), _csrf: admin.csrfToken() ?? '', confirmationPassword }
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
    const fields = { version: versionOn(admin.page), _csrf: admin.csrfToken() ?? '', confirmationPassword }
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
      drafts.push({ draft, version: versionOn(admin.page) })
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
