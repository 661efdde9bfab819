import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AccessRefused } from '../../../../src/features/history/events.ts'
import { ConfirmationRefused } from '../../../../src/features/passwords/step-up.ts'
import { system } from '../../../../src/kernel/actor.ts'
import { recordAlone } from '../../../../src/platform/audit/audit.ts'
import { knownWizards } from '../../../../src/platform/http/wizard.ts'
import { createTranslations, languages } from '../../../../src/platform/i18n.ts'
import { sql } from '../../../support/database.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'

let portal: Portal
let administrator: Visitor
beforeAll(async () => {
  portal = await openPortal()
  administrator = await portal.administrator()
})
afterAll(() => portal.close())

const linkIn = (html: string, pattern: RegExp): string =>
  (pattern.exec(html)?.[1] ?? '').replaceAll('&amp;', '&')

const ownCompany = async (): Promise<string> => {
  const [found] = await sql<{ company_id: string }>(
    portal.database.ownerUrl,
    `select company_id from "user" where login_id = '${demo.administrator.loginId}'`,
  )
  return found?.company_id ?? ''
}

describe('F-01 操作履歴照会, the pages', () => {
  it('F-02 tells who did what, when in Japan to the second, from where and with which certificate', async () => {
    const list = await administrator.get('/history')
    expect(list.status).toBe(200)
    const row = new RegExp(
      `\\d{4}/\\d{2}/\\d{2} \\d{2}:\\d{2}:\\d{2} ?（ログイン） .*${demo.administrator.loginId} ログイン .*完了 127\\.0\\.0\\.1 [0-9A-F]{16,}`,
    )
    expect(list.text).toMatch(row)
    const entry = await administrator.get(linkIn(list.html, /href="(\/history\/[^"]+)"/))
    expect(entry.status).toBe(200)
    expect(entry.text).toContain('操作履歴詳細')
    expect(entry.text).toMatch(/\d{4}年\d{2}月\d{2}日 \d{2}時\d{2}分\d{2}秒/)
    expect(entry.text).not.toMatch(/[{}]|undefined|null/)
  })

  it('keeps the search in the address, and comes back to it from an entry', async () => {
    const list = await administrator.get('/history?operation=login.succeeded&outcome=done&page=1')
    expect(list.html).toMatch(/<option value="login\.succeeded" selected>/)
    const entry = await administrator.get(linkIn(list.html, /href="(\/history\/[^"]+)"/))
    expect(linkIn(entry.html, /href="(\/history\?[^"]*)"/)).toBe(
      '/history?operation=login.succeeded&outcome=done&page=1',
    )
    const elsewhere = await administrator.get(`${entry.path.split('?')[0]}?back=//evil.example&back=x`)
    expect(elsewhere.html).toContain('href="/history">操作履歴一覧へ戻る')
  })

  it.each([
    ['from=2026-02-30', '日付が正しくありません'],
    ['from=2026-11-21&to=2026-11-20', '終了が開始より前'],
    ['page=-1', 'ページの番号が正しくありません'],
    ['from=0000-01-01', '日付が範囲外です'],
    ['operation=%3Cscript%3E', '選択肢にない値です'],
    ['operation=foo.bar', '選択肢にない値です'],
    ['operation=never.heard&print=pdf', '選択肢にない値です'],
    ['outcome=a&outcome=b', '同じ条件が2回'],
    [`user=${'x'.repeat(3000)}`, '60文字以内'],
  ])('says what is wrong with ?%s, and searches nothing', async (query, message) => {
    const page = await administrator.get(`/history?${query}`)
    expect(page.status).toBe(422)
    expect(page.text).toContain('エラー：操作履歴照会')
    expect(page.text).toContain(message)
    expect(page.html).not.toContain('<tbody')
  })

  it.each(['user=%00', 'from=%E0%A4%A', 'user=%F0%A0%AE%B7', "user='%22--", 'page=500', 'user=%25'])(
    'is not upset by ?%s',
    async query => {
      const page = await administrator.get(`/history?${query}`)
      expect([200, 400, 422]).toContain(page.status)
    },
  )

  it('shows no entry of the bank’s own, nor any that does not exist', async () => {
    const id = await recordAlone(portal.deps, AccessRefused, {
      actor: system('test'),
      companyId: null,
      details: { method: 'GET', address: '/' },
    })
    for (const each of [id, 'x', '01900000-0000-7000-8000-000000000000', '%00', '..%2F..'])
      expect([400, 404], each).toContain((await administrator.get(`/history/${each}`)).status)
  })

  it('F-02 has words for every form that may be left with a wrong 確認用パスワード, in both languages', () => {
    const missing: string[] = []
    const root = join(import.meta.dirname, '../../../../locales')
    const texts = createTranslations({ root, onMissingKey: (_language, key) => missing.push(key) })
    expect(knownWizards()).toEqual(expect.arrayContaining(['personal-information.change', 'user.suspend']))
    for (const language of languages)
      for (const id of knownWizards()) texts(language)(`history.wizards.${id}`)
    expect(missing).toEqual([])
  })

  it('F-02 names the form that a wrong 確認用パスワード was typed into, and the file is still made (F-01)', async () => {
    const id = await recordAlone(portal.deps, ConfirmationRefused, {
      actor: system('test'),
      companyId: await ownCompany(),
      details: { wizard: 'personal-information.change' },
      outcome: 'refused',
      reason: 'confirmationPassword.wrong',
    })
    expect((await administrator.get(`/history/${id}`)).text).toContain('個人情報の編集')
    const file = await administrator.get('/history/entries.csv')
    expect(file.status).toBe(200)
    expect(file.body.toString()).toContain('個人情報の編集')
  })

  it('shows others’ operations only with 全操作履歴照会, from the next page on', async () => {
    const id = await recordAlone(portal.deps, AccessRefused, {
      actor: {
        kind: 'staff',
        id: portal.deps.ids.next(),
        loginId: 'h',
        name: '佐藤',
        role: 'operator',
        origin: {},
      },
      companyId: await ownCompany(),
      details: { method: 'GET', address: '/' },
    })
    expect((await administrator.get('/history')).text).toContain('銀行担当者 佐藤')
    expect((await administrator.get(`/history/${id}`)).status).toBe(200)
    await sql(portal.database.ownerUrl, `delete from user_permission where service_code = 'history'`)
    const own = await administrator.get('/history?user=h')
    expect(own.status).toBe(200)
    expect(own.text).not.toContain('佐藤')
    expect(own.html).not.toContain('name="user"')
    expect(own.text).toContain(demo.administrator.loginId)
    expect((await administrator.get(`/history/${id}`)).status).toBe(404)
  })

  it('F-01 a file that cannot be made is answered with a page of the portal, and as a page', async () => {
    await sql(
      portal.database.ownerUrl,
      `insert into history (id, chain_id, at, actor_kind, actor_id, operation, outcome, details)
       select '${portal.deps.ids.next()}', company_id, '2026-01-05T03:00:00Z', 'user', id, 'login.succeeded', 'done', '{"amount":"no yen"}'
         from "user" where login_id = '${demo.administrator.loginId}'`,
    )
    const file = await administrator.get('/history/entries.csv?from=2026-01-05&to=2026-01-05')
    expect([file.status, file.headers['content-type']]).toEqual([500, 'text/html; charset=utf-8'])
    expect(file.headers['content-disposition']).toBeUndefined()
    expect(file.text).toContain('エラー')
  })

  it('needs a login', async () => {
    const stranger = portal.visitor()
    const page = await stranger.get(`${portal.settings.portalOrigin}/history`, { follow: false })
    expect(page.status).toBe(303)
  })
})
