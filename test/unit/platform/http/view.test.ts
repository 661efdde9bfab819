import { join } from 'node:path'
import cookie from '@fastify/cookie'
import formbody from '@fastify/formbody'
import Fastify from 'fastify'
import { HtmlValidate } from 'html-validate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import assets from '../../../../src/platform/http/assets.ts'
import language from '../../../../src/platform/http/language.ts'
import view, { type PageFrame } from '../../../../src/platform/http/view.ts'
import { createTranslations } from '../../../../src/platform/i18n.ts'

const root = join(import.meta.dirname, '../../../..')
const translations = createTranslations({
  root: join(root, 'locales'),
  onMissingKey: (lang, key) => {
    throw new Error(`No ${lang} text for ${key}`)
  },
})

const frame: PageFrame = {
  layout: 'portal',
  homeHref: '/home',
  idleSeconds: 1800,
  header: {
    companyName: '株式会社髙﨑商事 <script>',
    userId: 'sekisho01',
    userName: '山田　花子',
    lastLogin: { at: new Date('2026-11-19T08:55:03Z'), from: '203.0.113.7' },
    passwordHref: '/password',
    logoutAction: '/logout',
  },
  navigation: [{ href: '/home', text: 'ホーム', current: true }],
}

const app = Fastify()
beforeAll(async () => {
  await app.register(cookie)
  await app.register(formbody)
  await app.register(assets, { root: join(root, 'public'), cache: true, config: {} })
  await app.register(view, {
    root: join(root, 'views'),
    cache: true,
    translations,
    presetOf: () => undefined,
    frame: () => frame,
    assetOrigin: () => '',
    csrfToken: () => 'token-of-the-form',
  })
  await app.register(language, { config: {} })
  app.get('/', (_request, reply) => reply.page('errors/not-found', { screen: 'BR9E404', title: '入口' }))
  app.get('/page', (_request, reply) =>
    reply.page('errors/not-found', {
      screen: 'BR9E404',
      title: 'ページ',
      progress: {
        current: 2,
        total: 3,
        steps: [
          { name: 'a', title: '基本情報', state: 'done', href: '/a' },
          { name: 'b', title: '権限', state: 'current' },
          { name: 'c', title: '内容確認', state: 'todo' },
        ],
      },
    }),
  )
  app.get('/failed', (_request, reply) =>
    reply.page(
      'errors/not-found',
      { screen: 'BR9E404', title: '登録', errors: [{ field: 'loginId', message: '入力してください。' }] },
      422,
    ),
  )
  app.get('/typed', (request, reply) =>
    reply.page('errors/not-found', {
      screen: 'BR9E404',
      title: JSON.parse(`"${(request.query as { title: string }).title}"`),
    }),
  )
  for (const url of ['/page', '/page/:id/code', '/elsewhere/:id/code'])
    app.post(url, (_request, reply) => reply.page('errors/not-found', { screen: 'BR9E404', title: '登録' }))
})
afterAll(() => app.close())

describe('reply.page', () => {
  it('B-10 shows customer, user ID, name and the last login to the second and where from', async () => {
    const { body } = await app.inject('/page')
    expect(body).toContain('株式会社髙﨑商事 &lt;script&gt;')
    expect(body).toContain('sekisho01')
    expect(body).toContain('山田　花子')
    expect(body).toContain('2026年11月19日 17時55分03秒')
    expect(body).toContain('203.0.113.7')
    expect(body).toMatch(/<form method="post" action="\/logout"/)
  })

  it.each([
    ['髙﨑\u{20BB7}野家 café', '髙﨑\u{20BB7}野家 café'],
    ['\\ud842 half a character', '\ufffd half a character'],
  ])('I-05 answers in UTF-8, as long as it says, whatever was typed: %s', async (title, shown) => {
    const { headers, body, rawPayload } = await app.inject({ url: '/typed', query: { title } })
    expect(headers['content-type']).toBe('text/html; charset=utf-8')
    expect(headers['content-length']).toBe(String(rawPayload.length))
    expect(body).toContain(`>${shown}</h1>`)
  })

  it('D-02 says which of how many steps this is', async () => {
    const { body } = await app.inject('/page')
    expect(body).toContain('全3ステップ中、2ステップ目')
    expect(body.match(/aria-current="step"/g)).toHaveLength(1)
  })

  it('I-03 begins the title with the error and links to the field', async () => {
    const response = await app.inject('/failed')
    expect(response.statusCode).toBe(422)
    expect(response.body).toContain('<title>エラー：登録｜')
    expect(response.body).toContain('<a href="#loginId">入力してください。</a>')
  })

  it('H-07 says when the helpdesk answers, also on pages that cannot go on', async () => {
    expect((await app.inject('/page')).body).toContain('平日 9:00～18:00')
  })

  it.each(['ja', 'en'])('gives valid HTML that says its language: %s', async lang => {
    const { body, headers } = await app.inject(`/page?lang=${lang}`)
    expect(headers['content-language']).toBe(lang)
    expect(body).toContain(`<html lang="${lang}"`)
    const report = await new HtmlValidate({
      root: true,
      extends: ['html-validate:recommended'],
      // Telephone numbers keep plain hyphens, so that they can be copied.
      rules: { 'tel-non-breaking': 'off' },
    }).validateString(body)
    expect(report.results.flatMap(result => result.messages)).toEqual([])
  })
})

describe('POST /language', () => {
  const choose = (payload: string) =>
    app.inject({
      method: 'POST',
      url: '/language',
      payload,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })

  it('I-01 keeps the language in a cookie and goes back to the page', async () => {
    const response = await choose('lang=en&back=%2Fpage%3Fq%3D1%26lang%3Dja')
    expect(response.statusCode).toBe(303)
    expect(response.headers.location).toBe('/page?q=1')
    const [kept] = response.cookies
    expect(kept).toMatchObject({ name: '__Host-lang', value: 'en', secure: true, path: '/' })
    const page = await app.inject({ url: '/page', cookies: { '__Host-lang': 'en' } })
    expect(page.body).toContain('<html lang="en"')
  })

  it('I-05 leaves the language alone for one that is not offered, and never leads elsewhere', async () => {
    const response = await choose('lang=xx&back=%2F%2Felsewhere.example')
    expect(response.cookies).toEqual([])
    expect(response.headers.location).toBe('/')
  })

  it('I-01 is Japanese without a choice, whatever the browser prefers', async () => {
    const page = await app.inject({ url: '/page', headers: { 'accept-language': 'en' } })
    expect(page.body).toContain('<html lang="ja"')
  })
})

describe('where the language is chosen', () => {
  it.each([
    ['GET', '/page?q=1', '/page?q=1'],
    ['POST', '/page?q=1', '/page?q=1'],
    ['POST', '/page/7/code?q=1', '/page?q=1'],
    ['POST', '/elsewhere/7/code', '/'],
  ] as const)('I-01 %s %s leads back to %s, which can be asked for', async (method, url, back) => {
    const { body } = await app.inject({ method, url })
    expect(body).toContain(`name="back" value="${back}"`)
  })
})

describe('assets', () => {
  it('may be kept for a year under the address a page names, and not under another release', async () => {
    const { body } = await app.inject('/page')
    const [address = ''] = /\/assets\/\w+\/build\/main\.css/.exec(body) ?? []
    const named = await app.inject(address)
    expect(named.statusCode).toBe(200)
    expect(named.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    const other = await app.inject('/assets/000000000000/build/main.css')
    expect(other.headers['cache-control']).toBe('public, max-age=60')
  })

  it('come compressed to browsers that take it', async () => {
    const response = await app.inject({
      url: app.asset('build/main.css'),
      headers: { 'accept-encoding': 'br' },
    })
    expect(response.headers['content-encoding']).toBe('br')
  })

  it.each(['/assets/x/build/.inputs', '/assets/x/../../package.json', '/assets/x/%2e%2e/package.json'])(
    'I-05 stay within public: %s',
    async url => {
      expect((await app.inject(url)).statusCode).toBeGreaterThanOrEqual(400)
    },
  )
})
