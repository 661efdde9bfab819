import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createStaff, unlockStaff } from '../../../../src/features/staff/index.ts'
import { system } from '../../../../src/kernel/actor.ts'
import { sql } from '../../../support/database.ts'
import { scan } from '../../../support/factors.ts'
import { countingHasher } from '../../../support/hashing.ts'
import { meanwhile } from '../../../support/meanwhile.ts'
import { logInAsStaff, newOfficer, officerAtWork, passRegistration } from '../../../support/officers.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal()
})
afterAll(() => portal.close())

const bankChain = '00000000-0000-0000-0000-000000000000'

/** What the bank's own chain says of an officer, newest first. */
const bankHistory = (loginId: string) =>
  sql<{ operation: string; outcome: string; reason: string | null }>(
    portal.database.ownerUrl,
    `SELECT operation, outcome, reason FROM history
      WHERE chain_id = '${bankChain}' AND actor_login_id = '${loginId}' ORDER BY seq DESC`,
  )

describe('the staff entrance', () => {
  it('H-01 lets an officer in with their certificate and password, on a fresh host', async () => {
    const officer = portal.visitor(await portal.identity('operator'))
    await officer.get(`${portal.settings.portalOrigin}/helpdesk`)
    expect(officer.page.text).toContain('電子証明書ログイン')
    await officer.get('/helpdesk/login/certificate')
    expect(officer.page.path).toBe('/helpdesk/login')
    expect(new URL(officer.page.url).hostname).toMatch(/^[0-9a-f]{20}\.cert\.localhost$/)
    expect(officer.page.text).toContain('窓口　花子')
    const before = officer.cookieHeader()
    await officer.post('/helpdesk/login', { password: demo.staffPassword })
    // The first login registers a one-time password before anything else.
    expect(officer.page.path).toBe('/helpdesk/otp/registration')
    expect((await officer.get('/helpdesk/home')).path).toBe('/helpdesk/otp/registration')
    await passRegistration(portal, officer, 'operator1')
    expect(officer.page.path).toBe('/helpdesk/home')
    expect(officer.page.text).toContain('ヘルプデスク業務')
    expect(officer.cookieHeader()).not.toBe(before)
    const certificates = await sql<{ state: string }>(
      portal.database.ownerUrl,
      `SELECT k.state FROM certificate k JOIN staff s ON s.id = k.staff_id WHERE s.login_id = 'operator1'`,
    )
    expect(certificates).toEqual([{ state: 'active' }])
    const [newest] = await bankHistory('operator1')
    expect(newest).toMatchObject({ operation: 'staff.login.succeeded', outcome: 'done' })
  })

  it('B-14 logs out, and the cookie is worth nothing afterwards', async () => {
    const officer = await officerAtWork(portal, 'operator', 'leaver')
    const cookie = officer.cookieHeader()
    await officer.post('/helpdesk/logout')
    expect(officer.page.text).toContain('ログアウトが完了しました')
    await officer.get('/helpdesk/home', { headers: { cookie }, follow: false })
    expect(officer.page.status).toBe(401)
    expect((await bankHistory('leaver'))[0]?.reason).toBe('session.ended.logout')
    expect((await bankHistory('leaver')).map(each => each.operation)).toContain('staff.logout')
  })

  it('H-01 asks again after a wrong password, and records it', async () => {
    const { visitor } = await newOfficer(portal, 'operator', 'mistyper')
    await logInAsStaff(portal, visitor, 'wrong password')
    expect(visitor.page.status).toBe(422)
    expect(visitor.page.text).toContain('パスワードに誤りがあります')
    expect((await bankHistory('mistyper'))[0]).toEqual({
      operation: 'staff.login.failed',
      outcome: 'refused',
      reason: 'login.wrong',
    })
    await visitor.post('/helpdesk/login', { password: '' })
    expect(visitor.page.text).toContain('パスワードが入力されていません')
    await visitor.post('/helpdesk/login', { password: demo.staffPassword })
    expect(visitor.page.path).toBe('/helpdesk/otp/registration')
  })

  it('H-08 lets nobody in by the password of before a recovery, however far their login has come', async () => {
    const { staffId, visitor } = await newOfficer(portal, 'operator', 'overtaken')
    const endSessions = `UPDATE session SET ended_at = now(), end_reason = 'bank' WHERE staff_id = '${staffId}' AND ended_at IS NULL`
    const toThePassword = async () => {
      await visitor.get(`${portal.settings.portalOrigin}/helpdesk`)
      await visitor.get('/helpdesk/login/certificate')
    }
    await toThePassword()
    const now = portal.clock.now()
    await portal.clock.standAt(now, () =>
      meanwhile(
        portal,
        { staffId },
        () => visitor.post('/helpdesk/login', { password: demo.staffPassword }),
        `UPDATE credential SET set_at = '${new Date(now.getTime() + 1).toISOString()}' WHERE staff_id = '${staffId}'`,
        endSessions,
      ),
    )
    expect(visitor.page.status).toBe(422)
    expect(await portal.deps.db.session.count({ where: { staffId } })).toBe(0)
    expect((await bankHistory('overtaken'))[0]?.reason).toBe('login.wrong')

    // The password was right, and a one-time password is about to be registered.
    await toThePassword()
    await visitor.post('/helpdesk/login', { password: demo.staffPassword })
    expect(visitor.page.path).toBe('/helpdesk/otp/registration')
    const oneTimePassword = scan(visitor).code(portal.clock.now())
    await meanwhile(
      portal,
      { staffId },
      () => visitor.post('/helpdesk/otp/registration/check', { oneTimePassword }),
      endSessions,
    )
    expect(visitor.page.status).toBe(401)
    expect(await portal.deps.db.otpToken.count({ where: { staffId, state: 'active' } })).toBe(0)
  })

  it('H-01 locks after five wrong passwords; the right one is refused too', async () => {
    const { visitor } = await newOfficer(portal, 'operator', 'locked')
    await logInAsStaff(portal, visitor, 'wrong 1')
    for (const guess of ['wrong 2', 'wrong 3', 'wrong 4'])
      await visitor.post('/helpdesk/login', { password: guess })
    expect(visitor.page.status).toBe(422)
    await visitor.post('/helpdesk/login', { password: 'wrong 5' })
    expect(visitor.page.status).toBe(403)
    expect(visitor.page.text).toContain('パスワードがロックされています')
    await logInAsStaff(portal, visitor)
    expect(visitor.page.status).toBe(403)
    const history = await bankHistory('locked')
    expect(history.filter(each => each.operation === 'staff.locked')).toHaveLength(1)
    expect(history[0]?.reason).toBe('login.locked')
    expect(visitor.page.text).toContain('システム管理者にロックの解除を依頼してください')
    // The way out until officers release officers on the console (H-08).
    const unlock = (reason: string) => unlockStaff(portal.deps, system('command line'), 'LOCKED', reason)
    expect(await unlock('  ')).toEqual({ ok: false, reason: 'staff.reasonMalformed' })
    const answers = await Promise.all([unlock('本人から電話'), unlock('本人から電話')])
    expect(answers.filter(each => each.ok)).toHaveLength(1)
    await logInAsStaff(portal, visitor)
    expect(visitor.page.path).toBe('/helpdesk/home')
    const released = await sql<{ outcome: string; reason: string | null; details: string }>(
      portal.database.ownerUrl,
      `SELECT outcome, reason, details FROM history
        WHERE chain_id = '${bankChain}' AND operation = 'staff.unlocked' AND subject_label = 'locked' ORDER BY seq`,
    )
    expect(released.map(each => each.outcome)).toEqual(['done', 'refused'])
    expect(released[1]?.reason).toBe('staff.notLocked')
    expect(JSON.parse(released[0]?.details ?? '')).toMatchObject({ caseReason: '本人から電話' })
  })

  it('H-01 compares at most five of many guesses at once', async () => {
    const { visitor, staffId } = await newOfficer(portal, 'operator', 'stormed')
    await visitor.get(`${portal.settings.portalOrigin}/helpdesk/login/certificate`)
    const { hasher } = portal.deps
    const { hasher: counting, seen } = countingHasher(hasher)
    portal.deps.hasher = counting
    try {
      await Promise.all(
        Array.from({ length: 12 }, (_each, index) =>
          visitor.post('/helpdesk/login', { password: `guess ${index}` }),
        ),
      )
    } finally {
      portal.deps.hasher = hasher
    }
    expect(seen.verify).toBeLessThanOrEqual(5)
    const [credential] = await sql<{ failures: number; locked: boolean }>(
      portal.database.ownerUrl,
      `SELECT failures, locked_at IS NOT NULL AS locked FROM credential WHERE staff_id = '${staffId}'`,
    )
    expect(credential).toEqual({ failures: 5, locked: true })
  })

  it('H-01 refuses a suspended officer, at the login and in a session', async () => {
    const { visitor, staffId } = await newOfficer(portal, 'operator', 'suspended')
    await logInAsStaff(portal, visitor)
    expect(visitor.page.path).toBe('/helpdesk/home')
    await sql(portal.database.ownerUrl, `UPDATE staff SET state = 'suspended' WHERE id = '${staffId}'`)
    await visitor.get('/helpdesk/home')
    expect(visitor.page.status).toBe(401)
    await logInAsStaff(portal, visitor)
    expect(visitor.page.status).toBe(403)
    expect(visitor.page.text).toContain('利用が停止されています')
    expect((await bankHistory('suspended'))[0]?.reason).toBe('login.suspended')
  })

  it('H-01 B-02 tells a customer that theirs is not the certificate for this door', async () => {
    const customer = portal.visitor(await portal.identity('admin'))
    await customer.get(`${portal.settings.portalOrigin}/helpdesk/login/certificate`)
    expect(customer.page.status).toBe(403)
    expect(customer.page.text).toContain('お客様用の電子証明書です')
    await customer.post('/helpdesk/login', { password: demo.administrator.password })
    expect(customer.page.status).toBe(403)
    const refused = await sql<{ reason: string }>(
      portal.database.ownerUrl,
      `SELECT reason FROM history WHERE chain_id = '${bankChain}' AND operation = 'staff.login.failed'
        AND actor_kind = 'stranger' AND certificate_serial IS NOT NULL`,
    )
    expect(refused.map(each => each.reason)).toContain('staff.certificate.customer')
  })

  it('H-01 B-02 tells an officer that theirs is not the certificate for the customers', async () => {
    const officer = portal.visitor(await portal.identity('approver'))
    await officer.get(`${portal.settings.portalOrigin}/login/certificate`)
    expect(officer.page.status).toBe(403)
    expect(officer.page.text).toContain('行員用の電子証明書です')
    await officer.post('/login', { password: demo.staffPassword })
    expect(officer.page.status).toBe(403)
  })

  it('B-02 says what to do without a certificate, and with a revoked one', async () => {
    const nobody = portal.visitor()
    await nobody.get(`${portal.settings.portalOrigin}/helpdesk/login/certificate`)
    expect(nobody.page.status).toBe(403)
    expect(nobody.page.text).toContain('電子証明書が提示されていません')
    const { visitor, staffId } = await newOfficer(portal, 'operator', 'revoked')
    await sql(
      portal.database.ownerUrl,
      `UPDATE certificate SET state = 'revoked', ended_at = now() WHERE staff_id = '${staffId}'`,
    )
    await visitor.get(`${portal.settings.portalOrigin}/helpdesk/login/certificate`)
    expect(visitor.page.text).toContain('失効した電子証明書です')
  })

  it('B-13 offers 「再ログイン」 and ends the other session', async () => {
    const { visitor: first } = await newOfficer(portal, 'operator', 'twice')
    await logInAsStaff(portal, first)
    const firstHome = first.page.url
    await logInAsStaff(portal, first)
    expect(first.page.path).toBe('/helpdesk/takeover')
    expect(first.page.text).toContain('ログイン中の開始日時')
    await first.get('/helpdesk/home', { follow: false })
    expect(first.page.status).toBe(303)
    await first.get('/helpdesk/takeover')
    await first.post('/helpdesk/takeover')
    expect(first.page.path).toBe('/helpdesk/home')
    await first.get(firstHome)
    expect(first.page.status).toBe(401)
    expect((await bankHistory('twice')).map(each => each.operation)).toContain('staff.login.takeover')
  })

  it('B-10, C-11 notes nothing of a login that stops at 「再ログイン」', async () => {
    const { visitor, staffId } = await newOfficer(portal, 'operator', 'half')
    await logInAsStaff(portal, visitor)
    await sql(
      portal.database.ownerUrl,
      `UPDATE certificate SET state = 'delivered', first_used_at = NULL WHERE staff_id = '${staffId}'`,
    )
    const noted = async () => {
      const [row] = await sql(
        portal.database.ownerUrl,
        `SELECT s.last_login_at AS "lastLoginAt", k.state FROM staff s JOIN certificate k ON k.staff_id = s.id
          WHERE s.id = '${staffId}'`,
      )
      const logins = (await bankHistory('half')).filter(each => each.operation === 'staff.login.succeeded')
      return { ...row, logins: logins.length }
    }
    const before = await noted()
    portal.clock.move(60)
    await logInAsStaff(portal, visitor)
    expect(visitor.page.path).toBe('/helpdesk/takeover')
    expect(await noted()).toEqual(before)
    await visitor.post('/helpdesk/takeover')
    expect(visitor.page.path).toBe('/helpdesk/home')
    const after = await noted()
    expect(after).toMatchObject({ state: 'active', logins: 2 })
    expect(after).not.toEqual({ ...before, state: 'active', logins: 2 })
    const session = await portal.deps.db.session.findFirstOrThrow({ where: { staffId, endedAt: null } })
    expect(session.previousLoginAt).not.toBeNull()
    portal.clock.move(-60)
  })

  it('H-01 ends a session after fifteen idle minutes', async () => {
    const officer = await officerAtWork(portal, 'operator', 'sleeper')
    portal.clock.move(15 * 60 + 1)
    await officer.get('/helpdesk/home')
    expect(officer.page.status).toBe(401)
    await officer.get('/helpdesk/home', { follow: false })
    expect(officer.page.headers.location).toBe(`${portal.settings.portalOrigin}/helpdesk`)
    // Certificates of the tests that follow are checked by the machine's own clock too.
    portal.clock.move(-(15 * 60 + 1))
  })

  it('B-12 extends an officer’s session by the dialog’s own button', async () => {
    const officer = await officerAtWork(portal, 'operator', 'reader')
    expect(officer.page.html).toContain('data-extend-url="/helpdesk/session/extend"')
    portal.clock.move(14 * 60)
    await officer.post('/helpdesk/session/extend')
    expect(officer.page.status).toBe(204)
    portal.clock.move(14 * 60)
    await officer.get('/helpdesk/home')
    expect(officer.page.status).toBe(200)
    portal.clock.move(-28 * 60)
  })

  it('H-01 keeps customers out of the console and officers out of the portal', async () => {
    const customer = await portal.administrator()
    await customer.get('/helpdesk/home')
    expect(customer.page.status).toBe(403)
    const officer = await officerAtWork(portal, 'operator', 'curious')
    for (const path of ['/home', '/history', '/administration', '/password']) {
      await officer.get(path)
      expect([path, officer.page.status]).toEqual([path, 403])
    }
  })
})

describe('registering staff', () => {
  const officer = {
    loginId: 'New.Officer',
    name: '新任　次郎',
    email: 'new@bank.sekisho.example',
    role: 'operator' as const,
    password: 'a good long password',
  }
  const create = (wanted: Partial<typeof officer>) =>
    createStaff(portal.deps, system('test'), { ...officer, ...wanted })

  it('H-08 registers one with a history entry that holds no password', async () => {
    const made = await create({})
    expect(made.ok).toBe(true)
    const [entry] = await sql<{ details: string }>(
      portal.database.ownerUrl,
      `SELECT details FROM history WHERE operation = 'staff.created' AND subject_label = 'New.Officer'`,
    )
    expect(JSON.parse(entry?.details ?? '')).toEqual({
      loginId: 'New.Officer',
      name: '新任　次郎',
      officerRole: 'operator',
    })
  })

  it('H-08 refuses a taken login ID in any case, and what is malformed', async () => {
    await create({})
    expect(await create({ loginId: 'NEW.officer' })).toMatchObject({ reason: 'staff.loginIdTaken' })
    expect(await create({ loginId: 'ｎｅｗ' })).toMatchObject({ reason: 'staff.loginIdMalformed' })
    expect(await create({ loginId: 'x', name: ' ' })).toMatchObject({ reason: 'staff.nameMalformed' })
    expect(await create({ loginId: 'x', email: 'a@b\r\nBcc: c@d' })).toMatchObject({
      reason: 'staff.emailMalformed',
    })
    expect(await create({ loginId: 'x', password: 'short' })).toMatchObject({ reason: 'password.tooShort' })
    expect(await create({ loginId: 'new.officer.2', password: 'New.Officer.2' })).toMatchObject({
      reason: 'password.isLoginId',
    })
  })
})
