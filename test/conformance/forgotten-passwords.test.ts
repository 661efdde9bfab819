import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import type { PresetName } from '../../src/policy/policy.ts'
import { execute, fillInChange } from '../integration/features/users/changing.ts'
import { askedLinksSent, lastSealed } from '../support/codes.ts'
import { cell } from '../support/conformance.ts'
import { demoOf, registerOtp, userOf, wrongCode } from '../support/factors.ts'
import { Device } from '../support/passkeys.ts'
import { openPortal, type Portal } from '../support/portal.ts'
import { atHome, callerOf, startAfresh } from '../support/ways-in.ts'
import { byTwoOfficers, officer } from './two-officers.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal({})
})
afterAll(() => portal.close())
beforeEach(() => startAfresh(portal))

const entrance = (preset: PresetName) => `${portal.settings.portalOrigin}/e/${preset}`

for (const preset of ['prosrv', 'omakase', 'recommended'] as const)
  cell('forgotten', preset, 'メールのリンクとIDで、30分以内に一度だけ再設定できる', async () => {
    const { company, user } = demoOf(preset)
    const id = { contractNumber: company.contractNumber, loginId: user.loginId }
    const visitor = portal.visitor()
    await visitor.get(`${entrance(preset)}/forgotten-password`)
    await visitor.post(`/e/${preset}/forgotten-password`, id)
    await askedLinksSent(portal)
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
    await askedLinksSent(portal)
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
      const temporary = await byTwoOfficers(portal, id, 'password-reset')
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
    const operator = await officer(portal, 'operator')
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
