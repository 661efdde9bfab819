import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Page, Visitor } from '../../../support/visitor.ts'
import { atHome, callerOf } from '../../../support/ways-in.ts'
import { check, csv, row, startImporting } from '../user-csv/importing.ts'

let portal: Portal
let master: Visitor
/** The host of the master user's session. */
let there: string

beforeAll(async () => {
  portal = await openPortal({ presets: ['rokin'], generalUsers: true })
  await startImporting(portal)
  master = await atHome(portal, 'rokin', 'administrator')
  there = new URL(master.page.url).origin
})
afterAll(() => portal?.close())

/** What the other manuals call it; [R] has ユーザーID alone. */
const others = /.{0,20}(?:ログインID|ユーザID|Login ID|login ID).{0,20}/g
const foreign = ({ path, text }: Page) => (text.match(others) ?? []).map(words => `${path}: ${words}`)

const pagesOf = ({ html }: Page) =>
  [...html.matchAll(/href="(\/[a-z][a-z/-]*)"/g)].map(([, href = '']) => href)

describe('ユーザーID', () => {
  it('B-01 B-04 C-01 [R] is what it is called on every page before the login, and where something was typed wrong', async () => {
    const seen: string[] = []
    const { visitor, open, type } = await callerOf(portal, 'rokin', 'administrator')
    seen.push(...foreign(await open()), ...foreign(await type('Chigau-2026')))
    expect(visitor.page.text).toContain('ユーザーID')
    await type('Chigau-2026', { loginId: '' })
    seen.push(...foreign(visitor.page))
    const stranger = portal.visitor()
    const entry = `${portal.settings.portalOrigin}/e/rokin`
    for (const path of [
      '',
      '/guide/deletion',
      '/registration/master',
      '/registration/user',
      '/certificate-issue',
    ]) {
      seen.push(...foreign(await stranger.get(entry + path)))
      expect(stranger.page.status, path).toBe(200)
      if (path === '' || path.startsWith('/guide/')) continue
      seen.push(...foreign(await stranger.post(`/e/rokin${path}`, { loginId: '', password: '' })))
      seen.push(
        ...foreign(await stranger.post(`/e/rokin${path}`, { loginId: 'Nai0000', password: 'Chigau-1' })),
      )
    }
    expect(seen).toEqual([])
  })

  it('B-10 D-01 D-03 [R] and on every page that a master user comes to, in both languages', async () => {
    for (const lang of ['ja', 'en']) {
      await master.get(`${there}/home`)
      await master.post('/language', { lang, back: '/home' })
      const waiting = pagesOf(await master.get(`${there}/home`))
      const seen = new Set(['/logout', '/language'])
      const wrong: string[] = []
      for (let href = waiting.shift(); href !== undefined; href = waiting.shift()) {
        if (seen.has(href) || href.startsWith('/assets/')) continue
        seen.add(href)
        const page = await master.get(`${there}${href}`)
        if (page.status !== 200) continue
        wrong.push(...foreign(page))
        waiting.push(...pagesOf(page))
      }
      await master.get(`${there}/users`)
      await master.post('/users/new')
      wrong.push(...foreign(master.page), ...foreign(await master.post(master.page.path, { version: '0' })))
      expect(wrong).toEqual([])
      expect(seen.size).toBeGreaterThan(15)
    }
    await master.post('/language', { lang: 'ja', back: '/home' })
  })

  it('D-13 [R] heads the column of a file too, and the usual word is understood', async () => {
    const template = await master.get(`${there}/users/import/template`)
    expect(template.body.toString('utf8')).toContain('ユーザーID')
    for (const heading of ['ユーザーID', 'ログインID']) {
      await check(master, csv([heading, '利用者名', 'メールアドレス', '管理者権限'], row('Ikkatsu01')))
      expect(master.page.text).toContain('誤りはありませんでした')
    }
  })
})
