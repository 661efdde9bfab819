import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { removeAbandonedRegistrations } from '../../../../src/features/otp/index.ts'
import { removeOldPasskeyAttempts } from '../../../../src/features/passkeys/index.ts'
import { inTx } from '../../../../src/platform/db/in-tx.ts'
import { eraseStaleSms, putSms } from '../../../../src/platform/sms/outbox.ts'
import { lastSealed } from '../../../support/codes.ts'
import { sql } from '../../../support/database.ts'
import {
  codeBySms,
  deliverMessages,
  demoOf,
  overridePolicy,
  passwordLogin,
  registerOtp,
  scan,
  userOf,
} from '../../../support/factors.ts'
import { textsOn, versionOn } from '../../../support/forms.ts'
import { meanwhile } from '../../../support/meanwhile.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal({ presets: ['sevenbank', 'omakase'], generalUsers: true })
  await overridePolicy(portal, 'sevenbank', { login: { secondFactor: 'totp' } })
  await overridePolicy(portal, 'omakase', { login: { secondFactor: 'sms' } })
})
afterAll(() => portal.close())

beforeEach(() =>
  sql(
    portal.database.ownerUrl,
    `UPDATE session SET ended_at = now(), end_reason = 'logout' WHERE ended_at IS NULL`,
    'DELETE FROM otp_token',
    'DELETE FROM recovery_code',
    'DELETE FROM authentication_code',
    'DELETE FROM outbox_sms',
    'DELETE FROM rate_window',
  ),
)

const address = '/login/second-factor'

const atHome = async () => {
  const someone = await passwordLogin(portal, 'sevenbank', 'administrator')
  const app = await registerOtp(portal, someone)
  expect(someone.page.path).toBe('/home')
  portal.clock.move(30)
  return { someone, app }
}

const codesOn = (visitor: Visitor) =>
  [...visitor.page.html.matchAll(/<li><code>([^<]+)<\/code>/g)].map(each => each[1] ?? '')

const withCodes = async () => {
  const { someone, app } = await atHome()
  await someone.post('/reauthentication', {
    proof: 'totp',
    oneTimePassword: app.code(portal.clock.now()),
    next: '/security',
  })
  await someone.post('/security/recovery-codes')
  const codes = codesOn(someone)
  expect(codes).toHaveLength(10)
  return { someone, app, codes }
}

describe('a change of a factor or an address', () => {
  it('B-22 asks who is there first: nothing changes without it, and the session gets a new id with it', async () => {
    const { someone, app } = await atHome()
    await someone.get('/security')
    expect(someone.page.text).toContain('セキュリティ設定')
    for (const path of [
      '/security/recovery-codes',
      '/security/otp-removal',
      '/otp/registration',
      '/security/contacts/email',
      '/security/contacts/mobile',
    ]) {
      await someone.post(path, { address: 'new@example.jp', addressAgain: 'new@example.jp' })
      expect(someone.page.path, path).toBe('/reauthentication')
    }
    expect(await portal.deps.db.recoveryCode.count()).toBe(0)
    expect(await portal.deps.db.otpToken.count({ where: { state: 'active' } })).toBe(1)
    expect(await portal.deps.db.authenticationCode.count()).toBe(0)
    const before = someone.cookieHeader()
    // The stronger factor is asked for: the password alone does not do.
    await someone.post('/reauthentication', {
      proof: 'password',
      loginPassword: demoOf('sevenbank').administrator.password,
      next: '/security',
    })
    expect(someone.page.status).toBe(422)
    await someone.post('/reauthentication', { proof: 'totp', oneTimePassword: '000000', next: '/security' })
    expect(someone.page.status).toBe(422)
    await someone.post('/reauthentication', {
      proof: 'totp',
      oneTimePassword: app.code(portal.clock.now()),
      next: '/security',
    })
    expect(someone.page.path).toBe('/security')
    expect(someone.cookieHeader()).not.toBe(before)
    portal.clock.move(5 * 60)
    await someone.post('/security/otp-removal')
    expect(someone.page.path).toBe('/reauthentication')
  })

  it('B-22 is not made in a session that has ended since the form was sent, with codes that take their time to hash', async () => {
    const { someone, app } = await atHome()
    const { id } = await userOf(portal, 'sevenbank', 'administrator')
    const { oneTimePassword } = { oneTimePassword: app.code(portal.clock.now()) }
    await someone.post('/reauthentication', { proof: 'totp', oneTimePassword, next: '/security' })
    await someone.post('/otp/registration')
    const pending = scan(someone)
    const cookie = someone.cookieHeader()
    const tokens = () =>
      portal.deps.db.otpToken.findMany({ where: { userId: id }, select: { id: true, state: true } })
    const before = await tokens()
    const to = (mailbox: string) => ({ address: mailbox, addressAgain: mailbox })
    await someone.post('/security/contacts/email', to('proved@example.jp'), { headers: { cookie } })
    const { code = '' } = await lastSealed(portal, 'proved@example.jp')
    for (const [path, fields] of [
      ['/security/recovery-codes', {}],
      ['/security/otp-removal', {}],
      ['/otp/registration', {}],
      ['/otp/registration/check', { oneTimePassword: pending.code(portal.clock.now()) }],
      ['/security/contacts/email', to('elsewhere@example.jp')],
      ['/security/contacts/email/code', { code }],
    ] as const) {
      await meanwhile(
        portal,
        id,
        () => someone.post(path, fields, { headers: { cookie } }),
        `UPDATE session SET ended_at = now(), end_reason = 'logout' WHERE user_id = '${id}' AND ended_at IS NULL`,
      )
      expect(someone.page.status, path).toBe(401)
      expect(codesOn(someone), path).toEqual([])
      await sql(
        portal.database.ownerUrl,
        `UPDATE session SET ended_at = NULL, end_reason = NULL
          WHERE id = (SELECT id FROM session WHERE user_id = '${id}' ORDER BY started_at DESC LIMIT 1)`,
      )
    }
    expect(await portal.deps.db.recoveryCode.count()).toBe(0)
    const codes = await portal.deps.db.authenticationCode.findMany({ select: { recipient: true } })
    expect(codes).toEqual([{ recipient: 'proved@example.jp' }])
    expect((await userOf(portal, 'sevenbank', 'administrator')).email).toBe(
      demoOf('sevenbank').administrator.email,
    )
    expect(await tokens()).toEqual(before)
  })

  it('B-22, G-06 nor is 個人情報 changed in a session that has ended since 「実行」', async () => {
    const { someone, app } = await atHome()
    const { confirmationPassword = '' } = demoOf('sevenbank').administrator
    const before = await userOf(portal, 'sevenbank', 'administrator')
    await someone.get('/personal-information')
    await someone.post('/personal-information/change')
    const form = { version: versionOn(someone.page), ...textsOn(someone.page), department: '乗っ取り部' }
    await someone.post(someone.page.path, form)
    expect(someone.page.path).toMatch(/\/confirm$/)
    const oneTimePassword = app.code(portal.clock.now())
    const proofs = { confirmationPassword, oneTimePassword }
    await meanwhile(
      portal,
      before.id,
      () => someone.post(someone.page.path, { version: versionOn(someone.page), ...proofs }),
      `UPDATE session SET ended_at = now(), end_reason = 'logout' WHERE user_id = '${before.id}' AND ended_at IS NULL`,
    )
    expect(someone.page.status).toBe(401)
    expect(someone.page.text).toContain('ログアウト')
    expect(someone.page.text).not.toContain('乗っ取り部')
    expect(someone.page.html).not.toContain('name="confirmationPassword"')
    expect((await userOf(portal, 'sevenbank', 'administrator')).department).toBe(before.department)
    const [refused] = await sql<{ operation: string; reason: string }>(
      portal.database.ownerUrl,
      `SELECT operation, reason FROM history WHERE chain_id = '${before.companyId}' ORDER BY seq DESC LIMIT 1`,
    )
    expect(refused).toEqual({ operation: 'access.refused', reason: 'session.ended.logout' })
  })

  it('B-17, I-01 nor does who has typed a password alone choose the language of somebody’s mails', async () => {
    await atHome()
    await sql(portal.database.ownerUrl, 'DELETE FROM session')
    const someone = await passwordLogin(portal, 'sevenbank', 'administrator')
    expect(someone.page.path).toBe(address)
    await someone.post('/language', { lang: 'en', back: address })
    expect(someone.page.html).toContain('<html lang="en"')
    expect((await userOf(portal, 'sevenbank', 'administrator')).locale).toBe('ja')
  })

  it('B-22 never leads elsewhere afterwards', async () => {
    const { someone, app } = await atHome()
    await someone.post(
      '/reauthentication',
      { proof: 'totp', oneTimePassword: app.code(portal.clock.now()), next: '//elsewhere.example/' },
      { follow: false },
    )
    expect(someone.page.headers.location).toBe('/')
  })

  it('B-22 a new mail address counts once its code is typed, and the old and the new one are told', async () => {
    const { someone, app } = await atHome()
    await someone.post('/reauthentication', {
      proof: 'totp',
      oneTimePassword: app.code(portal.clock.now()),
      next: '/security/contacts/email',
    })
    expect(someone.page.path).toBe('/security/contacts/email')
    await someone.post('/security/contacts/email', { address: 'a b@example.jp', addressAgain: 'x' })
    expect(someone.page.status).toBe(422)
    await someone.post('/security/contacts/email', {
      address: 'new@example.jp',
      addressAgain: 'other@example.jp',
    })
    expect(someone.page.status).toBe(422)
    await someone.post('/security/contacts/email', {
      address: 'new@example.jp',
      addressAgain: 'new@example.jp',
    })
    const { code = '' } = await lastSealed(portal, 'new@example.jp')
    const old = (await userOf(portal, 'sevenbank', 'administrator')).email
    expect(old).toBe(demoOf('sevenbank').administrator.email)
    await someone.post('/security/contacts/email/code', { code })
    expect(someone.page.path).toBe('/security')
    expect(await userOf(portal, 'sevenbank', 'administrator')).toMatchObject({
      email: 'new@example.jp',
      emailState: 'valid',
    })
    const told = await portal.deps.db.outboxMail.findMany({ where: { kind: 'contact.changed' } })
    expect(told.map(each => each.recipient).sort()).toEqual([old, 'new@example.jp'].sort())
  })

  it('D-15 an address that somebody else wrote down is 未確認 to its owner too, who confirms it by its code: nothing changes', async () => {
    const { someone, app } = await atHome()
    const own = () => userOf(portal, 'sevenbank', 'administrator')
    const { id, email } = await own()
    const unproved = (state = 'unverified') =>
      sql(portal.database.ownerUrl, `UPDATE "user" SET email_state = '${state}' WHERE id = '${id}'`)
    const told = () =>
      portal.deps.db.outboxMail.count({ where: { kind: 'contact.changed', recipient: email } })
    const before = await told()
    const address = '/security/contacts/email/proof'
    for (const [home, state, words, from] of [
      ['/security', 'unverified', '未確認', ''],
      ['/personal-information', 'undeliverable', '不達', '?from=personal-information'],
    ] as const) {
      await unproved(state)
      expect((await someone.get(home)).text).toContain(`メールアドレス状態 ${words} 確認する`)
      expect(someone.page.html).toContain(`href="${address}${from}"`)
      await someone.get(`${address}${from}`)
      expect(someone.page.text).toContain(email)
      await someone.post(`${address}${from}`)
      const { code = '' } = await lastSealed(portal, email)
      await someone.post(`${address}/code${from}`, { code: code === '000000' ? '111111' : '000000' })
      expect([someone.page.status, (await own()).emailState]).toEqual([422, state])
      await someone.post(`${address}/code${from}`, { code })
      expect(someone.page.path.split('?')[0]).toBe(home)
      expect(someone.page.text).toContain('メールアドレスを確認しました')
      expect(someone.page.text).toMatch(/メールアドレス状態 有効 (?!確認する)/)
      expect(await own()).toMatchObject({ email, emailState: 'valid' })
    }
    // The same address as a new one: it is proved, and nobody is warned of a change from itself to itself (B-22).
    await unproved()
    await someone.post('/reauthentication', {
      proof: 'totp',
      oneTimePassword: app.code(portal.clock.now()),
      next: '/security/contacts/email',
    })
    await someone.post('/security/contacts/email', { address: email, addressAgain: email })
    const { code = '' } = await lastSealed(portal, email)
    await someone.post('/security/contacts/email/code', { code })
    expect(someone.page.text).toContain('メールアドレスを確認しました')
    expect((await own()).emailState).toBe('valid')
    expect(await told()).toBe(before)
  })

  it('B-22 D-15 a code that proves an address changes none, and one that changes an address is taken nowhere else', async () => {
    const { someone, app } = await atHome()
    const own = () => userOf(portal, 'sevenbank', 'administrator')
    const { id, email } = await own()
    const unproved = (address: string) =>
      sql(
        portal.database.ownerUrl,
        `UPDATE "user" SET email = '${address}', email_state = 'unverified', version = version + 1 WHERE id = '${id}'`,
      )
    const [proof, change] = ['/security/contacts/email/proof', '/security/contacts/email']
    await unproved('mistyped@example.jp')
    await someone.get(proof)
    await someone.post(proof)
    const { code: proving = '' } = await lastSealed(portal, 'mistyped@example.jp')
    await someone.post(`${change}/code`, { code: proving })
    expect([someone.page.status, (await own()).emailState]).toEqual([422, 'unverified'])
    // Corrected by the bank meanwhile: whoever reads the mail of the wrong address does not get it back.
    await unproved(email)
    await someone.post(`${proof}/code`, { code: proving })
    expect(someone.page.status).toBe(422)
    expect(someone.page.text).toContain('ご利用になれる認証コードがありません')
    expect(await own()).toMatchObject({ email, emailState: 'unverified' })

    const oneTimePassword = app.code(portal.clock.now())
    await someone.post('/reauthentication', { proof: 'totp', oneTimePassword, next: change })
    await someone.post(change, { address: 'atarashii@example.jp', addressAgain: 'atarashii@example.jp' })
    const { code: changing = '' } = await lastSealed(portal, 'atarashii@example.jp')
    await someone.post(`${proof}/code`, { code: changing })
    expect([someone.page.status, (await own()).email]).toEqual([422, email])
    await someone.post(`${change}/code`, { code: changing })
    expect((await own()).email).toBe('atarashii@example.jp')
    await sql(portal.database.ownerUrl, `UPDATE "user" SET email = '${email}' WHERE id = '${id}'`)
  })

  it('B-22 where no stronger factor is held the password is asked again, and a new mobile number is proved', async () => {
    await sql(portal.database.ownerUrl, `UPDATE "user" SET mobile = '+819012345678'`)
    const someone = await passwordLogin(portal, 'omakase', 'user')
    await someone.post(`${address}/message`)
    await someone.post(address, { proof: 'sms', code: await codeBySms(portal.deps) })
    expect(someone.page.path).toBe('/home')
    await someone.get('/security/contacts/mobile')
    expect(someone.page.path).toBe('/reauthentication')
    await someone.post('/reauthentication', {
      proof: 'password',
      loginPassword: 'Chigau2026',
      next: '/security/contacts/mobile',
    })
    expect(someone.page.status).toBe(422)
    await someone.post('/reauthentication', {
      proof: 'password',
      loginPassword: demoOf('omakase').user.password,
      next: '/security/contacts/mobile',
    })
    await someone.post('/security/contacts/mobile', { address: '080-1111-2222', addressAgain: '08011112222' })
    await someone.post('/security/contacts/mobile/code', { code: await codeBySms(portal.deps) })
    expect(someone.page.text).toContain('携帯電話番号を変更しました')
    expect((await userOf(portal, 'omakase', 'user')).mobile).toBe('+818011112222')
    const [word] = await deliverMessages(portal.deps)
    expect(word).toMatchObject({ to: '+819012345678' })
    expect(word?.text).toContain('末尾2222の番号に変更されました')
    expect(word?.text).not.toContain('8011112222')
  })

  it('B-17 a lost app is replaced by another: the old one’s codes end', async () => {
    const { someone, app } = await atHome()
    await someone.post('/reauthentication', {
      proof: 'totp',
      oneTimePassword: app.code(portal.clock.now()),
      next: '/security',
    })
    const next = await registerOtp(portal, someone)
    expect(someone.page.path).toBe('/security')
    portal.clock.move(30)
    await sql(portal.database.ownerUrl, `UPDATE session SET ended_at = now(), end_reason = 'logout'`)
    const again = await passwordLogin(portal, 'sevenbank', 'administrator')
    await again.post(address, { proof: 'totp', oneTimePassword: app.code(portal.clock.now()) })
    expect(again.page.status).toBe(422)
    await again.post(address, { proof: 'totp', oneTimePassword: next.code(portal.clock.now()) })
    expect(again.page.path).toBe('/home')
  })
})

describe('recovery codes', () => {
  it('B-19 are shown once, kept as hashes, and each stands in for the factor once', async () => {
    const { someone, codes } = await withCodes()
    await someone.get('/security')
    expect(someone.page.text).toContain('残り10個')
    for (const code of codes) expect(someone.page.text).not.toContain(code)
    const rows = await portal.deps.db.recoveryCode.findMany()
    expect(rows.every(row => row.hash.startsWith('$argon2id$'))).toBe(true)
    const [first = '', second = ''] = codes
    const lost = await passwordLogin(portal, 'sevenbank', 'administrator')
    await lost.post(address, { proof: 'recovery', recoveryCode: first.toUpperCase() })
    expect(lost.page.path).toBe('/login/takeover')
    const again = await passwordLogin(portal, 'sevenbank', 'administrator')
    await again.post(address, { proof: 'recovery', recoveryCode: first })
    expect(again.page.status).toBe(422)
    await again.post(address, { proof: 'recovery', recoveryCode: second.replaceAll('-', ' ') })
    expect(again.page.path).toBe('/login/takeover')
    const told = await portal.deps.db.outboxMail.findMany({ where: { kind: 'recovery-codes.changed' } })
    expect(told).toHaveLength(3)
    expect(JSON.stringify(told)).not.toContain(first)
  })

  it('B-19 twenty uses of one code at once: one success', async () => {
    const { codes } = await withCodes()
    const visitors = []
    for (let made = 0; made < 9; made++) {
      visitors.push(await passwordLogin(portal, 'sevenbank', 'administrator'))
      await sql(portal.database.ownerUrl, 'DELETE FROM rate_window')
    }
    await Promise.all(
      visitors.flatMap(each =>
        [0, 1].map(() => each.post(address, { proof: 'recovery', recoveryCode: codes[3] ?? '' })),
      ),
    )
    expect(await portal.deps.db.recoveryCode.count({ where: { usedAt: { not: null } } })).toBe(1)
    expect(
      await portal.deps.db.session.count({ where: { endedAt: null, stage: { not: 'second_factor' } } }),
    ).toBeLessThanOrEqual(2)
  })

  it('B-19 let who has lost the app register another one right away, suspended or not', async () => {
    const { someone: before, codes } = await withCodes()
    await before.post('/logout')
    await sql(portal.database.ownerUrl, 'UPDATE otp_token SET failures = 5, suspended_at = now()')
    const someone = await passwordLogin(portal, 'sevenbank', 'administrator')
    await someone.post(address, { proof: 'recovery', recoveryCode: codes[7] ?? '' })
    expect(someone.page.path).toBe('/home')
    await registerOtp(portal, someone)
    expect(someone.page.path).toBe('/security')
    expect(await portal.deps.db.otpToken.count({ where: { state: 'active', suspendedAt: null } })).toBe(1)
  })

  it('B-19 ten wrong codes end the set', async () => {
    const { codes } = await withCodes()
    const someone = await passwordLogin(portal, 'sevenbank', 'administrator')
    for (let times = 0; times < 10; times++)
      await someone.post(address, { proof: 'recovery', recoveryCode: '1-aaaa-aaaa-aaaa-aaaa' })
    await someone.post(address, { proof: 'recovery', recoveryCode: codes[1] ?? '' })
    expect(someone.page.path).toBe(address)
    expect(someone.page.status).toBe(422)
  })
})

describe('what has served its time', () => {
  it('B-17, B-18, B-19 seeds nobody scanned, codes nobody waits for, and old challenges and tickets go', async () => {
    const { deps, clock } = portal
    const someone = await passwordLogin(portal, 'sevenbank', 'administrator')
    await someone.post('/otp/registration')
    const { id: userId, companyId } = await userOf(portal, 'sevenbank', 'administrator')
    const hash = () => new Uint8Array(32).fill(7)
    const soon = new Date(clock.now().getTime() + 60_000)
    await deps.db.passkeyChallenge.create({
      data: { challengeHash: hash(), purpose: 'step_up', companyId, userId, expiresAt: soon },
    })
    await deps.db.passkeyTicket.create({
      data: { tokenHash: hash(), companyId, userId, sessionId: userId, expiresAt: soon },
    })
    await inTx(deps, tx =>
      putSms(deps, tx, {
        companyId,
        userId,
        kind: 'code',
        recipient: '+819012345678',
        locale: 'ja',
        params: { code: '123456', minutes: 10 },
        staleAt: soon,
      }),
    )
    const sweep = async () => {
      await removeOldPasskeyAttempts(deps)
      await removeAbandonedRegistrations(deps)
      return eraseStaleSms(deps)
    }
    const left = async () => [
      await deps.db.passkeyChallenge.count(),
      await deps.db.passkeyTicket.count(),
      await deps.db.otpToken.count({ where: { state: 'pending' } }),
      await deps.db.outboxSms.count({ where: { sealedParams: { not: null } } }),
    ]
    expect(await sweep()).toBe(0)
    expect(await left()).toEqual([1, 1, 1, 1])
    clock.move(61)
    expect(await sweep()).toBe(1)
    expect(await left()).toEqual([0, 0, 1, 0])
    clock.move(24 * 60 * 60)
    await sweep()
    expect(await left()).toEqual([0, 0, 0, 0])
  })
})
