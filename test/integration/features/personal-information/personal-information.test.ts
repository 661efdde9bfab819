import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { inTx } from '../../../../src/platform/db/in-tx.ts'
import { toUser } from '../../../../src/platform/outbox/to-user.ts'
import { sql } from '../../../support/database.ts'
import {
  codeBySms,
  deliverMessages,
  demoOf,
  overridePolicy,
  passwordLogin,
  userOf,
} from '../../../support/factors.ts'
import { textsOn, versionOn } from '../../../support/forms.ts'
import { duringImport, mistakenCounts } from '../../../support/held-import.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Page, Visitor } from '../../../support/visitor.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal({ presets: ['sevenbank', 'omakase'], generalUsers: true })
})
afterAll(() => portal.close())

beforeEach(() =>
  sql(
    portal.database.ownerUrl,
    `UPDATE session SET ended_at = now(), end_reason = 'logout' WHERE ended_at IS NULL`,
    `UPDATE "user" SET name = '鈴木　花子', phone = NULL, mobile = NULL, organisation = '', department = '', version = 0`,
    'UPDATE credential SET failures = 0, locked_at = NULL, locked_until = NULL',
    'DELETE FROM authentication_code',
    'DELETE FROM outbox_sms',
    'DELETE FROM outbox_mail',
    'DELETE FROM rate_window',
  ),
)

const password = demoOf('omakase').user.password
const own = () => userOf(portal, 'omakase', 'user')
const atHome = async (preset: 'omakase' | 'sevenbank' = 'omakase') => {
  const someone = await passwordLogin(portal, preset, 'user')
  expect(someone.page.path).toBe('/home')
  return someone
}

type Fields = Record<string, string>
/** 「編集」, and the form sent with these fields changed. */
const edit = async (someone: Visitor, changed: Fields): Promise<Page> => {
  await someone.get('/personal-information')
  await someone.post('/personal-information/change')
  return send(someone, changed)
}
const send = (someone: Visitor, changed: Fields): Promise<Page> =>
  someone.post(someone.page.path, { version: versionOn(someone.page), ...textsOn(someone.page), ...changed })
const press = (someone: Visitor, proof: Fields = {}): Promise<Page> =>
  someone.post(someone.page.path, { version: versionOn(someone.page), ...proof })

const entries = (companyId: string) =>
  sql<{ id: string; operation: string; outcome: string; reason: string | null; details: string }>(
    portal.database.ownerUrl,
    `SELECT id, operation, outcome::text, reason, details FROM history
      WHERE chain_id = '${companyId}' AND (operation LIKE 'personal-information%' OR operation LIKE 'contact%') ORDER BY seq`,
  )

describe('個人情報', () => {
  it('G-06 F-02 G-07 is read, edited and registered, told in the history before and after, and printed', async () => {
    const someone = await atHome()
    expect(someone.page.html).toContain('href="/personal-information"')
    const page = await someone.get('/personal-information')
    for (const word of [
      '名前 鈴木 花子',
      '電話番号 なし',
      '携帯電話番号',
      '組織名',
      '部署名',
      '前回ログイン日時',
      '編集',
    ])
      expect(page.text.replaceAll('\u3000', ' ')).toContain(word)
    const confirm = await edit(someone, {
      name: '鈴木　葉子',
      phone: '０３-1234-5678',
      organisation: '資金<b>事業部',
      department: '経理部',
    })
    expect(confirm.path).toMatch(/\/confirm$/)
    expect(confirm.text).toContain('変更 変更後： 鈴木　葉子 変更前： 鈴木　花子')
    expect(confirm.text).toContain('変更 変更後： 03-1234-5678 変更前： なし')
    expect((await own()).phone).toBeNull()
    const result = await press(someone)
    expect(result.path).toMatch(/\/result$/)
    expect(result.text).toContain('資金<b>事業部')
    const stored = await own()
    expect(stored).toMatchObject({
      name: '鈴木　葉子',
      phone: '+81312345678',
      organisation: '資金<b>事業部',
      department: '経理部',
      version: 1,
    })
    // The header says it from the next page on.
    expect((await someone.get('/personal-information')).text).toContain('ユーザ名 鈴木　葉子')
    const last = (await entries(stored.companyId)).at(-1)
    expect(last?.operation).toBe('personal-information.changed')
    expect(JSON.parse(last?.details ?? '')).toEqual({
      before: { name: '鈴木　花子', phone: '', organisation: '', department: '' },
      after: {
        name: '鈴木　葉子',
        phone: '+81312345678',
        organisation: '資金<b>事業部',
        department: '経理部',
      },
    })
    const history = await someone.get('/history')
    expect(history.text).toContain('個人情報の変更')
    await someone.get(`/history/${last?.id}`)
    expect(someone.page.text).toContain('部署名 変更 変更後： 経理部 変更前： なし')
    await someone.get('/personal-information')
    expect((await someone.get('/personal-information?print=ask')).text).toContain('印刷してよろしいですか?')
    const sheet = await someone.get('/personal-information?print=pdf')
    expect(sheet.headers['content-type']).toContain('application/pdf')
  })

  it('G-06 D-13 I-05 a new name is registered while a file of users is, for as long as that takes', async () => {
    const someone = await atHome()
    const { companyId } = await own()
    await edit(someone, { name: '鈴木　葉子' })
    await duringImport(portal, companyId, () => press(someone))
    expect([someone.page.status, someone.page.path]).toEqual([200, expect.stringMatching(/\/result$/)])
    expect((await own()).name).toBe('鈴木　葉子')
    expect(await mistakenCounts(portal)).toEqual([])
  })

  it('G-06 I-03 I-05 names what is wrong at its field, keeps what was typed, and stores nothing', async () => {
    const someone = await atHome()
    const wrong = await edit(someone, {
      name: '',
      phone: '12-34',
      mobile: '03-1234-5678',
      organisation: '事'.repeat(61),
      department: '部\u200b署',
    })
    expect(wrong.status).toBe(422)
    for (const word of [
      '名前が入力されていません',
      '電話番号が正しくありません',
      '携帯電話番号が正しくありません',
      '組織名が長すぎます。60文字以内',
      '部署名に、改行や目に見えない文字',
    ])
      expect(wrong.text).toContain(word)
    expect(textsOn(wrong)).toMatchObject({ phone: '12-34', mobile: '03-1234-5678' })
    const same = await edit(someone, {})
    expect(same.status).toBe(422)
    expect(same.text).toContain('変更された項目がありません')
    expect(await own()).toMatchObject({ name: '鈴木　花子', version: 0 })
    expect(await portal.deps.db.authenticationCode.count()).toBe(0)
  })

  it('G-06 B-22 a new mobile number asks who is there, counts once its code is typed, and is told to the old one', async () => {
    await sql(
      portal.database.ownerUrl,
      `UPDATE "user" SET mobile = '+819011112222' WHERE id = '${(await own()).id}'`,
    )
    const someone = await atHome()
    const confirm = await edit(someone, { mobile: '090-3333-4444', department: '経理部' })
    expect(confirm.text).toContain('090-3333-4444 へSMSで認証コードをお送りします')
    expect(confirm.html).toContain('name="loginPassword"')
    const refused = await press(someone, { loginPassword: 'Machigai2026' })
    expect(refused.status).toBe(422)
    expect(await portal.deps.db.authenticationCode.count()).toBe(0)
    const result = await press(someone, { loginPassword: password })
    expect(result.text).toContain('携帯電話番号はまだ変わっていません')
    expect(await own()).toMatchObject({ mobile: '+819011112222', department: '経理部' })

    const there =
      /href="(\/security\/contacts\/mobile[^"]+)"/.exec(result.html)?.[1]?.replaceAll('&amp;', '&') ?? ''
    await someone.get(there)
    expect(someone.page.path).toBe('/security/contacts/mobile')
    const form = /action="(\/security\/contacts\/mobile\/code[^"]*)"/.exec(someone.page.html)?.[1] ?? ''
    // A message may take longer than a proof of who is there is good for.
    portal.clock.move(6 * 60)
    const code = await codeBySms(portal.deps)
    await someone.post(form, { code: code === '000000' ? '000001' : '000000' })
    expect(someone.page.text).toContain('認証コードに誤りがあります')
    expect((await own()).mobile).toBe('+819011112222')
    await someone.post(form, { code })
    expect(someone.page.path).toBe('/personal-information')
    expect(someone.page.text).toContain('携帯電話番号を変更しました')
    expect(someone.page.text).toContain('090-3333-4444')
    expect((await own()).mobile).toBe('+819033334444')
    expect((await deliverMessages(portal.deps)).map(({ to }) => to)).toEqual(['+819011112222'])
    expect(await portal.deps.db.outboxMail.count({ where: { kind: 'contact.changed' } })).toBe(1)
    // Without a code on its way, that page asks who is there again.
    portal.clock.move(6 * 60)
    await someone.get(there)
    expect(someone.page.path).toBe('/reauthentication')
  })

  it('G-06 B-18 B-22 where SMS is not used a number may be given up, and its owner is told', async () => {
    await sql(
      portal.database.ownerUrl,
      `UPDATE "user" SET mobile = '+819011112222' WHERE id = '${(await own()).id}'`,
    )
    const someone = await atHome()
    await edit(someone, { mobile: '' })
    expect((await press(someone)).status).toBe(422)
    expect((await press(someone, { loginPassword: password })).text).toContain(
      '以下の内容で個人情報を変更しました',
    )
    expect((await own()).mobile).toBeNull()
    expect((await deliverMessages(portal.deps)).map(({ to }) => to)).toEqual(['+819011112222'])
    await overridePolicy(portal, 'omakase', { login: { secondFactor: 'sms' } })
    try {
      await sql(
        portal.database.ownerUrl,
        `UPDATE "user" SET mobile = '+819011112222' WHERE id = '${(await own()).id}'`,
      )
      const blank = await edit(someone, { mobile: '' })
      expect(blank.status).toBe(422)
      expect(blank.text).toContain('貴社ではSMSの認証コードを使うため、携帯電話番号が必要です')
    } finally {
      await overridePolicy(portal, 'omakase', {})
    }
  })

  it('G-06 sends no more codes than five in an hour, and then stores nothing of the change', async () => {
    const someone = await atHome()
    for (let number = 0; number < 5; number++) {
      await edit(someone, { mobile: `090-3333-444${number}` })
      expect((await press(someone, { loginPassword: password })).path).toMatch(/\/result$/)
    }
    await edit(someone, { mobile: '090-3333-4449', department: '経理部' })
    const refused = await press(someone, { loginPassword: password })
    expect(refused.status).toBe(422)
    expect(await own()).toMatchObject({ mobile: null, department: '' })
    const last = (await entries((await own()).companyId)).at(-1)
    expect(last).toMatchObject({ outcome: 'refused', reason: 'code.tooMany' })
    expect(last?.details).toContain('*******4449')
    expect(last?.details).not.toContain('3333')
  })

  it('D-12 says what an administrator has changed meanwhile, and overwrites nothing unseen', async () => {
    const someone = await atHome()
    const confirm = await edit(someone, { name: '鈴木　葉子' })
    expect(confirm.path).toMatch(/\/confirm$/)
    await sql(
      portal.database.ownerUrl,
      `UPDATE "user" SET name = '佐藤　花子', version = version + 1 WHERE id = '${(await own()).id}'`,
    )
    const told = await press(someone)
    expect(told.status).toBe(409)
    expect(told.text).toContain('個人情報はほかの方が変更しています')
    expect(told.text).toContain('佐藤　花子')
    expect((await own()).name).toBe('佐藤　花子')
    const confirmPath = told.path
    await someone.post(confirmPath.replace(/confirm$/, 'merge'))
    await press(someone)
    expect(someone.page.path).toMatch(/\/result$/)
    expect((await own()).name).toBe('鈴木　葉子')
  })

  it('G-06 B-21 asks for the confirmation password where the policy does; I-05 another user’s draft is nobody’s', async () => {
    const someone = await passwordLogin(portal, 'sevenbank', 'administrator')
    const confirm = await edit(someone, { department: '経理部' })
    expect(confirm.html).toContain('name="confirmationPassword"')
    expect((await press(someone)).status).toBe(422)
    const { path } = someone.page
    const other = await atHome()
    expect((await other.get(path)).status).toBe(404)
    await other.get('/personal-information')
    expect((await other.post(path, { version: '1' })).status).toBe(404)
    expect((await userOf(portal, 'sevenbank', 'administrator')).department).toBe('')
  })
})

describe('the language of somebody’s mails', () => {
  it('I-01 F-02 follows the one they choose for their pages, is told in the history, and is another person’s for nobody', async () => {
    const someone = await atHome()
    const { id, companyId } = await own()
    expect((await someone.get('/personal-information')).text).toContain('お知らせメールの言語 日本語')
    const english = await someone.post('/language', { lang: 'en', back: '/personal-information' })
    expect(english.text).toContain('Language of mails English')
    await someone.post('/language', { lang: 'en', back: '/personal-information' })
    expect((await own()).locale).toBe('en')
    const told = (await entries(companyId)).filter(
      ({ operation }) => operation === 'personal-information.language-chosen',
    )
    expect(told.map(({ details }) => JSON.parse(details))).toEqual([
      { before: { locale: 'ja' }, after: { locale: 'en' } },
    ])
    expect(await portal.deps.db.user.count({ where: { id: { not: id }, locale: 'en' } })).toBe(0)
    // What is written to them from now on is in it.
    const { locale } = await inTx(portal.deps, tx => toUser(tx, { companyId, userId: id }))
    expect(locale).toBe('en')
    await someone.post('/language', { lang: 'xx', back: '/home' })
    expect((await own()).locale).toBe('en')
    // A stranger's choice is their browser's alone.
    const stranger = portal.visitor()
    await stranger.get('/')
    await stranger.post('/language', { lang: 'ja', back: '/' })
    expect((await own()).locale).toBe('en')
    await someone.post('/language', { lang: 'ja', back: '/home' })
    expect((await own()).locale).toBe('ja')
  })
})
