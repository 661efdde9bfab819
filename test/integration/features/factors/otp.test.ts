import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  demoOf,
  overridePolicy,
  passwordLogin,
  registerOtp,
  scan,
  userOf,
  wrongCode,
} from '../../../support/factors.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import { address, atTheQuestion, forgetTokens, manyLogins } from './at-the-question.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal({ presets: ['sevenbank', 'omakase'], generalUsers: true })
  await overridePolicy(portal, 'sevenbank', { login: { secondFactor: 'totp' } })
})
afterAll(() => portal.close())

beforeEach(() => forgetTokens(portal))

const eventsOf = (operation: string) =>
  portal.deps.db.history.findMany({ where: { operation }, orderBy: { id: 'asc' } })

describe('before the second factor', () => {
  it('B-17 nothing of the portal opens, and no page says whose login it is', async () => {
    const someone = await passwordLogin(portal, 'sevenbank', 'administrator')
    expect(someone.page.path).toBe(address)
    expect(someone.page.text).not.toContain(demoOf('sevenbank').administrator.name)
    for (const path of ['/home', '/users', '/security', '/password', '/history']) {
      await someone.get(path)
      expect(someone.page.path, path).toBe(address)
    }
    await someone.post('/security/recovery-codes')
    expect(someone.page.status).toBe(409)
    expect(await portal.deps.db.recoveryCode.count()).toBe(0)
  })

  it('B-17 who holds a token can not register another one by the password alone', async () => {
    const { app, someone } = await atTheQuestion(portal)
    await someone.get('/otp/registration')
    expect(someone.page.path).toBe(address)
    await someone.post('/otp/registration')
    expect(someone.page.path).toBe(address)
    await someone.get('/otp/registration/qr.svg')
    expect(someone.page.path).toBe(address)
    expect(await portal.deps.db.otpToken.count({ where: { state: 'pending' } })).toBe(0)
    await someone.post(address, { proof: 'totp', oneTimePassword: app.code(portal.clock.now()) })
    expect(someone.page.path).toBe('/home')
  })

  it('B-10, B-20 a right password alone is no login: the owner sees it as that, and the failed factor too', async () => {
    const { app, someone } = await atTheQuestion(portal)
    const user = await userOf(portal, 'sevenbank', 'administrator')
    const ofUser = async (operation: string) =>
      (await eventsOf(operation)).filter(each => each.subjectId === user.id)
    const logins = (await ofUser('login.succeeded')).length
    const halves = (await ofUser('login.password-accepted')).length
    portal.clock.move(60)
    const half = await passwordLogin(portal, 'sevenbank', 'administrator')
    await half.post(address, { proof: 'totp', oneTimePassword: wrongCode(app, portal.clock.now()) })
    expect(half.page.status).toBe(422)
    expect((await userOf(portal, 'sevenbank', 'administrator')).lastLoginAt).toEqual(user.lastLoginAt)
    expect(await ofUser('login.succeeded')).toHaveLength(logins)
    expect(await ofUser('login.password-accepted')).toHaveLength(halves + 1)
    await someone.post(address, { proof: 'totp', oneTimePassword: app.code(portal.clock.now()) })
    expect(someone.page.path).toBe('/home')
    const { lastLoginAt } = await userOf(portal, 'sevenbank', 'administrator')
    expect(lastLoginAt?.getTime()).toBeGreaterThan((user.lastLoginAt?.getTime() ?? 0) + 60_000)
    expect(await ofUser('login.succeeded')).toHaveLength(logins + 1)
    // 前回ログイン日時 is the login before, not the half one.
    const session = await portal.deps.db.session.findFirstOrThrow({ where: { stage: 'open', endedAt: null } })
    expect(session.previousLoginAt).toEqual(user.lastLoginAt)
    await someone.get('/login-history')
    for (const word of [
      '追加認証の失敗',
      'パスワード確認（ログイン未完了）',
      'ワンタイムパスワードが正しくありません',
    ])
      expect(someone.page.text).toContain(word)
  })

  it('B-13 another session of the user lives on until the second factor is given', async () => {
    const first = await passwordLogin(portal, 'sevenbank', 'administrator')
    const app = await registerOtp(portal, first)
    expect(first.page.path).toBe('/home')
    portal.clock.move(30)
    const second = await passwordLogin(portal, 'sevenbank', 'administrator')
    expect(second.page.path).toBe(address)
    await first.get('/home')
    expect(first.page.status).toBe(200)
    await second.post(address, { proof: 'totp', oneTimePassword: app.code(portal.clock.now()) })
    expect(second.page.path).toBe('/login/takeover')
  })

  it('B-17 a mailed code, an unknown proof and a recovery code that nobody has are no second factor', async () => {
    const { someone } = await atTheQuestion(portal)
    for (const proof of ['mail', 'sms', 'recovery', 'mobile', 'passkey']) {
      await someone.post(address, { proof, code: '123456', recoveryCode: '0-aaaa', passkey: '{}' })
      expect(someone.page.status, proof).toBe(422)
    }
    await someone.post(`${address}/message`, { mobile: '090-1234-5678' })
    expect(someone.page.status).toBe(422)
    expect(await portal.deps.db.outboxSms.count()).toBe(0)
  })
})

describe('registration', () => {
  it('B-17 shows a QR code as an image of its own, checks a code, and goes on with the login', async () => {
    const someone = await passwordLogin(portal, 'sevenbank', 'administrator')
    const before = someone.cookieHeader()
    await someone.post('/otp/registration')
    expect(someone.page.path).toBe('/otp/registration')
    expect(someone.page.html).toContain('src="/otp/registration/qr.svg"')
    const app = scan(someone)
    const image = await someone.get('/otp/registration/qr.svg')
    expect(image.headers['content-type']).toContain('image/svg+xml')
    expect(image.headers['cache-control']).toBe('no-store')
    await someone.get('/otp/registration')
    await someone.post('/otp/registration/check', {
      oneTimePassword: wrongCode(app, portal.clock.now()),
    })
    expect(someone.page.status).toBe(422)
    expect(someone.page.text).toContain('ワンタイムパスワードが正しくありません')
    // Typed with an input method, and with a space as some apps show it (I-06).
    const wide = [...app.code(portal.clock.now())]
      .map(digit => String.fromCharCode(digit.charCodeAt(0) + 0xfee0))
      .join('')
    await someone.post('/otp/registration/check', {
      oneTimePassword: `${wide.slice(0, 3)} ${wide.slice(3)}`,
    })
    expect(someone.page.path).toBe('/home')
    expect(someone.cookieHeader()).not.toBe(before)
    const token = await portal.deps.db.otpToken.findFirstOrThrow()
    expect(token.state).toBe('active')
    expect(Buffer.from(token.sealedSeed).includes(Buffer.from('otpauth'))).toBe(false)
    expect(await eventsOf('otp.registered')).not.toHaveLength(0)
    const told = await portal.deps.db.outboxMail.findMany({ where: { kind: 'otp.changed' } })
    expect(told.at(-1)?.recipient).toBe(demoOf('sevenbank').administrator.email)
    expect(JSON.stringify(told)).not.toContain(app.code(portal.clock.now()))
  })

  it('B-17 another half login of the user neither sees the key, nor ends it, nor finishes with it', async () => {
    const owner = await passwordLogin(portal, 'sevenbank', 'administrator')
    await owner.post('/otp/registration')
    const app = scan(owner)
    const other = await passwordLogin(portal, 'sevenbank', 'administrator')
    await other.get('/otp/registration')
    expect(other.page.path).toBe(address)
    await other.get('/otp/registration/qr.svg')
    expect(other.page.status).toBe(404)
    await other.post('/otp/registration/check', { oneTimePassword: app.code(portal.clock.now()) })
    expect(other.page.path).toBe(address)
    // One that the other began for itself ends with the owner's.
    await other.post('/otp/registration')
    const others = scan(other)
    expect(others.code(portal.clock.now())).not.toBe(app.code(portal.clock.now()))
    await owner.post('/otp/registration/check', { oneTimePassword: app.code(portal.clock.now()) })
    expect(owner.page.path).toBe('/home')
    await other.post('/otp/registration/check', { oneTimePassword: others.code(portal.clock.now()) })
    expect(other.page.path).toBe(address)
    expect((await portal.deps.db.otpToken.findMany()).map(each => each.state)).toEqual(['active'])
  })

  it('B-17 two half logins that finish at once register one token', async () => {
    const halves = []
    for (let made = 0; made < 3; made++) {
      const visitor = await passwordLogin(portal, 'sevenbank', 'administrator')
      await visitor.post('/otp/registration')
      halves.push({ visitor, app: scan(visitor) })
    }
    await Promise.all(
      halves.map(({ visitor, app }) =>
        visitor.post('/otp/registration/check', { oneTimePassword: app.code(portal.clock.now()) }),
      ),
    )
    expect(halves.filter(({ visitor }) => visitor.page.path === '/home')).toHaveLength(1)
    expect((await portal.deps.db.otpToken.findMany()).map(each => each.state)).toEqual(['active'])
  })

  it('B-17 the check code is used up: it does not log in as well', async () => {
    const first = await passwordLogin(portal, 'sevenbank', 'administrator')
    const app = await registerOtp(portal, first)
    const second = await passwordLogin(portal, 'sevenbank', 'administrator')
    await second.post(address, { proof: 'totp', oneTimePassword: app.last() })
    expect(second.page.text).toContain('使用済み')
  })

  it('B-00 is offered by no company that uses no one-time passwords', async () => {
    const someone = await passwordLogin(portal, 'omakase', 'administrator')
    expect(someone.page.path).toBe('/home')
    await someone.get('/security')
    expect(someone.page.text).not.toContain('ワンタイムパスワード')
    await someone.post('/otp/registration')
    expect(someone.page.path).toBe('/security')
    expect(await portal.deps.db.otpToken.count()).toBe(0)
  })
})

describe('a code at the login', () => {
  it('B-17 opens the portal under a new session id, a step early or late too', async () => {
    for (const off of [-30, 0, 30]) {
      const { app, someone } = await atTheQuestion(portal)
      const before = someone.cookieHeader()
      await someone.post(address, {
        proof: 'totp',
        oneTimePassword: app.code(new Date(portal.clock.now().getTime() + off * 1000)),
      })
      // The step before is the one that the registration has used up.
      expect(someone.page.path, String(off)).toBe(off === -30 ? address : '/home')
      if (off !== -30) expect(someone.cookieHeader()).not.toBe(before)
      await forgetTokens(portal)
    }
  })

  it('B-17 two steps off is wrong, as are letters and nothing at all', async () => {
    const { app, someone } = await atTheQuestion(portal)
    const late = app.code(new Date(portal.clock.now().getTime() + 90_000))
    await someone.post(address, { proof: 'totp', oneTimePassword: late })
    expect(someone.page.text).toContain('ワンタイムパスワードが正しくありません')
    await someone.post(address, { proof: 'totp', oneTimePassword: 'abcdef' })
    expect(someone.page.text).toContain('6桁の数字です')
    await someone.post(address, { proof: 'totp', oneTimePassword: '' })
    expect(someone.page.text).toContain('入力されていません')
    await someone.post(address, { proof: 'totp', oneTimePassword: '1'.repeat(10_000) })
    expect(someone.page.status).toBe(422)
    const user = await userOf(portal, 'sevenbank', 'administrator')
    const token = await portal.deps.db.otpToken.findFirstOrThrow({ where: { userId: user.id } })
    expect(token.failures).toBe(1)
  })

  it('B-17 twenty uses of one code at once: one success, nothing suspended', async () => {
    const { app, someone } = await atTheQuestion(portal)
    const tries = await manyLogins(portal, 'administrator', 19)
    const code = app.code(portal.clock.now())
    await Promise.all(
      [someone, ...tries].map(each => each.post(address, { proof: 'totp', oneTimePassword: code })),
    )
    const passed = [someone, ...tries].filter(each => each.page.path !== address)
    expect(passed).toHaveLength(1)
    expect(await portal.deps.db.otpToken.findFirstOrThrow({ where: { state: 'active' } })).toMatchObject({
      suspendedAt: null,
      failures: 0,
    })
  })
})
