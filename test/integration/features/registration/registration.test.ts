import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { storePassword } from '../../../../src/features/passwords/index.ts'
import { inTx } from '../../../../src/platform/db/in-tx.ts'
import { approveCase, fetchSecret, openCase } from '../../../support/cases.ts'
import { lastSealed } from '../../../support/codes.ts'
import { sql } from '../../../support/database.ts'
import { duringImport, mistakenCounts } from '../../../support/held-import.ts'
import { meanwhile } from '../../../support/meanwhile.ts'
import { officerAtWork } from '../../../support/officers.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { atHome } from '../../../support/ways-in.ts'
import { execute, fillInChange } from '../users/changing.ts'

let portal: Portal
let operator: Visitor
let approver: Visitor
beforeAll(async () => {
  portal = await openPortal({ presets: ['rokin', 'omakase'], generalUsers: false })
  operator = await officerAtWork(portal, 'operator', 'reg.operator')
  approver = await officerAtWork(portal, 'approver', 'reg.approver')
})
afterAll(() => portal.close())
beforeEach(() => sql(portal.database.ownerUrl, 'DELETE FROM rate_window'))

const initialPassword = 'Shoki-2026'
let people = 0

/** A user of rokin's company whose 初期登録 is due, as the bank or the master user has made them. */
const newcomer = async (role: 'user' | 'administrator') => {
  const { deps } = portal
  const company = await deps.db.company.findFirstOrThrow({ where: { entrance: { slug: 'rokin' } } })
  const id = deps.ids.next()
  const loginId = `Kari${String(++people).padStart(3, '0')}`
  const hash = await deps.hasher.hash(initialPassword)
  await inTx(deps, async tx => {
    await tx.user.create({
      data: {
        id,
        companyId: company.id,
        loginId,
        loginIdKey: loginId.toLowerCase(),
        loginIdScope: 'bank',
        name: '新規　一美',
        email: `kari${people}@rokin.sekisho.example`,
        role,
        registrationDue: true,
        createdAt: deps.clock.now(),
      },
    })
    await storePassword(deps, tx, { companyId: company.id, userId: id }, 'login_password', hash, {
      forceChange: true,
      remembered: 0,
    })
  })
  return { id, loginId, email: `own${people}@rokin.sekisho.example` }
}

const logIn = async (of: 'master' | 'user', loginId: string, password = initialPassword) => {
  const visitor = portal.visitor()
  await visitor.get(`${portal.settings.portalOrigin}/e/rokin/registration/${of}`)
  await visitor.post(`/e/rokin/registration/${of}`, { loginId, password })
  return visitor
}

const confirmMail = async (visitor: Visitor, email: string) => {
  await visitor.post('/registration/mail', { email, emailAgain: email })
  const { code = '' } = await lastSealed(portal, email)
  await visitor.post('/registration/code', { code: `${code.slice(0, 3)} ${code.slice(3)}` })
}

const stateOf = (id: string) => portal.deps.db.user.findUniqueOrThrow({ where: { id } })

const reasons = async (operation: string) =>
  (await portal.deps.db.history.findMany({ where: { operation }, orderBy: { id: 'asc' } })).map(
    each => each.reason,
  )

describe('マスターユーザーの初期登録', () => {
  it('B-16 sets mail address by code, login ID and password, and leads to the certificate', async () => {
    const master = await newcomer('administrator')
    const visitor = await logIn('master', master.loginId)
    expect(visitor.page.path).toBe('/registration')
    expect(visitor.page.text).toContain('全3ステップ中、1ステップ目')
    await confirmMail(visitor, master.email)
    expect(visitor.page.text).toContain('ユーザーID・パスワードの登録')
    // This company has one password: there is no other to differ from (B-16), and no space in it.
    expect(visitor.page.text).not.toContain('確認用パスワード')
    expect(visitor.page.text).toContain('空白は使えません')
    await visitor.post('/registration', {
      loginId: 'Danjo001',
      loginIdAgain: 'Danjo001',
      password: 'Aoi-Sora-1',
      passwordAgain: 'Aoi-Sora-1',
    })
    expect(visitor.page.text).toContain('初期登録が完了しました')
    expect(visitor.page.text).toContain('電子証明書の発行へ進む')
    const user = await portal.deps.db.user.findUniqueOrThrow({ where: { id: master.id } })
    expect(user).toMatchObject({
      loginId: 'Danjo001',
      loginIdKey: 'danjo001',
      email: master.email,
      emailState: 'valid',
      registrationDue: false,
    })
    expect((await visitor.get('/registration', { follow: false })).status).not.toBe(200)
    const again = await logIn('master', 'Danjo001', 'Aoi-Sora-1')
    expect(again.page.status).toBe(422)
    expect((await reasons('registration.failed')).at(-1)).toBe('registration.notDue')
  })

  it('B-16 leads back from the last step to an address of one’s own', async () => {
    const master = await newcomer('administrator')
    const visitor = await logIn('master', master.loginId)
    await confirmMail(visitor, 'machigai@rokin.sekisho.example')
    expect(visitor.page.text).toContain('メールアドレスを変更する')
    await visitor.post('/registration/mail/correction')
    expect(visitor.page.text).toContain('メールアドレスの登録')
    expect(await stateOf(master.id)).toMatchObject({ emailState: 'unverified', registrationDue: true })
    const [entry] = await portal.deps.db.history.findMany({ where: { operation: 'contact.unproved' } })
    expect(JSON.parse(entry?.details ?? '')).toEqual({
      before: { email: 'machigai@rokin.sekisho.example', emailState: 'valid' },
      after: { emailState: 'unverified' },
    })
    await confirmMail(visitor, master.email)
    await visitor.post('/registration', {
      loginId: 'Danjo011',
      loginIdAgain: 'Danjo011',
      password: 'Aoi-Sora-1',
      passwordAgain: 'Aoi-Sora-1',
    })
    expect(await stateOf(master.id)).toMatchObject({ email: master.email, emailState: 'valid' })
  })

  it('B-16 H-03 what a lost initial password proved does not outlive its replacement by the bank', async () => {
    const master = await newcomer('administrator')
    const finder = await logIn('master', master.loginId)
    await confirmMail(finder, 'finder@elsewhere.example')
    expect(finder.page.text).toContain('ユーザーID・パスワードの登録')
    const caseId = await openCase(portal, operator, master.id, 'initial-password', {
      reasonChoice: 'letterLost',
      reasonText: '',
    })
    await approveCase(approver, caseId)
    const secret = (await fetchSecret(approver, caseId)) ?? ''
    expect(await stateOf(master.id)).toMatchObject({ emailState: 'unverified', registrationDue: true })
    const owner = await logIn('master', master.loginId, secret)
    expect(owner.page.text).toContain('全3ステップ中、1ステップ目')
  })

  it('B-16 a code on its way ends with the initial password it was asked for with', async () => {
    const master = await newcomer('administrator')
    const finder = await logIn('master', master.loginId)
    const email = 'finder2@elsewhere.example'
    await finder.post('/registration/mail', { email, emailAgain: email })
    const caseId = await openCase(portal, operator, master.id, 'initial-password')
    await approveCase(approver, caseId)
    const owner = await logIn('master', master.loginId, (await fetchSecret(approver, caseId)) ?? '')
    expect(owner.page.text).toContain('全3ステップ中、1ステップ目')
    const { code = '' } = await lastSealed(portal, email)
    await owner.post('/registration/code', { code })
    expect(owner.page.status).toBe(422)
  })

  it('B-16 another initial password in the last moment is not found with the finder’s address', async () => {
    const master = await newcomer('administrator')
    const finder = await logIn('master', master.loginId)
    const email = 'finder3@elsewhere.example'
    await finder.post('/registration/mail', { email, emailAgain: email })
    const { code = '' } = await lastSealed(portal, email)
    await meanwhile(
      portal,
      master.id,
      () => finder.post('/registration/code', { code }),
      `UPDATE credential SET set_at = now() + interval '1 day' WHERE user_id = '${master.id}'`,
    )
    expect(await stateOf(master.id)).toMatchObject({ emailState: 'unverified' })
    expect((await stateOf(master.id)).email).not.toBe(email)
  })

  it('B-16 goes on where it was left, after another login', async () => {
    const master = await newcomer('administrator')
    const first = await logIn('master', master.loginId)
    await first.post('/registration/mail', { email: master.email, emailAgain: master.email })
    const second = await logIn('master', master.loginId)
    expect(second.page.text).toContain(master.email)
    expect(second.page.text).toContain('認証コードの入力')
    expect((await first.get('/registration')).status).toBe(401)
    await second.post('/registration/mail/correction')
    expect(second.page.text).toContain('メールアドレスの登録')
  })

  it('B-16 D-13 I-05 another login ID is taken on while a file of users is being registered', async () => {
    const master = await newcomer('administrator')
    const user = await newcomer('user')
    const { companyId } = await portal.deps.db.user.findUniqueOrThrow({ where: { id: master.id } })
    const visitor = await logIn('master', master.loginId)
    await confirmMail(visitor, master.email)
    const form = {
      loginId: 'Danjo009',
      loginIdAgain: 'Danjo009',
      password: 'Aoi-Sora-1',
      passwordAgain: 'Aoi-Sora-1',
    }
    const other = await duringImport(portal, companyId, async () => {
      await visitor.post('/registration', form)
      return logIn('user', user.loginId)
    })
    expect(visitor.page.text).toContain('初期登録が完了しました')
    expect(other.page.path).toBe('/registration')
    expect(await mistakenCounts(portal)).toEqual([])
  })

  it('B-16 nothing else works until it is done, and no step can be left out', async () => {
    const master = await newcomer('administrator')
    const visitor = await logIn('master', master.loginId)
    await visitor.get('/home')
    expect(visitor.page.path).toBe('/registration')
    const form = {
      loginId: 'Danjo002',
      loginIdAgain: 'Danjo002',
      password: 'Aoi-Sora-1',
      passwordAgain: 'Aoi-Sora-1',
    }
    await visitor.post('/registration', form)
    expect(visitor.page.status).toBe(409)
    expect((await portal.deps.db.user.findUniqueOrThrow({ where: { id: master.id } })).registrationDue).toBe(
      true,
    )
  })

  it('B-16 a login ID that is taken, against the rule or typed differently is refused at its field', async () => {
    const master = await newcomer('administrator')
    const visitor = await logIn('master', master.loginId)
    await confirmMail(visitor, master.email)
    const form = (loginId: string, again = loginId) => ({
      loginId,
      loginIdAgain: again,
      password: 'Aoi-Sora-1',
      passwordAgain: 'Aoi-Sora-1',
    })
    await visitor.post('/registration', form('MASTER01'))
    expect(visitor.page.status).toBe(422)
    expect(visitor.page.html).toContain('href="#loginId"')
    await visitor.post('/registration', form('onlyletters'))
    expect(visitor.page.text).toContain('英字と数字の両方を含めて')
    await visitor.post('/registration', form('Danjo003', 'Danjo004'))
    expect(visitor.page.text).toContain('ユーザーIDと再入力の内容が一致していません')
    const endless = 'x'.repeat(1_025)
    await visitor.post('/registration', { ...form('Danjo003'), password: endless, passwordAgain: endless })
    expect(visitor.page.text).toContain('1,024文字以内で入力してください')
    expect(visitor.page.text).not.toContain('パスワードが入力されていません')
    await visitor.post('/registration', {
      ...form('Danjo003'),
      password: initialPassword,
      passwordAgain: initialPassword,
    })
    expect(visitor.page.text).toContain('以前に使用したパスワードです')
    expect((await reasons('registration.refused')).slice(-3)).toEqual([
      'user.loginId.taken',
      'user.loginId.letters-and-digits-6-12',
      'password.usedBefore',
    ])
  })
})

describe('一般ユーザーの初期登録', () => {
  it('B-16 by the password that the master user set; the login ID stays', async () => {
    const user = await newcomer('user')
    const visitor = await logIn('user', user.loginId)
    await confirmMail(visitor, user.email)
    expect(visitor.page.html).not.toContain('name="loginId"')
    await visitor.post('/registration', {
      loginId: 'Hoka0001',
      password: 'Aoi-Sora-2',
      passwordAgain: 'Aoi-Sora-2',
    })
    expect(visitor.page.text).toContain('初期登録が完了しました')
    expect((await portal.deps.db.user.findUniqueOrThrow({ where: { id: user.id } })).loginId).toBe(
      user.loginId,
    )
  })

  it('B-16 what a lost first password proved does not outlive the one that the master user sets anew', async () => {
    const user = await newcomer('user')
    const finder = await logIn('user', user.loginId)
    await confirmMail(finder, 'finder4@elsewhere.example')
    const master = await atHome(portal, 'rokin', 'administrator')
    const password = 'Hajime-2026'
    await fillInChange(master, user.id, {
      basic: { changeLoginPassword: 'on', loginPassword: password, loginPasswordAgain: password },
    })
    await execute(master)
    expect(await stateOf(user.id)).toMatchObject({ emailState: 'unverified', registrationDue: true })
    expect((await logIn('user', user.loginId, password)).page.text).toContain('全3ステップ中、1ステップ目')
  })

  it('B-05 unknown, registered and of the other kind get one answer', async () => {
    const master = await newcomer('administrator')
    const answers = new Set<string>()
    for (const loginId of ['Nobody01', 'Master01', master.loginId, master.loginId.toLowerCase()]) {
      const { page } = await logIn('user', loginId)
      expect(page.status).toBe(422)
      answers.add(
        page.html
          .replace(/name="_csrf" value="[^"]+"|csrf-token" content="[^"]+"/g, '')
          .replaceAll(loginId, '…'),
      )
    }
    expect(answers.size).toBe(1)
  })

  it('B-07 [R] failures count towards the lock here: six lock for sixty minutes', async () => {
    const user = await newcomer('user')
    for (let n = 0; n < 6; n++) await logIn('user', user.loginId, `Machigai-${n}`)
    const locked = await logIn('user', user.loginId)
    expect(locked.page.status).toBe(422)
    const credential = await portal.deps.db.credential.findFirstOrThrow({ where: { userId: user.id } })
    expect(credential.lockedAt).not.toBeNull()
    portal.clock.move(60 * 60 + 1)
    expect((await logIn('user', user.loginId)).page.path).toBe('/registration')
  })

  it('B-16, B-06 what happens while the password is compared is not overtaken', async () => {
    const happenings = (id: string) => [
      `UPDATE "user" SET service_state = 'suspended' WHERE id = '${id}'`,
      `UPDATE "user" SET registration_due = false WHERE id = '${id}'`,
      `UPDATE credential SET failures = 6, locked_at = now() WHERE user_id = '${id}'`,
      `UPDATE credential SET set_at = now() + interval '1 day' WHERE user_id = '${id}'`,
    ]
    for (let n = 0; n < happenings('').length; n++) {
      const user = await newcomer('user')
      const visitor = portal.visitor()
      await visitor.get(`${portal.settings.portalOrigin}/e/rokin/registration/user`)
      await meanwhile(
        portal,
        user.id,
        () =>
          visitor.post('/e/rokin/registration/user', { loginId: user.loginId, password: initialPassword }),
        happenings(user.id)[n] ?? '',
      )
      expect([n, visitor.page.status]).toEqual([n, 422])
      expect((await reasons('registration.failed')).at(-1)).toBe('registration.changed')
      expect(await portal.deps.db.session.count({ where: { userId: user.id } })).toBe(0)
    }
  })

  it('B-16, B-06 a lock or a suspension in the last moment is not undone by the new password', async () => {
    for (const happens of [
      (id: string) => `UPDATE "user" SET service_state = 'suspended' WHERE id = '${id}'`,
      (id: string) => `UPDATE credential SET failures = 6, locked_at = now() WHERE user_id = '${id}'`,
    ]) {
      const user = await newcomer('user')
      const visitor = await logIn('user', user.loginId)
      await confirmMail(visitor, user.email)
      const form = { password: 'Aoi-Sora-3', passwordAgain: 'Aoi-Sora-3' }
      await meanwhile(portal, user.id, () => visitor.post('/registration', form), happens(user.id))
      expect(visitor.page.text).not.toContain('初期登録が完了しました')
      const stored = await portal.deps.db.user.findUniqueOrThrow({ where: { id: user.id } })
      expect(stored.registrationDue).toBe(true)
    }
  })

  it('an entrance whose preset knows no first registration has no such page', async () => {
    const page = await portal.visitor().get(`${portal.settings.portalOrigin}/e/omakase/registration/user`)
    expect(page.status).toBe(404)
  })
})
