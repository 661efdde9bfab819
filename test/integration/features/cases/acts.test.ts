import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { approveCase, casePaper, fetchSecret, openCase } from '../../../support/cases.ts'
import { enrolledUser } from '../../../support/certificates.ts'
import { demoOf, overridePolicy, passwordLogin, userOf } from '../../../support/factors.ts'
import { officerAtWork } from '../../../support/officers.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'

let portal: Portal
let operator: Visitor
let approver: Visitor
beforeAll(async () => {
  portal = await openPortal({ presets: ['shoko', 'rokin', 'sevenbank'], generalUsers: true })
  operator = await officerAtWork(portal, 'operator', 'act.operator')
  approver = await officerAtWork(portal, 'approver', 'act.approver')
})
afterAll(() => portal.close())

/** Prepares an act and has it approved; gives the case's id. */
const byTwo = async (userId: string, act: string, fields: Record<string, string> = {}): Promise<string> => {
  const caseId = await openCase(portal, operator, userId, act, fields)
  expect(operator.page.text).toContain('役席者の承認を待っています')
  await approveCase(approver, caseId)
  expect(approver.page.text).toContain('完了')
  return caseId
}

const user = (id: string) => portal.deps.db.user.findUniqueOrThrow({ where: { id } })

const operationsAbout = async (userId: string, caseId: string) =>
  (
    await portal.deps.db.history.findMany({
      where: { subjectId: userId, details: { contains: caseId } },
      orderBy: { seq: 'asc' },
    })
  ).map(({ operation }) => operation)

const mailsTo = (recipient: string, kind: string) =>
  portal.deps.db.outboxMail.count({ where: { recipient, kind } })

describe('passwords by paper form', () => {
  it('H-03 B-08 a temporary login password opens nothing but its change, and ends after seven days', async () => {
    const someone = await enrolledUser(portal)
    const before = portal.visitor(someone.identity)
    await before.logIn(someone.password)
    const caseId = await byTwo(someone.id, 'password-reset')
    expect((await before.get('/home')).status).toBe(401)
    const temporary = (await fetchSecret(operator, caseId)) ?? ''
    // It is a login password itself: what it may not be told with is the ID.
    expect(operator.page.text).toContain('ログインIDと一緒にお伝えすることもできません')
    expect(operator.page.text).toContain('仮のログインパスワード')

    const visitor = portal.visitor(someone.identity)
    await visitor.logIn(someone.password)
    expect(visitor.page.path).toBe('/login')
    await visitor.logIn(temporary)
    expect(visitor.page.path).toBe('/password')
    expect((await visitor.get('/home')).path).toBe('/password')
    portal.clock.move(8 * 24 * 3600)
    const late = portal.visitor(someone.identity)
    await late.logIn(temporary)
    portal.clock.move(-8 * 24 * 3600)
    expect(late.page.path).toBe('/login')
    expect(late.page.text).not.toContain('ログアウト')
    await visitor.post('/password', { current: temporary, next: 'Jibunno2026', nextAgain: 'Jibunno2026' })
    expect(visitor.page.text).not.toContain('エラー')
  })

  it('H-03 B-06 the new login password opens what a lock had closed', async () => {
    const someone = await enrolledUser(portal)
    await openCase(portal, operator, someone.id, 'lock')
    const caseId = await byTwo(someone.id, 'password-reset')
    expect(await operationsAbout(someone.id, caseId)).toEqual([
      'case.prepared',
      'lock.released',
      'password.reissued',
      'case.approved',
    ])
    const visitor = portal.visitor(someone.identity)
    await visitor.logIn((await fetchSecret(approver, caseId)) ?? '')
    expect(visitor.page.path).toBe('/password')
  })

  it('B-21 a forgotten confirmation password is reset likewise, for the administrator whom nobody else helps', async () => {
    const { id } = await userOf(portal, 'sevenbank', 'administrator')
    const someone = await passwordLogin(portal, 'sevenbank', 'administrator')
    const caseId = await byTwo(id, 'confirmation-password-reset')
    expect((await someone.get('/home')).status).toBe(401)
    const temporary = (await fetchSecret(operator, caseId)) ?? ''
    const visitor = await passwordLogin(portal, 'sevenbank', 'administrator')
    expect(visitor.page.path).toBe('/confirmation-password')
    const next = 'Kakunin78'
    await visitor.post('/confirmation-password', { current: 'Chigau99', next, nextAgain: next })
    expect(visitor.page.status).toBe(422)
    await visitor.post('/confirmation-password', { current: temporary, next, nextAgain: next })
    expect(visitor.page.path).toBe('/home')
    await visitor.post('/logout')
    // Another user is helped by the company's administrator (chapter A).
    const other = await userOf(portal, 'sevenbank', 'user')
    await operator.get(`/helpdesk/users/${other.id}/password-reset`)
    expect(operator.page.status).toBe(409)
    expect(operator.page.text).toContain('企業の管理者が行います')
  })

  it('B-16 H-03 a master user begins again with 初期登録: certificates end, the address is unproved', async () => {
    const master = await userOf(portal, 'rokin', 'administrator')
    await operator.get(`/helpdesk/users/${master.id}/initial-password`)
    expect(operator.page.status).toBe(409)
    const { id: userId, companyId } = master
    const suspended = { companyId, userId, purpose: 'certificate-issue' as const, failures: 20 }
    await portal.deps.db.codeFailures.create({ data: { ...suspended, suspendedAt: portal.clock.now() } })
    const caseId = await byTwo(master.id, 'registration-reset')
    // The officer has to say what 「仮のログインID」 is: nobody has given the successor one.
    const page = await operator.get(`/helpdesk/cases/${caseId}`)
    expect(page.text).toContain('「仮のログインID」は、この利用者のこれまでのログインIDです')
    expect(page.text).toContain(master.loginId)
    // Without its codes a successor would stand before the certificate's (C-03).
    expect(await portal.deps.db.codeFailures.count({ where: { userId } })).toBe(0)
    expect(await user(master.id)).toMatchObject({ registrationDue: true, emailState: 'unverified' })
    expect(
      await portal.deps.db.certificate.count({
        where: { userId: master.id, state: { in: ['active', 'delivered'] } },
      }),
    ).toBe(0)
    const initial = (await fetchSecret(operator, caseId)) ?? ''
    expect(initial).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^A-Za-z\d]).{8,12}$/)

    // The letter is lost: another initial password takes its place.
    await operator.get(`/helpdesk/users/${master.id}/password-reset`)
    expect(operator.page.text).toContain('初期パスワードを発行する')
    const again = await byTwo(master.id, 'initial-password')
    const password = (await fetchSecret(approver, again)) ?? ''
    const { loginId } = demoOf('rokin').administrator
    const visitor = portal.visitor()
    const begin = async (typed: string) => {
      await visitor.get(`${portal.settings.portalOrigin}/e/rokin/registration/master`)
      return visitor.post('/e/rokin/registration/master', { loginId, password: typed })
    }
    expect((await begin(initial)).status).toBe(422)
    expect((await begin(password)).path).toBe('/registration')
  })
})

describe('other acts that give access', () => {
  it('H-03 B-22 a mail address is corrected: 未確認, both addresses told, old links dead', async () => {
    const someone = await enrolledUser(portal)
    const { email: before } = await user(someone.id)
    await operator.get(`/helpdesk/users/${someone.id}/email-correction`)
    for (const [email, again, words] of [
      ['', '', 'メールアドレス'],
      ['abc', 'abc', '4'],
      ['a b@example.jp', 'a b@example.jp', 'メールアドレス'],
      ['あ@example.jp', 'あ@example.jp', 'メールアドレス'],
      [`${'a'.repeat(60)}@b.jp`, `${'a'.repeat(60)}@b.jp`, '64'],
      ['right@example.jp', 'other@example.jp', 'メールアドレス'],
    ] as const) {
      await openCase(portal, operator, someone.id, 'email-correction', { email, emailAgain: again })
      expect([email, operator.page.status]).toEqual([email, 422])
      expect(operator.page.text).toContain(words)
    }
    await openCase(portal, operator, someone.id, 'email-correction', { email: before, emailAgain: before })
    expect(operator.page.status).toBe(409)
    const email = 'tadashii@demo.sekisho.example'
    const caseId = await openCase(portal, operator, someone.id, 'email-correction', {
      email,
      emailAgain: email,
    })
    // Sent twice it is one case; gone back to and corrected, it is not the same form.
    const address = `/helpdesk/users/${someone.id}/email-correction`
    const filled = { ...casePaper(portal, operator.page), caseId, seen: '', email, emailAgain: email }
    expect((await operator.post(address, filled)).path).toBe(`/helpdesk/cases/${caseId}`)
    const other = 'chigau@demo.sekisho.example'
    await operator.post(address, { ...filled, email: other, emailAgain: other })
    expect(operator.page.status).toBe(409)
    expect(operator.page.text).toContain('すでに登録されています')
    expect(operator.page.html).toContain(`href="/helpdesk/cases/${caseId}"`)
    // Nobody fills in a form that could not be sent: the same kind waits already (H-04).
    expect((await operator.get(address)).status).toBe(409)
    expect(operator.page.text).toContain('承認待ちの同じ手続き')
    expect(operator.page.html).toContain(`href="/helpdesk/cases/${caseId}"`)
    expect((await user(someone.id)).email).toBe(before)
    await approver.get(`/helpdesk/cases/${caseId}`)
    expect(approver.page.text).toContain(before)
    await approveCase(approver, caseId)
    expect(await user(someone.id)).toMatchObject({ email, emailState: 'unverified' })
    for (const recipient of [before, email]) expect(await mailsTo(recipient, 'contact.changed')).toBe(1)
    expect(await operationsAbout(someone.id, caseId)).toContain('contact.corrected')
  })

  it('B-17 H-03 revokes the token of a company’s only administrator', async () => {
    await overridePolicy(portal, 'sevenbank', { login: { secondFactor: 'totp' }, confirmation: 'none' })
    const { id, companyId } = await userOf(portal, 'sevenbank', 'administrator')
    await portal.deps.db.otpToken.deleteMany({ where: { userId: id } })
    await portal.deps.db.otpToken.create({
      data: {
        id: portal.deps.ids.next(),
        companyId,
        userId: id,
        state: 'active',
        sealedSeed: new Uint8Array(40),
        createdAt: portal.clock.now(),
        registeredAt: portal.clock.now(),
      },
    })
    const caseId = await byTwo(id, 'otp-revocation')
    expect(await portal.deps.db.otpToken.count({ where: { userId: id, state: 'active' } })).toBe(0)
    expect(await operationsAbout(id, caseId)).toContain('otp.revocation-case')
    await overridePolicy(portal, 'sevenbank', {})
  })
})

describe('acts that take access away', () => {
  const review = async (caseId: string) => {
    const row = await portal.deps.db.helpdeskCase.findUniqueOrThrow({ where: { id: caseId } })
    return { state: row.state, due: row.reviewDueOn !== null, form: row.formReceivedOn }
  }

  it('H-04 one officer suspends at once; only the bank resumes, and that takes two', async () => {
    const someone = await enrolledUser(portal)
    const visitor = portal.visitor(someone.identity)
    await visitor.logIn(someone.password)
    const caseId = await openCase(portal, operator, someone.id, 'suspension')
    expect(await review(caseId)).toEqual({ state: 'done', due: true, form: null })
    expect((await visitor.get('/home')).status).toBe(401)
    await visitor.logIn(someone.password)
    expect(visitor.page.path).not.toBe('/home')
    expect((await operator.get(`/helpdesk/users/${someone.id}`)).text).toContain('当行による利用停止')
    await operator.get(`/helpdesk/users/${someone.id}/suspension`)
    expect(operator.page.status).toBe(409)

    const admin = await portal.administrator()
    await admin.get('/users')
    expect(admin.page.html).not.toContain(`/users/service/resume/${someone.id}`)
    const resumption = await byTwo(someone.id, 'resumption')
    expect(await operationsAbout(someone.id, resumption)).toContain('user.resumed-by-bank')
    await visitor.logIn(someone.password)
    expect(visitor.page.path).toBe('/home')
    const { email } = await user(someone.id)
    expect(await mailsTo(email, 'access.changed')).toBe(2)
  })

  it('H-03 D-15 the bank’s resumption gives back what was before: the company’s own 利用停止, or a 閉塞', async () => {
    for (const before of ['suspended', 'blocked'] as const) {
      const someone = await enrolledUser(portal)
      await portal.deps.db.user.update({ where: { id: someone.id }, data: { serviceState: before } })
      await openCase(portal, operator, someone.id, 'suspension')
      expect(await user(someone.id)).toMatchObject({ serviceState: 'suspended', suspendedByBank: true })
      await operator.get(`/helpdesk/users/${someone.id}`)
      expect(operator.page.text).toContain(
        before === 'blocked' ? 'ロックの解除が別に必要です' : '再開は企業の管理者が行います',
      )
      await byTwo(someone.id, 'resumption')
      expect(await user(someone.id)).toMatchObject({
        serviceState: before,
        suspendedByBank: false,
        stateBeforeBank: null,
      })
      const visitor = portal.visitor(someone.identity)
      await visitor.logIn(someone.password)
      expect(visitor.page.path).not.toBe('/home')
      const mails = await portal.deps.db.outboxMail.findMany({
        where: { userId: someone.id, kind: 'access.changed' },
      })
      expect(JSON.stringify(mails)).toContain('lifted')
    }
  })

  it('B-06 a lock that is released while the bank’s 利用停止 lasts leaves no 閉塞 behind it', async () => {
    const someone = await enrolledUser(portal)
    await portal.deps.db.user.update({ where: { id: someone.id }, data: { serviceState: 'blocked' } })
    await portal.deps.db.credential.updateMany({
      where: { userId: someone.id, kind: 'login_password' },
      data: { failures: 3, lockedAt: portal.clock.now() },
    })
    await openCase(portal, operator, someone.id, 'suspension')
    // shoko lets one officer release it.
    await openCase(portal, operator, someone.id, 'lock-release')
    expect(await user(someone.id)).toMatchObject({
      serviceState: 'suspended',
      stateBeforeBank: 'available',
    })
    await byTwo(someone.id, 'resumption')
    expect(await user(someone.id)).toMatchObject({ serviceState: 'available' })
  })

  it('H-04 one officer locks a login, or ends what is open, at once', async () => {
    const someone = await enrolledUser(portal)
    const visitor = portal.visitor(someone.identity)
    await visitor.logIn(someone.password)
    const ended = await openCase(portal, operator, someone.id, 'session-end')
    expect(await review(ended)).toEqual({ state: 'done', due: true, form: null })
    expect((await visitor.get('/home')).text).toContain('銀行が接続を終了した')
    expect((await operator.get(`/helpdesk/users/${someone.id}/session-end`)).status).toBe(409)
    await visitor.logIn(someone.password)
    expect(visitor.page.path).toBe('/home')

    await operator.get(`/helpdesk/users/${someone.id}/lock`)
    expect(operator.page.text).toContain('当行が「ロックを解除する」の手続きで解除します')
    const locked = await openCase(portal, operator, someone.id, 'lock')
    expect(await review(locked)).toEqual({ state: 'done', due: true, form: null })
    expect((await visitor.get('/home')).status).toBe(401)
    await visitor.logIn(someone.password)
    expect(visitor.page.text).toContain('ロックされています')
    // Nobody has typed a wrong password: neither page says so.
    expect(visitor.page.text).toContain('当行が、お客様のログインをロックしました')
    expect(visitor.page.text).not.toContain('誤')
    await operator.get(`/helpdesk/users/${someone.id}`)
    expect(operator.page.text).toContain('に当行がロックしました')
    expect(operator.page.text).not.toContain('連続0回')
    // shoko lets one officer release it.
    await openCase(portal, operator, someone.id, 'lock-release')
    expect(operator.page.text).toContain('ロックを解除しました')
    await visitor.logIn(someone.password)
    expect(visitor.page.path).toBe('/home')
    // For rokin's general users the administrators release, and the bank can't: said before it locks.
    const { id: general } = await userOf(portal, 'rokin', 'user')
    await operator.get(`/helpdesk/users/${general}/lock`)
    expect(operator.page.text).toContain('当行では解除できません')
    const waiting = await approver.get('/helpdesk/reviews')
    expect(waiting.text).toContain('ログインパスワードのロック')
  })
})
