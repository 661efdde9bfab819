import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { publishTerms } from '../../src/features/terms/index.ts'
import { system } from '../../src/kernel/actor.ts'
import type { PresetName } from '../../src/policy/policy.ts'
import { lastSealed } from '../support/codes.ts'
import { item } from '../support/conformance.ts'
import { sql } from '../support/database.ts'
import { demoOf, userOf } from '../support/factors.ts'
import { valueOn } from '../support/forms.ts'
import { openPortal, type Portal } from '../support/portal.ts'
import { atHome, callerOf, ownerOf, sameBrowser, startAfresh } from '../support/ways-in.ts'
import { byTwoOfficers } from './two-officers.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal({})
})
afterAll(() => portal.close())
beforeEach(() => startAfresh(portal))

const entrance = (preset: PresetName) => `${portal.settings.portalOrigin}/e/${preset}`
const withoutToken = (html: string) => html.replace(/[A-Za-z0-9_-]{30,}/g, '')

item('B-02', ['shoko', 'recommended'], '電子証明書が利用者を示し、パスワードだけでログインする', async () => {
  for (const preset of ['shoko', 'recommended'] as const) {
    const caller = await callerOf(portal, preset, 'user')
    await caller.open()
    expect(caller.visitor.page.text).toContain(demoOf(preset).user.name)
    expect(caller.visitor.page.html).not.toContain('name="loginId"')
  }
  const nobody = await portal.visitor().get(`${entrance('shoko')}/login/certificate`)
  expect(nobody.text).toContain('電子証明書が提示されていません')
})

item('B-02', ['rokin', 'prosrv'], '電子証明書に加えてIDとパスワードを入力する', async () => {
  for (const [preset, file] of [
    ['rokin', 'rokin-user'],
    ['prosrv', 'prosrv-admin'],
  ] as const) {
    const visitor = portal.visitor(await portal.identity(file))
    await visitor.get(`${entrance(preset)}/login/certificate`)
    expect(visitor.page.html).toContain('name="loginId"')
    const { loginId, password } = demoOf(preset).user
    await visitor.post(`/e/${preset}/login`, { loginId, password })
    expect(visitor.page.path).toBe('/home')
    await visitor.post('/logout')
  }
})

item(
  'B-03',
  ['shoko', 'rokin', 'prosrv', 'recommended'],
  'ログインのたびに別のホストで、証明書を選び直せる',
  async () => {
    for (const [preset, file] of [
      ['shoko', 'user'],
      ['rokin', 'rokin-user'],
      ['prosrv', 'prosrv-admin'],
      ['recommended', 'recommended-user'],
    ] as const) {
      const visitor = portal.visitor(await portal.identity(file))
      const hosts = new Set<string>()
      for (let n = 0; n < 2; n++)
        hosts.add(new URL((await visitor.get(`${entrance(preset)}/login/certificate`)).url).hostname)
      expect(hosts.size).toBe(2)
    }
  },
)

item('B-04', 'prosrv', '未入力と誤りは別のメッセージで、「OK」で閉じてもパスワード以外は残る', async () => {
  const visitor = portal.visitor()
  const { company, user } = demoOf('prosrv')
  const fields = { contractNumber: company.contractNumber, loginId: user.loginId }
  await visitor.get(`${entrance('prosrv')}/login/password`)
  await visitor.post('/e/prosrv/login/password', { ...fields, password: '' })
  expect(visitor.page.text).toContain('パスワードが入力されていません')
  await visitor.post('/e/prosrv/login/password', { ...fields, password: 'Machigai1' })
  expect(visitor.page.text).toContain('パスワードに誤りがあります')
  await visitor.post('/e/prosrv/login/password', { ...fields, password: 'Machigai1', dismiss: '1' })
  expect(visitor.page.text).not.toContain('誤りがあります')
  expect(visitor.page.html).toContain(`value="${user.loginId}"`)
  expect(visitor.page.html).not.toContain('Machigai1')
})

item(
  'B-05',
  ['sevenbank', 'prosrv', 'omakase'],
  '登録の有無やロックの有無を、応答から知ることはできない',
  async () => {
    for (const preset of ['sevenbank', 'prosrv', 'omakase'] as const) {
      const { company, user } = demoOf(preset)
      const answer = async (loginId: string) => {
        const visitor = portal.visitor()
        await visitor.get(`${entrance(preset)}/login/password`)
        await visitor.post(`/e/${preset}/login/password`, {
          contractNumber: company.contractNumber,
          loginId,
          password: 'Machigai1',
        })
        return withoutToken(visitor.page.html).replaceAll(loginId, '')
      }
      const unknown = await answer('nobody99')
      expect(await answer(user.loginId)).toBe(unknown)
      const { id } = await userOf(portal, preset, 'user')
      await sql(
        portal.database.ownerUrl,
        `UPDATE credential SET locked_at = now(), locked_until = NULL, failures = 9 WHERE user_id = '${id}'`,
      )
      expect(await answer(user.loginId)).toBe(unknown)
    }
  },
)

item(
  'B-05',
  ['shoko', 'rokin', 'recommended'],
  '有効な電子証明書の持ち主には、ロックを知らせる',
  async () => {
    for (const preset of ['shoko', 'rokin', 'recommended'] as const) {
      const { id } = await userOf(portal, preset, 'user')
      await sql(
        portal.database.ownerUrl,
        `UPDATE credential SET locked_at = now(), locked_until = NULL, failures = 100 WHERE user_id = '${id}'`,
      )
      const caller = await callerOf(portal, preset, 'user')
      await caller.enter()
      expect(caller.visitor.page.text).toContain('ロックされています')
    }
  },
)

item(
  'B-06',
  'every preset',
  '正しいパスワードで失敗の回数は0に戻り、同時に試しても限度を超えない',
  async () => {
    const first = await ownerOf(portal, 'omakase', 'user')
    await first.open()
    for (let n = 0; n < 4; n++) await first.type('Machigai1')
    await first.enter()
    expect(first.visitor.page.path).toBe('/home')
    await first.visitor.post('/logout')
    const before = await portal.deps.db.history.count({ where: { operation: 'login.locked' } })
    const people = await Promise.all(Array.from({ length: 20 }, () => callerOf(portal, 'omakase', 'user')))
    // Twenty windows of the browser that its owner logs in with.
    for (const { visitor } of people) sameBrowser(first.visitor, visitor)
    await Promise.all(people.map(each => each.open()))
    await Promise.all(people.map((each, n) => each.type(`Machigai${n}`)))
    expect(await portal.deps.db.history.count({ where: { operation: 'login.locked' } })).toBe(before + 1)
  },
)

item('B-12', 'every preset', '無操作が続くとサーバー側で終了し、ログインし直すと元の画面に戻る', async () => {
  for (const preset of ['shoko', 'omakase'] as const) {
    const visitor = await atHome(portal, preset, 'administrator')
    portal.clock.move(30 * 60 + 1)
    await visitor.get('/users?q=a')
    expect(visitor.page.status).toBe(401)
    expect(visitor.page.html).toContain(`next=${encodeURIComponent('/users?q=a')}`)
    const caller = await callerOf(portal, preset, 'administrator')
    const door = preset === 'shoko' ? 'certificate' : 'password'
    await caller.visitor.get(`${entrance(preset)}/login/${door}?next=${encodeURIComponent('/users?q=a')}`)
    await caller.type(demoOf(preset).administrator.password, { next: '/users?q=a' })
    expect(caller.visitor.page.path).toBe('/users')
    await caller.visitor.post('/logout')
  }
})

item(
  'B-13',
  'every preset',
  'ログインは一人一つで、「再ログイン」が前のログインの日時と場所を示して終わらせる',
  async () => {
    for (const preset of ['shoko', 'rokin', 'prosrv', 'omakase', 'recommended'] as const) {
      const first = await atHome(portal, preset, 'administrator')
      const second = await callerOf(portal, preset, 'administrator')
      await second.enter()
      expect(second.visitor.page.text).toContain('ログイン中の開始日時')
      expect(second.visitor.page.text).toContain('127.0.0.1')
      await second.visitor.post('/login/takeover')
      expect(second.visitor.page.path).toBe('/home')
      expect((await first.get('/home')).status).toBe(401)
      await second.visitor.post('/logout')
    }
  },
)

item('B-14', 'every preset', 'ログアウトした後は、同じCookieを送り直しても何も開かない', async () => {
  for (const preset of ['shoko', 'sevenbank'] as const) {
    const visitor = await atHome(portal, preset, 'administrator')
    const { url } = visitor.page
    const cookie = visitor.cookieHeader()
    await visitor.post('/logout')
    expect(visitor.page.text).toContain('ログアウトが完了しました')
    const replayed = await visitor.get(url, { headers: { cookie }, follow: false })
    expect(replayed.status).toBe(401)
    expect(replayed.headers['cache-control']).toContain('no-store')
  }
})

item(
  'B-15',
  'every preset',
  '利用規定の版が求めるとき、承諾するまで先へ進めず、承諾は記録される',
  async () => {
    await publishTerms(portal.deps, system('conformance'), 'sevenbank', {
      textJa: '第一条　ご承諾ください。',
      textEn: 'Article 1. Please accept.',
      mustAccept: true,
      effectiveAt: portal.deps.clock.now(),
    })
    const caller = await callerOf(portal, 'sevenbank', 'administrator')
    await caller.enter()
    const { visitor } = caller
    expect(visitor.page.path).toBe('/terms')
    expect((await visitor.get('/users')).path).toBe('/terms')
    const terms = valueOn(visitor.page, 'terms')
    await visitor.post('/terms', { terms, accept: 'yes' })
    // On to what was asked for meanwhile.
    expect(visitor.page.path).toBe('/users')
    expect(await portal.deps.db.history.count({ where: { operation: 'terms.accepted' } })).toBe(1)
  },
)

item(
  'B-16',
  'rokin',
  '銀行が発行した初期パスワードで、メールアドレス、ログインID、パスワードを自分で登録する',
  async () => {
    const { id } = await userOf(portal, 'rokin', 'administrator')
    const password = await byTwoOfficers(portal, id, 'registration-reset')
    const { loginId } = demoOf('rokin').administrator
    const visitor = portal.visitor()
    await visitor.get(`${entrance('rokin')}/registration/master`)
    await visitor.post('/e/rokin/registration/master', { loginId, password })
    const email = 'jibun@rokin.sekisho.example'
    await visitor.post('/registration/mail', { email, emailAgain: email })
    const { code = '' } = await lastSealed(portal, email)
    await visitor.post('/registration/code', { code })
    await visitor.post('/registration', {
      loginId: 'Jibun001',
      loginIdAgain: 'Jibun001',
      password: 'Aoi-Sora-1',
      passwordAgain: 'Aoi-Sora-1',
    })
    expect(visitor.page.text).toContain('初期登録が完了しました')
  },
)

item('B-20', 'every preset', '自分のログインと失敗を確かめ、すべての接続からログアウトできる', async () => {
  const caller = await callerOf(portal, 'prosrv', 'administrator')
  await caller.open()
  await caller.type('Machigai1')
  await caller.enter()
  const { visitor } = caller
  await visitor.get('/login-history')
  expect(visitor.page.text).toContain('ログインの失敗')
  expect(visitor.page.text).toContain('127.0.0.1')
  const cookie = visitor.cookieHeader()
  const { url } = visitor.page
  await visitor.post('/login-history/logout-everywhere')
  expect((await visitor.get(url, { headers: { cookie }, follow: false })).status).toBe(401)
})
