import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { businessDayOf } from '../../../../src/kernel/business-day.ts'
import { sql } from '../../../support/database.ts'
import {
  demoOf,
  overridePolicy,
  passwordLogin,
  registerOtp,
  scan,
  userOf,
  wrongCode,
} from '../../../support/factors.ts'
import { officerAtWork } from '../../../support/officers.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'

let portal: Portal
beforeAll(async () => {
  // An hour ago by its clock: an officer's certificate made after it has moved must be valid for TLS already.
  portal = await openPortal({ presets: ['sevenbank', 'omakase'], generalUsers: true }, 3_600)
  await overridePolicy(portal, 'sevenbank', { login: { secondFactor: 'totp' } })
})
afterAll(() => portal.close())

beforeEach(() =>
  sql(
    portal.database.ownerUrl,
    `UPDATE session SET ended_at = now(), end_reason = 'logout' WHERE ended_at IS NULL`,
    'DELETE FROM otp_token',
    'DELETE FROM rate_window',
  ),
)

const address = '/login/second-factor'
const eventsOf = (operation: string) =>
  portal.deps.db.history.findMany({ where: { operation }, orderBy: { id: 'asc' } })

/** Registered, logged out, and back at the question for a code. */
const atTheQuestion = async (role: 'administrator' | 'user' = 'administrator') => {
  const app = await registerOtp(portal, await passwordLogin(portal, 'sevenbank', role))
  await sql(
    portal.database.ownerUrl,
    `UPDATE session SET ended_at = now(), end_reason = 'logout' WHERE ended_at IS NULL`,
  )
  portal.clock.move(30)
  const someone = await passwordLogin(portal, 'sevenbank', role)
  expect(someone.page.path).toBe(address)
  return { app, someone }
}

/** As many browsers at the question; the limits on logins are another test's. */
const manyLogins = async (role: 'administrator' | 'user', count: number) => {
  const visitors = []
  for (let made = 0; made < count; made++) {
    visitors.push(await passwordLogin(portal, 'sevenbank', role))
    await sql(portal.database.ownerUrl, 'DELETE FROM rate_window')
  }
  expect(visitors.every(each => each.page.path === address)).toBe(true)
  return visitors
}

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
    const { app, someone } = await atTheQuestion()
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
    const { app, someone } = await atTheQuestion()
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
    const { someone } = await atTheQuestion()
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
      const { app, someone } = await atTheQuestion()
      const before = someone.cookieHeader()
      await someone.post(address, {
        proof: 'totp',
        oneTimePassword: app.code(new Date(portal.clock.now().getTime() + off * 1000)),
      })
      // The step before is the one that the registration has used up.
      expect(someone.page.path, String(off)).toBe(off === -30 ? address : '/home')
      if (off !== -30) expect(someone.cookieHeader()).not.toBe(before)
      await sql(
        portal.database.ownerUrl,
        `UPDATE session SET ended_at = now(), end_reason = 'logout' WHERE ended_at IS NULL`,
        'DELETE FROM otp_token',
      )
    }
  })

  it('B-17 two steps off is wrong, as are letters and nothing at all', async () => {
    const { app, someone } = await atTheQuestion()
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
    const { app, someone } = await atTheQuestion()
    const tries = await manyLogins('administrator', 19)
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

describe('five wrong codes', () => {
  const suspend = async (role: 'administrator' | 'user') => {
    const { app, someone } = await atTheQuestion(role)
    for (let times = 0; times < 5; times++)
      await someone.post(address, {
        proof: 'totp',
        oneTimePassword: wrongCode(app, portal.clock.now()),
      })
    return { app, someone }
  }

  it('B-17 suspend: the right one is refused too, one mail goes out, and the owner is told whom to ask', async () => {
    const mails = await portal.deps.db.outboxMail.count({ where: { kind: 'otp.changed' } })
    const { app, someone } = await suspend('administrator')
    expect(someone.page.text).toContain('利用停止')
    await someone.post(address, { proof: 'totp', oneTimePassword: app.code(portal.clock.now()) })
    expect(someone.page.path).toBe(address)
    expect(someone.page.status).toBe(422)
    await someone.get('/otp/registration')
    expect(someone.page.path).toBe(address)
    // Registered and suspended: two mails.
    expect(await portal.deps.db.outboxMail.count({ where: { kind: 'otp.changed' } })).toBe(mails + 2)
    expect((await eventsOf('otp.suspended')).at(-1)?.actorLoginId).toBe(
      demoOf('sevenbank').administrator.loginId,
    )
  })

  it('B-17 at once or one after the other compare five at most', async () => {
    const { app } = await atTheQuestion('user')
    const tries = await manyLogins('user', 12)
    const code = wrongCode(app, portal.clock.now())
    await Promise.all(tries.map(each => each.post(address, { proof: 'totp', oneTimePassword: code })))
    const token = await portal.deps.db.otpToken.findFirstOrThrow({ where: { state: 'active' } })
    expect(token.failures).toBe(5)
    expect(token.suspendedAt).not.toBeNull()
    expect((await eventsOf('otp.suspended')).filter(each => each.subjectId === token.userId)).toHaveLength(1)
  })

  it('D-10 an administrator lifts the suspension by the manual’s pages, with confirmation and one-time password', async () => {
    const { app, someone } = await suspend('user')
    const admin = await passwordLogin(portal, 'sevenbank', 'administrator')
    const adminApp = await registerOtp(portal, admin)
    await admin.get('/administration')
    expect(admin.page.text).toContain('ワンタイムパスワードの利用停止解除')
    await admin.get('/users/otp-suspensions')
    const user = await userOf(portal, 'sevenbank', 'user')
    expect(admin.page.text).toContain(user.loginId)
    await admin.post(`/users/otp-suspensions/${user.id}/lift`)
    expect(admin.page.text).toContain('確認用パスワード')
    const version = /name="version" value="(\d+)"/.exec(admin.page.html)?.[1] ?? ''
    const confirm = admin.page.path
    const { confirmationPassword = '' } = demoOf('sevenbank').administrator
    portal.clock.move(30)
    await admin.post(confirm, { version, confirmationPassword, oneTimePassword: '' })
    expect(admin.page.status).toBe(422)
    await admin.post(confirm, {
      version,
      confirmationPassword: 'Chigau2026',
      oneTimePassword: adminApp.code(portal.clock.now()),
    })
    expect(admin.page.status).toBe(422)
    expect(
      (await portal.deps.db.otpToken.findFirstOrThrow({ where: { userId: user.id } })).suspendedAt,
    ).not.toBeNull()
    await admin.post(confirm, {
      version,
      confirmationPassword,
      oneTimePassword: adminApp.code(portal.clock.now()),
    })
    expect(admin.page.text).toContain('利用停止を解除しました')
    await someone.post(address, { proof: 'totp', oneTimePassword: app.code(portal.clock.now()) })
    expect(someone.page.path).toBe('/confirmation-password')
  })

  it('D-10 an administrator revokes a lost token, and the next login registers a new one', async () => {
    const { app } = await atTheQuestion('user')
    const admin = await passwordLogin(portal, 'sevenbank', 'administrator')
    const adminApp = await registerOtp(portal, admin)
    const me = await userOf(portal, 'sevenbank', 'administrator')
    const user = await userOf(portal, 'sevenbank', 'user')
    await admin.post(`/users/otp-tokens/${me.id}/revocation`)
    expect(admin.page.status).toBe(403)
    await admin.get('/users/otp-tokens')
    await admin.post(`/users/otp-tokens/${user.id}/revocation`)
    const version = /name="version" value="(\d+)"/.exec(admin.page.html)?.[1] ?? ''
    portal.clock.move(30)
    await admin.post(admin.page.path, {
      version,
      confirmationPassword: demoOf('sevenbank').administrator.confirmationPassword ?? '',
      oneTimePassword: adminApp.code(portal.clock.now()),
    })
    expect(admin.page.text).toContain('トークンを失効しました')
    const someone = await passwordLogin(portal, 'sevenbank', 'user')
    await someone.post(address, { proof: 'totp', oneTimePassword: app.code(portal.clock.now()) })
    expect(someone.page.path).toBe(address)
    await registerOtp(portal, someone)
    expect(someone.page.path).toBe('/confirmation-password')
    expect(await portal.deps.db.otpToken.count({ where: { userId: user.id, state: 'active' } })).toBe(1)
  })

  it('D-10, H-03 the helpdesk releases the only administrator, with a case and its paper', async () => {
    const { app, someone } = await suspend('administrator')
    const officer = await officerAtWork(portal, 'operator', 'otp.operator')
    const { id } = await userOf(portal, 'sevenbank', 'administrator')
    await officer.get(`/helpdesk/users/${id}`)
    expect(officer.page.text).toContain('利用停止')
    await officer.get(`/helpdesk/users/${id}/lock-release`)
    const hidden = (name: string) =>
      new RegExp(`name="${name}" value="([^"]*)"`).exec(officer.page.html)?.[1] ?? ''
    await officer.post(`/helpdesk/users/${id}/lock-release`, {
      caseId: hidden('caseId'),
      seen: hidden('seen'),
      reasonChoice: 'mistyped',
      formNumber: 'R8-0001',
      formReceivedOn: businessDayOf(portal.clock.now()),
      sealChecked: 'on',
    })
    expect(officer.page.status).toBe(200)
    expect((await eventsOf('otp.suspension-lifted')).at(-1)?.actorLoginId).toBe('otp.operator')
    portal.clock.move(30)
    await someone.post(address, { proof: 'totp', oneTimePassword: app.code(portal.clock.now()) })
    expect(someone.page.path).toBe('/home')
  })

  it('D-10 tokens of another company can neither be seen nor touched, and general users may nothing of it', async () => {
    await atTheQuestion('user')
    const user = await userOf(portal, 'sevenbank', 'user')
    const stranger = await passwordLogin(portal, 'omakase', 'administrator')
    await stranger.post(`/users/otp-tokens/${user.id}/revocation`)
    expect(stranger.page.status).toBe(404)
    await stranger.get('/users/otp-tokens')
    expect(stranger.page.text).not.toContain(user.loginId)
    const general = await passwordLogin(portal, 'omakase', 'user')
    await general.get('/users/otp-tokens')
    expect(general.page.status).toBe(403)
  })
})
