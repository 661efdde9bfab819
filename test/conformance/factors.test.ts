import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { lastSealed } from '../support/codes.ts'
import { cell, item } from '../support/conformance.ts'
import { sql } from '../support/database.ts'
import {
  codeBySms,
  demoOf,
  overridePolicy,
  passwordLogin,
  registerOtp,
  userOf,
  wrongCode,
} from '../support/factors.ts'
import { versionOn } from '../support/forms.ts'
import { openPortal, type Portal } from '../support/portal.ts'
import type { Visitor } from '../support/visitor.ts'
import { atHome, startAfresh } from '../support/ways-in.ts'
import { toConfirmPage } from './registration-form.ts'

const question = '/login/second-factor'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal({ generalUsers: true })
})
afterAll(() => portal.close())

/** Every company as its preset has it, nobody with a factor. */
beforeEach(async () => {
  await startAfresh(portal)
  await sql(
    portal.database.ownerUrl,
    'DELETE FROM otp_token',
    'DELETE FROM recovery_code',
    'DELETE FROM passkey',
    'DELETE FROM authentication_code',
    'DELETE FROM outbox_sms',
    'DELETE FROM draft',
    'UPDATE "user" SET mobile = NULL',
  )
  await overridePolicy(portal, 'shoko', {})
  await overridePolicy(portal, 'sevenbank', { login: { secondFactor: 'totp' } })
  await overridePolicy(portal, 'omakase', { login: { secondFactor: 'sms' } })
})

for (const preset of ['shoko', 'rokin', 'prosrv'] as const) {
  cell('oneTime', preset, 'ワンタイムパスワードもSMSも求められず、登録もできない', async () => {
    const visitor = await atHome(portal, preset, 'administrator')
    await visitor.get('/security')
    expect(visitor.page.text).not.toMatch(/ワンタイムパスワード|パスキー|リカバリーコード/)
    await visitor.post('/otp/registration')
    expect(visitor.page.path).toBe('/security')
    expect(await portal.deps.db.otpToken.count()).toBe(0)
  })
}

cell(
  'oneTime',
  'sevenbank',
  '使う企業では、ログインと登録の実行のたびに求められ、使わない企業では求められない',
  async () => {
    const admin = await passwordLogin(portal, 'sevenbank', 'administrator')
    expect(admin.page.path).toBe(question)
    const app = await registerOtp(portal, admin)
    await toConfirmPage(admin, 'sevenbank')
    expect(admin.page.text).toContain('確認用パスワード')
    portal.clock.move(30)
    const confirm = admin.page.path
    const confirmationPassword = demoOf('sevenbank').administrator.confirmationPassword ?? ''
    await admin.post(confirm, {
      version: versionOn(admin.page),
      confirmationPassword,
      oneTimePassword: wrongCode(app, portal.clock.now()),
    })
    expect(admin.page.status).toBe(422)
    await admin.post(confirm, {
      version: versionOn(admin.page),
      confirmationPassword,
      oneTimePassword: app.code(portal.clock.now()),
    })
    expect(admin.page.path).toMatch(/\/result$/)
    await overridePolicy(portal, 'sevenbank', {})
    await startAfresh(portal)
    expect((await passwordLogin(portal, 'sevenbank', 'administrator')).page.path).toBe('/home')
  },
)

cell('oneTime', 'omakase', '使う企業では、ログインのたびにSMSの認証コードを求められる', async () => {
  await sql(portal.database.ownerUrl, `UPDATE "user" SET mobile = '+819012345678'`)
  const someone = await passwordLogin(portal, 'omakase', 'user')
  expect(someone.page.path).toBe(question)
  await someone.get('/home')
  expect(someone.page.path).toBe(question)
  await someone.post(`${question}/message`)
  await someone.post(question, { proof: 'sms', code: await codeBySms(portal.deps) })
  expect(someone.page.path).toBe('/home')
})

/** As far as the confirm page of トークンの失効, for the general user's token. */
const toRevocation = async (admin: Visitor) => {
  const { id } = await userOf(portal, 'recommended', 'user')
  await admin.post(`/users/otp-tokens/${id}/revocation`)
  expect(admin.page.path).toMatch(/\/confirm$/)
}

const registerInSettings = async (visitor: Visitor, password: string) => {
  await visitor.get('/security')
  await visitor.post('/reauthentication', { proof: 'password', loginPassword: password, next: '/security' })
  return registerOtp(portal, visitor)
}

cell(
  'confirmation',
  'recommended',
  '実行には、ワンタイムパスワードの登録があればそれを、なければログインパスワードをもう一度求められる',
  async () => {
    const { administrator, user } = demoOf('recommended')
    await registerInSettings(await atHome(portal, 'recommended', 'user'), user.password)
    const admin = await atHome(portal, 'recommended', 'administrator')
    await admin.get('/users/otp-tokens')
    await toRevocation(admin)
    await admin.post(admin.page.path, { version: versionOn(admin.page), loginPassword: 'chigau-kotoba-desu' })
    expect(admin.page.status).toBe(422)
    const app = await registerInSettings(admin, administrator.password)
    await admin.get('/users/otp-tokens')
    await toRevocation(admin)
    const confirm = admin.page.path
    await admin.post(confirm, { version: versionOn(admin.page), loginPassword: administrator.password })
    expect(admin.page.status).toBe(422)
    portal.clock.move(30)
    await admin.post(confirm, {
      version: versionOn(admin.page),
      oneTimePassword: app.code(portal.clock.now()),
    })
    expect(admin.page.text).toContain('トークンを失効しました')
  },
)

cell(
  'oneTime',
  'recommended',
  '電子証明書のないログインには、登録済みのパスキーが要る。ワンタイムパスワードは再確認に使う',
  async () => {
    const { administrator } = demoOf('recommended')
    const visitor = await atHome(portal, 'recommended', 'administrator')
    const app = await registerInSettings(visitor, administrator.password)
    await startAfresh(portal)
    const without = await passwordLogin(portal, 'recommended', 'administrator')
    expect(without.page.path).toBe(question)
    expect(without.page.text).toContain('パスキーが登録されていません')
    portal.clock.move(30)
    await without.post(question, { proof: 'totp', oneTimePassword: app.code(portal.clock.now()) })
    expect(without.page.path).toBe(question)
    await without.get('/otp/registration')
    expect(without.page.path).toBe(question)
  },
)

item(
  'B-17',
  'sevenbank',
  '続けて5回誤ると利用停止になり、管理者が解除できる。同じ番号は二度使えない',
  async () => {
    const first = await passwordLogin(portal, 'sevenbank', 'user')
    const app = await registerOtp(portal, first)
    await startAfresh(portal)
    const someone = await passwordLogin(portal, 'sevenbank', 'user')
    await someone.post(question, { proof: 'totp', oneTimePassword: app.last() })
    expect(someone.page.text).toContain('使用済み')
    for (let times = 0; times < 5; times++)
      await someone.post(question, { proof: 'totp', oneTimePassword: wrongCode(app, portal.clock.now()) })
    expect(someone.page.text).toContain('利用停止')
    portal.clock.move(30)
    await someone.post(question, { proof: 'totp', oneTimePassword: app.code(portal.clock.now()) })
    expect(someone.page.path).toBe(question)
    const admin = await passwordLogin(portal, 'sevenbank', 'administrator')
    const adminApp = await registerOtp(portal, admin)
    const { id } = await userOf(portal, 'sevenbank', 'user')
    await admin.post(`/users/otp-suspensions/${id}/lift`)
    portal.clock.move(30)
    await admin.post(admin.page.path, {
      version: versionOn(admin.page),
      confirmationPassword: demoOf('sevenbank').administrator.confirmationPassword ?? '',
      oneTimePassword: adminApp.code(portal.clock.now()),
    })
    expect(admin.page.text).toContain('利用停止を解除しました')
    await someone.post(question, { proof: 'totp', oneTimePassword: app.code(portal.clock.now()) })
    expect(someone.page.path).not.toBe(question)
  },
)

item('B-17', ['omakase', 'recommended'], 'ワンタイムパスワードはQRコードと確認コードで登録する', async () => {
  await sql(portal.database.ownerUrl, 'UPDATE "user" SET mobile = NULL')
  const visitors = [
    await passwordLogin(portal, 'omakase', 'user'),
    await atHome(portal, 'recommended', 'administrator'),
  ]
  await visitors[1]?.post('/reauthentication', {
    proof: 'password',
    loginPassword: demoOf('recommended').administrator.password,
    next: '/security',
  })
  for (const visitor of visitors) {
    await visitor.post('/otp/registration')
    expect(visitor.page.html).toContain('/otp/registration/qr.svg')
    await visitor.post('/otp/registration/check', { oneTimePassword: '' })
    expect(visitor.page.status).toBe(422)
    await registerOtp(portal, visitor)
    expect(visitor.page.path).toMatch(/^\/(home|security)$/)
  }
})

item(
  'B-18',
  'omakase',
  '認証コードは10分間、5回まで。携帯電話番号のない利用者は登録してから入る',
  async () => {
    const someone = await passwordLogin(portal, 'omakase', 'user')
    expect(someone.page.text).toContain('携帯電話番号の登録')
    await someone.post(`${question}/message`, { mobile: '090-2222-3333' })
    const late = await codeBySms(portal.deps)
    portal.clock.move(10 * 60 + 1)
    await someone.post(question, { proof: 'mobile', code: late })
    expect(someone.page.path).toBe(question)
    await someone.post(`${question}/message`, { mobile: '090-2222-3333' })
    const code = await codeBySms(portal.deps)
    for (let times = 0; times < 4; times++)
      await someone.post(question, { proof: 'mobile', code: code === '111111' ? '222222' : '111111' })
    await someone.post(question, { proof: 'mobile', code })
    expect(someone.page.path).toBe('/home')
  },
)

item(
  'B-19',
  'recommended',
  'リカバリーコードは一度だけ表示され、パスキーを失くしたときに1回ずつ使える',
  async () => {
    const { administrator } = demoOf('recommended')
    const visitor = await atHome(portal, 'recommended', 'administrator')
    await visitor.post('/reauthentication', {
      proof: 'password',
      loginPassword: administrator.password,
      next: '/security',
    })
    await visitor.post('/security/recovery-codes')
    const [code = ''] = [...visitor.page.html.matchAll(/<li><code>([^<]+)</g)].map(each => each[1])
    await visitor.get('/security')
    expect(visitor.page.text).not.toContain(code)
    const { id, companyId } = await userOf(portal, 'recommended', 'administrator')
    // A passkey that is lost: nobody can sign with it any more.
    await portal.deps.db.passkey.create({
      data: {
        id: portal.deps.ids.next(),
        companyId,
        userId: id,
        credentialId: 'lost',
        publicKey: new Uint8Array(77),
        transports: [],
        name: '失くした端末',
        backedUp: false,
        createdAt: portal.clock.now(),
      },
    })
    for (const path of ['/home', question]) {
      await startAfresh(portal)
      const someone = await passwordLogin(portal, 'recommended', 'administrator')
      await someone.post(question, { proof: 'recovery', recoveryCode: code })
      expect(someone.page.path).toBe(path)
    }
  },
)

item(
  'B-22',
  'every preset',
  '認証の方法や連絡先を変える前に、もう一度ご本人を確認し、古い連絡先にも知らせる',
  async () => {
    const visitor = await atHome(portal, 'shoko', 'administrator')
    await visitor.get('/security/contacts/email')
    expect(visitor.page.path).toBe('/reauthentication')
    await visitor.post('/reauthentication', {
      proof: 'password',
      loginPassword: 'Chigau2026',
      next: '/security/contacts/email',
    })
    expect(visitor.page.status).toBe(422)
    await visitor.post('/reauthentication', {
      proof: 'password',
      loginPassword: demoOf('shoko').administrator.password,
      next: '/security/contacts/email',
    })
    expect(visitor.page.path).toBe('/security/contacts/email')
    const address = 'atarashii@example.jp'
    await visitor.post('/security/contacts/email', { address, addressAgain: address })
    const { code = '' } = await lastSealed(portal, address)
    await visitor.post('/security/contacts/email/code', { code })
    expect(visitor.page.path).toBe('/security')
    const told = await portal.deps.db.outboxMail.findMany({ where: { kind: 'contact.changed' } })
    expect(told.map(({ recipient }) => recipient)).toEqual(
      expect.arrayContaining([address, demoOf('shoko').administrator.email]),
    )
  },
)
