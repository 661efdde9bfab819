import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { presetNames } from '../../src/policy/policy.ts'
import { cell, item } from '../support/conformance.ts'
import { demoOf } from '../support/factors.ts'
import { versionOn } from '../support/forms.ts'
import { openPortal, type Portal } from '../support/portal.ts'
import { atHome, callerOf, startAfresh } from '../support/ways-in.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal({})
})
afterAll(() => portal.close())
beforeEach(() => startAfresh(portal))

const entryOf = (preset: string) => portal.visitor().get(`${portal.settings.portalOrigin}/e/${preset}`)

const tilesOf = (html: string): string[] =>
  [...html.matchAll(/tile__title">([^<]+)</g)].map(([, title = '']) => title)

for (const preset of presetNames) {
  item('B-00', preset, 'その企業の入口 /e/… から入り、利用後も同じ入口へ戻る', async () => {
    const page = await entryOf(preset)
    expect(page.status).toBe(200)
    const { company } = demoOf(preset)
    expect(page.text).toContain(company.entrance.name)
    const visitor = await atHome(portal, preset, 'administrator')
    expect(visitor.page.text).toContain(company.name)
    await visitor.post('/logout')
    for (const other of presetNames.filter(each => each !== preset))
      expect(visitor.page.text).not.toContain(demoOf(other).company.entrance.name)
    const expected = preset === 'shoko' ? `${portal.settings.portalOrigin}/"` : `/e/${preset}"`
    expect(visitor.page.html).toContain(expected)
  })

  item(
    'B-10',
    preset,
    'ログイン後の画面に、お客様名・ユーザID・ユーザ名・前回ログイン日時が出る',
    async () => {
      const { administrator, company } = demoOf(preset)
      await (await atHome(portal, preset, 'administrator')).post('/logout')
      const { page } = await atHome(portal, preset, 'administrator')
      // Each under the manual's own name for it.
      const { name, loginId } = administrator
      const id = preset === 'rokin' ? 'ユーザーID' : 'ユーザID'
      expect(page.text).toContain(
        `お客様名 ${company.name} ${id} ${loginId} ユーザ名 ${name} 前回ログイン日時`,
      )
      expect(page.text).toMatch(/前回ログイン日時 \d{4}年\d{1,2}月\d{1,2}日 \d\d時\d\d分\d\d秒/)
    },
  )

  item('B-13', preset, '二つ目のログインでは「再ログイン」を案内し、前の接続を終える', async () => {
    const first = await atHome(portal, preset, 'administrator')
    const caller = await callerOf(portal, preset, 'administrator')
    await caller.enter()
    expect(caller.visitor.page.path).toBe('/login/takeover')
    expect(caller.visitor.page.text).toContain('ログイン中の開始日時')
    await caller.visitor.post('/login/takeover')
    expect(caller.visitor.page.path).toBe('/home')
    expect((await first.get('/home')).status).toBe(401)
  })

  item('B-14', preset, 'ログアウトすると、控えてあった接続の情報を使っても入れない', async () => {
    const visitor = await atHome(portal, preset, 'administrator')
    const cookie = visitor.cookieHeader()
    const page = await visitor.post('/logout')
    expect(page.text).toContain('ログアウトが完了しました')
    expect((await visitor.get('/home', { headers: { cookie }, follow: false })).status).toBe(401)
  })
}

item('B-00', 'every preset', '知らない入口はなく、設定した入口は「/」にもある', async () => {
  expect((await entryOf('nowhere')).status).toBe(404)
  const root = await portal.visitor().get(`${portal.settings.portalOrigin}/`)
  expect(tilesOf(root.html)).toEqual(tilesOf((await entryOf('shoko')).html))
})

const menus = {
  shoko: ['電子証明書ログイン', '電子証明書取得'],
  rokin: ['ログイン', 'マスターユーザーの初期登録', '一般ユーザーの初期登録', '電子証明書発行'],
  sevenbank: ['ログイン', '電子証明書ログイン', '電子証明書取得'],
  prosrv: ['電子証明書でログイン', 'ご契約番号でログイン', '電子証明書取得'],
  omakase: ['ログイン'],
  recommended: ['電子証明書ログイン', 'パスキーでログイン', '電子証明書取得'],
}

for (const preset of presetNames)
  item('B-01', preset, `入口に「${menus[preset].join('」「')}」が並び、どれも開く`, async () => {
    const page = await entryOf(preset)
    expect(tilesOf(page.html)).toEqual(menus[preset])
    const links = [...page.html.matchAll(/class="tile" href="([^"]+)"/g)].map(([, href = '']) => href)
    expect(links).toHaveLength(menus[preset].length)
    for (const href of links) {
      const opened = await portal.visitor().get(`${portal.settings.portalOrigin}${href}`)
      // Without a certificate the page says so; it is there all the same.
      expect(opened.status, href).toBeOneOf(href.endsWith('/certificate') ? [200, 403] : [200])
    }
  })

item(
  'B-11',
  'every preset',
  'パスワードの入力欄すべてにソフトウェアキーボードがあり、JavaScriptがなければ現れない',
  async () => {
    for (const preset of presetNames) {
      await startAfresh(portal)
      const pages: string[] = []
      const { visitor: stranger } = await callerOf(portal, preset, 'administrator')
      const menu = await stranger.get(`${portal.settings.portalOrigin}/e/${preset}`)
      for (const [, href = ''] of menu.html.matchAll(/class="tile" href="([^"]+)"/g))
        pages.push((await stranger.get(portal.settings.portalOrigin + href)).html)
      const person = await atHome(portal, preset, 'administrator')
      for (const address of ['/password', '/confirmation-password', '/reauthentication'])
        pages.push((await person.get(address)).html)
      const fields = pages.flatMap(html =>
        [...html.matchAll(/<input(?=[^>]*type="password")[^>]*\sid="([^"]+)"/g)].map(([, id = '']) => ({
          id,
          keyboard: new RegExp(`data-keyboard="${id}"[^>]*hidden>ソフトウェアキーボードを開く`).test(html),
        })),
      )
      expect(fields.length, preset).toBeGreaterThanOrEqual(4)
      expect(fields.filter(({ keyboard }) => !keyboard).map(({ id }) => `${preset} ${id}`)).toEqual([])
    }
  },
)

cell('login', 'shoko', '電子証明書が利用者を示し、パスワードだけを入力する', async () => {
  const caller = await callerOf(portal, 'shoko', 'administrator')
  const page = await caller.open()
  expect(page.text).toContain(demoOf('shoko').administrator.name)
  expect(page.html).not.toContain('name="loginId"')
  await caller.type(demoOf('shoko').administrator.password)
  expect(caller.visitor.page.path).toBe('/home')
})

cell('login', 'rokin', '電子証明書に加えて、その本人のユーザIDとパスワードが要る', async () => {
  const caller = await callerOf(portal, 'rokin', 'user')
  expect((await caller.open()).html).toContain('name="loginId"')
  const { password } = demoOf('rokin').user
  const other = await caller.type(password, { loginId: demoOf('rokin').administrator.loginId })
  expect(other.status).toBe(422)
  await caller.enter()
  expect(caller.visitor.page.path).toBe('/home')
  const without = portal.visitor()
  await without.get(`${portal.settings.portalOrigin}/e/rokin/login/certificate`)
  expect(without.page.text).toContain('電子証明書が提示されていません')
})

cell('login', ['sevenbank', 'omakase'], 'ログインIDとパスワードだけで入れる', async () => {
  for (const preset of ['sevenbank', 'omakase'] as const) {
    const caller = await callerOf(portal, preset, 'administrator')
    expect((await caller.type('Machigai2026')).path).not.toBe('/home')
    await caller.enter()
    expect(caller.visitor.page.path).toBe('/home')
  }
})

cell('login', 'prosrv', '会社の電子証明書でサイトに入り、ユーザコードとパスワードで利用する', async () => {
  const { user } = demoOf('prosrv')
  const visitor = portal.visitor(await portal.identity('prosrv-admin'))
  await visitor.get(`${portal.settings.portalOrigin}/e/prosrv/login/certificate`)
  await visitor.post(visitor.page.path, { loginId: user.loginId, password: user.password })
  expect(visitor.page.path).toBe('/home')
  expect(visitor.page.text).toContain(user.name)
})

cell('login', 'prosrv', 'クラウドサービスは、ご契約番号・ユーザID・パスワードで入る', async () => {
  const caller = await callerOf(portal, 'prosrv', 'user')
  expect((await caller.open()).html).toContain('name="contractNumber"')
  const { password } = demoOf('prosrv').user
  expect((await caller.type(password, { contractNumber: '7001000000' })).status).toBe(422)
  await caller.enter()
  expect(caller.visitor.page.path).toBe('/home')
})

cell(
  'login',
  'recommended',
  '電子証明書とパスワードで入れ、証明書なしではパスワードだけでは入れない',
  async () => {
    expect((await atHome(portal, 'recommended', 'user')).page.path).toBe('/home')
    await startAfresh(portal)
    const { user } = demoOf('recommended')
    const visitor = portal.visitor()
    await visitor.get(`${portal.settings.portalOrigin}/e/recommended/login/password`)
    await visitor.post(visitor.page.path, { loginId: user.loginId, password: user.password })
    expect(visitor.page.path).not.toBe('/home')
    expect((await visitor.get('/home')).path).not.toBe('/home')
  },
)

cell(
  'roles',
  ['shoko', 'rokin', 'sevenbank', 'prosrv', 'omakase', 'recommended'],
  '利用者一覧では、説明書の呼び名で利用者を示す',
  async () => {
    const words = {
      shoko: ['管理者', '締結者'],
      rokin: ['マスターユーザー', '一般ユーザー'],
      sevenbank: ['管理者', '利用者'],
      prosrv: ['ユーザ管理者', '利用者'],
      omakase: ['契約者', '利用者', '管理者'],
      recommended: ['契約者', '利用者', '管理者'],
    }
    for (const preset of presetNames) {
      const visitor = await atHome(portal, preset, 'administrator')
      await visitor.get('/users')
      const { administrator, user } = demoOf(preset)
      const [first = '', second = '', appointed] = words[preset]
      expect(visitor.page.text).toContain(`${administrator.name} ${first}`)
      expect(visitor.page.text).toContain(`${user.name} ${second}`)
      if (!appointed) continue
      // The contractor appoints the third kind (D-14).
      const { id, companyId } = await portal.deps.db.user.findFirstOrThrow({ where: { name: user.name } })
      const as = (role: 'administrator' | 'user') =>
        portal.deps.db.user.update({ where: { companyId_id: { companyId, id } }, data: { role } })
      await as('administrator')
      await visitor.get('/users')
      expect(visitor.page.text).toContain(`${user.name} ${appointed}`)
      await as('user')
    }
  },
)

const bad = {
  shoko: ['管理', 'a'.repeat(21), 'abc_123'],
  rokin: ['abcdef', '123456', 'Abc12', 'Abcdefg123456', 'abc-123'],
  sevenbank: ['abcdef', '123456', 'abc12', 'abcdefg123456', 'abc-123'],
  prosrv: ['abc12', 'a'.repeat(21), 'abc 123'],
  omakase: ['管理', 'a'.repeat(21), 'abc_123'],
  recommended: ['abc12', 'a'.repeat(65), 'abc 123'],
}
const good = {
  shoko: '20040007',
  rokin: 'Atarashi01',
  sevenbank: 'atarashi01',
  prosrv: 'atarashi-01',
  omakase: '6001',
  recommended: 'atarashi@example.co.jp',
}

for (const preset of presetNames)
  cell('loginId', preset, '登録できるログインIDの形は、定めのとおりである', async () => {
    const admin = await atHome(portal, preset, 'administrator')
    await admin.get('/users')
    await admin.post('/users/new')
    const address = admin.page.path
    const type = (loginId: string) =>
      admin.post(address, {
        version: versionOn(admin.page),
        loginId,
        loginIdAgain: loginId,
      })
    for (const loginId of bad[preset])
      expect((await type(loginId)).html, loginId).toContain('id="loginId-error"')
    expect((await type(good[preset])).html).not.toContain('id="loginId-error"')
  })

cell('loginId', 'sevenbank', 'ログインIDは二度入力し、違えば登録できない', async () => {
  const admin = await atHome(portal, 'sevenbank', 'administrator')
  await admin.get('/users')
  await admin.post('/users/new')
  await admin.post(admin.page.path, {
    version: versionOn(admin.page),
    loginId: 'atarashi01',
    loginIdAgain: 'atarashi02',
  })
  expect(admin.page.html).toContain('id="loginIdAgain-error"')
})

cell('loginId', 'rokin', '大文字と小文字を区別して入力しないと入れない', async () => {
  const caller = await callerOf(portal, 'rokin', 'user')
  const { loginId, password } = demoOf('rokin').user
  await caller.open()
  expect((await caller.type(password, { loginId: loginId.toLowerCase() })).status).toBe(422)
  await caller.enter()
  expect(caller.visitor.page.path).toBe('/home')
})

item('A-00', ['sevenbank', 'omakase'], '区別のない企業では、大文字でも小文字でも入れる', async () => {
  for (const preset of ['sevenbank', 'omakase'] as const) {
    const caller = await callerOf(portal, preset, 'administrator')
    const { loginId, password } = demoOf(preset).administrator
    await caller.open()
    await caller.type(password, { loginId: loginId.toUpperCase() })
    expect(caller.visitor.page.path).toBe('/home')
  }
})

for (const preset of presetNames)
  cell(
    'unique',
    preset,
    preset === 'prosrv'
      ? 'ほかの企業のIDは使え、自社のIDは使えない'
      : 'ほかの企業のIDも、大文字小文字だけ違うIDも使えない',
    async () => {
      // sevenbank and prosrv have the same IDs already, since prosrv's are unique within the contract number only.
      const other = preset === 'sevenbank' ? demoOf('omakase') : demoOf('sevenbank')
      const admin = await atHome(portal, preset, 'administrator')
      await admin.get('/users')
      await admin.post('/users/new')
      const address = admin.page.path
      const password = {
        shoko: 'Hajimete2026',
        rokin: 'Hajime-26',
        sevenbank: 'Hajime2026',
        prosrv: 'Hajimete2026',
        omakase: 'Hajimete2026',
        recommended: 'midori-no-mori-he-iku',
      }[preset]
      const type = (loginId: string) =>
        admin.post(address, {
          version: versionOn(admin.page),
          loginId,
          loginIdAgain: loginId,
          loginPassword: password,
          loginPasswordAgain: password,
          forceChange: 'on',
          name: '重複　確認',
          email: 'check@example.co.jp',
          emailAgain: 'check@example.co.jp',
          role: 'user',
          mobile: '09012345678',
        })
      if (preset === 'prosrv') {
        expect((await type('KANRI01')).text).toContain('既に使用されています')
        expect((await type(demoOf('rokin').user.loginId)).path).toMatch(/permissions$/)
      } else
        expect((await type(other.user.loginId.toUpperCase())).text).toMatch(
          /使用されています|登録されています/,
        )
    },
  )
