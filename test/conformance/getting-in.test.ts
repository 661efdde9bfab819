import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { publishTerms } from '../../src/features/terms/index.ts'
import { system } from '../../src/kernel/actor.ts'
import type { PresetName } from '../../src/policy/policy.ts'
import { execute, fillInChange } from '../integration/features/users/changing.ts'
import { approveCase, fetchSecret, openCase } from '../support/cases.ts'
import { lastSealed } from '../support/codes.ts'
import { cell, item } from '../support/conformance.ts'
import { sql } from '../support/database.ts'
import { demoOf, registerOtp, userOf, wrongCode } from '../support/factors.ts'
import { logInAsStaff } from '../support/officers.ts'
import { Device } from '../support/passkeys.ts'
import { openPortal, type Portal } from '../support/portal.ts'
import { atHome, callerOf, ownerOf, sameBrowser, startAfresh } from '../support/ways-in.ts'

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

for (const preset of ['prosrv', 'omakase', 'recommended'] as const)
  cell('forgotten', preset, 'メールのリンクとIDで、30分以内に一度だけ再設定できる', async () => {
    const { company, user } = demoOf(preset)
    const id = { contractNumber: company.contractNumber, loginId: user.loginId }
    const visitor = portal.visitor()
    await visitor.get(`${entrance(preset)}/forgotten-password`)
    await visitor.post(`/e/${preset}/forgotten-password`, id)
    const { link = '' } = await lastSealed(portal, user.email, 'password.reset')
    const password = 'midori-no-oka-2031'.replaceAll(preset === 'recommended' ? '' : '-', '')
    const reset = async () => {
      await visitor.get(link)
      await visitor.post(new URL(link).pathname, { ...id, password, passwordAgain: password })
      return visitor.page.text
    }
    expect(await reset()).toContain('パスワードを変更しました')
    expect(await reset()).toContain('すでに使用されています')
  })

/** A token and a passkey for the administrator of recommended, registered as at their desk. */
const withEveryFactor = async () => {
  const someone = await atHome(portal, 'recommended', 'administrator')
  const { password } = demoOf('recommended').administrator
  await someone.post('/reauthentication', { proof: 'password', loginPassword: password, next: '/security' })
  const { headers } = await someone.post('/security/passkeys', {}, { follow: false })
  await someone.get('/security')
  const app = await registerOtp(portal, someone)
  const there = new URL(String(headers.location))
  const ticket = there.searchParams.get('ticket') ?? ''
  const visitor = portal.visitor()
  const page = await visitor.get(there.href)
  const { html } = await visitor.post('/passkeys/registration/options', { ticket })
  visitor.page = page
  const device = new Device(portal.settings.portalOrigin)
  const passkey = device.register((JSON.parse(html) as { challenge: string }).challenge)
  await visitor.post('/passkeys/registration', { ticket, name: '端末', passkey })
  expect(visitor.page.status).toBe(200)
  return { app, device }
}

cell(
  'forgotten',
  'recommended',
  'リンクのあと、登録したワンタイムパスワードとパスキーのすべてを示すまで、パスワードは変わらない',
  async () => {
    const { app, device } = await withEveryFactor()
    const { loginId, email, password: old } = demoOf('recommended').administrator
    const visitor = portal.visitor()
    await visitor.get(`${entrance('recommended')}/forgotten-password`)
    await visitor.post('/e/recommended/forgotten-password', { loginId })
    const { link = '' } = await lastSealed(portal, email, 'password.reset')
    const address = new URL(link).pathname
    const passkey = async () => {
      const page = await visitor.get(link)
      const { html } = await visitor.post(`${address}/passkey`)
      visitor.page = page
      return device.authenticate((JSON.parse(html) as { challenge: string }).challenge)
    }
    const password = 'oka-no-ue-no-kaze-2031'
    const reset = async (factors: Record<string, string>) => {
      await visitor.post(address, { loginId, password, passwordAgain: password, ...factors })
      return visitor.page.text
    }
    portal.clock.move(30)
    const code = () => app.code(portal.clock.now())
    await visitor.get(link)
    expect(visitor.page.text).toContain('ワンタイムパスワード')
    expect(visitor.page.html).toContain('data-passkey="authentication"')
    expect(await reset({})).toContain('パスキーによる認証が行われていません')
    expect(await reset({ oneTimePassword: code() })).toContain('パスキーによる認証が行われていません')
    expect(await reset({ passkey: await passkey() })).toContain('ワンタイムパスワードが入力されていません')
    expect(
      await reset({ passkey: await passkey(), oneTimePassword: wrongCode(app, portal.clock.now()) }),
    ).toContain('ワンタイムパスワードが正しくありません')
    await startAfresh(portal)
    const caller = await callerOf(portal, 'recommended', 'administrator', old)
    await caller.enter()
    expect(caller.visitor.page.path).toBe('/home')
    expect(await reset({ passkey: await passkey(), oneTimePassword: code() })).toContain(
      'パスワードを変更しました',
    )
    expect((await caller.visitor.get('/home')).status).toBe(401)
    const after = await callerOf(portal, 'recommended', 'administrator', password)
    await after.enter()
    expect(after.visitor.page.path).toBe('/home')
  },
)

const helpers = {
  shoko: 'お届出印を押した依頼書',
  rokin: '貴社のマスターユーザー（管理者）にご連絡ください',
  sevenbank: '貴社の管理者にご連絡ください',
} as const

const officer = async (file: 'operator' | 'approver') =>
  logInAsStaff(portal, portal.visitor(await portal.identity(file)))

/** What two officers do on a sealed form, and the password that comes of it. */
const byTwoOfficers = async (userId: string, act: string): Promise<string> => {
  const [operator, approver] = [await officer('operator'), await officer('approver')]
  const caseId = await openCase(portal, operator, userId, act)
  await approveCase(approver, caseId)
  return (await fetchSecret(operator, caseId)) ?? ''
}

for (const [preset, role, whom] of [
  ['shoko', 'user', '利用者'],
  ['shoko', 'administrator', '管理者'],
  ['rokin', 'administrator', 'マスターユーザー'],
  ['sevenbank', 'administrator', 'ほかに管理者のいない管理者'],
] as const)
  cell(
    'forgotten',
    preset,
    `当行が、届出印のある依頼書により、${whom}の仮のパスワードを設定し、ログイン後に変更させる`,
    async () => {
      const { id } = await userOf(portal, preset, role)
      const where = { userId_kind: { userId: id, kind: 'login_password' as const } }
      const { hash, setAt, setOn } = await portal.deps.db.credential.findUniqueOrThrow({ where })
      const temporary = await byTwoOfficers(id, 'password-reset')
      const caller = await callerOf(portal, preset, role, temporary)
      await caller.enter()
      expect(caller.visitor.page.path).toBe('/password')
      // The others go on with the demo's own.
      const own = { hash, setAt, setOn, forceChange: false, temporaryUntil: null }
      await portal.deps.db.credential.update({ where, data: own })
    },
  )

for (const [preset, role, words] of [
  ['rokin', 'user', '企業の管理者が行います'],
  ['sevenbank', 'user', '企業の管理者が行います'],
  ['prosrv', 'user', 'メールのリンクで再設定します'],
  ['omakase', 'administrator', 'メールのリンクで再設定します'],
  ['recommended', 'user', 'メールのリンクで再設定します'],
] as const)
  cell('forgotten', preset, '当行は、定めのない利用者のパスワードを再設定しない', async () => {
    const { id } = await userOf(portal, preset, role)
    const operator = await officer('operator')
    expect((await operator.get(`/helpdesk/users/${id}/password-reset`)).status).toBe(409)
    expect(operator.page.text).toContain(words)
  })

for (const [preset, basic] of [
  ['rokin', 'Atarashi-26'],
  ['sevenbank', 'Atarashii26'],
] as const)
  cell('forgotten', preset, '企業の管理者が再設定し、ロックや閉塞もそれで解除される', async () => {
    const { id: userId } = await userOf(portal, preset, 'user')
    const where = { userId_kind: { userId, kind: 'login_password' as const } }
    const { hash, setAt, setOn } = await portal.deps.db.credential.findUniqueOrThrow({ where })
    const lockedAt = portal.clock.now()
    await portal.deps.db.credential.update({ where, data: { failures: 6, lockedAt, lockCount: 3 } })
    if (preset === 'rokin')
      await portal.deps.db.user.update({ where: { id: userId }, data: { serviceState: 'blocked' } })
    const master = await atHome(portal, preset, 'administrator')
    await fillInChange(master, userId, {
      basic: { changeLoginPassword: 'on', loginPassword: basic, loginPasswordAgain: basic },
    })
    const { confirmationPassword } = demoOf(preset).administrator
    await execute(master, confirmationPassword ? { confirmationPassword } : {})
    const caller = await callerOf(portal, preset, 'user', basic)
    await caller.enter()
    expect(caller.visitor.page.path).toBe('/password')
    const own = { hash, setAt, setOn, forceChange: false, temporaryUntil: null }
    await portal.deps.db.credential.update({ where, data: own })
  })

for (const preset of ['shoko', 'rokin', 'sevenbank'] as const)
  cell('forgotten', preset, 'パスワードを忘れたときの連絡先を示し、メールでは再設定できない', async () => {
    const page = await portal.visitor().get(`${entrance(preset)}/forgotten-password`)
    expect(page.text).toContain(helpers[preset])
    expect(page.html).not.toContain('name="loginId"')
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
    const terms = /name="terms" value="([^"]+)"/.exec(visitor.page.html)?.[1] ?? ''
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
    const password = await byTwoOfficers(id, 'registration-reset')
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
