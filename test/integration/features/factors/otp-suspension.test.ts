import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { businessDayOf } from '../../../../src/kernel/business-day.ts'
import {
  demoOf,
  overridePolicy,
  passwordLogin,
  registerOtp,
  userOf,
  wrongCode,
} from '../../../support/factors.ts'
import { valueOn, versionOn } from '../../../support/forms.ts'
import { officerAtWork } from '../../../support/officers.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import { address, atTheQuestion, forgetTokens, manyLogins } from './at-the-question.ts'

let portal: Portal
beforeAll(async () => {
  // An hour ago by its clock: an officer's certificate made after it has moved must be valid for TLS already.
  portal = await openPortal({ presets: ['sevenbank', 'omakase'], generalUsers: true }, 3_600)
  await overridePolicy(portal, 'sevenbank', { login: { secondFactor: 'totp' } })
})
afterAll(() => portal.close())
beforeEach(() => forgetTokens(portal))

const eventsOf = (operation: string) =>
  portal.deps.db.history.findMany({ where: { operation }, orderBy: { id: 'asc' } })

describe('five wrong codes', () => {
  const suspend = async (role: 'administrator' | 'user') => {
    const { app, someone } = await atTheQuestion(portal, role)
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
    const { app } = await atTheQuestion(portal, 'user')
    const tries = await manyLogins(portal, 'user', 12)
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
    const version = versionOn(admin.page)
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
    const { app } = await atTheQuestion(portal, 'user')
    const admin = await passwordLogin(portal, 'sevenbank', 'administrator')
    const adminApp = await registerOtp(portal, admin)
    const me = await userOf(portal, 'sevenbank', 'administrator')
    const user = await userOf(portal, 'sevenbank', 'user')
    await admin.post(`/users/otp-tokens/${me.id}/revocation`)
    expect(admin.page.status).toBe(403)
    await admin.get('/users/otp-tokens')
    await admin.post(`/users/otp-tokens/${user.id}/revocation`)
    const version = versionOn(admin.page)
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
    await officer.post(`/helpdesk/users/${id}/lock-release`, {
      caseId: valueOn(officer.page, 'caseId'),
      seen: valueOn(officer.page, 'seen'),
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
    await atTheQuestion(portal, 'user')
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
