import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { formatsOf } from '../../../../src/platform/formats.ts'
import type { PresetName } from '../../../../src/policy/policy.ts'
import { sql } from '../../../support/database.ts'
import { demoOf, overridePolicy, userOf } from '../../../support/factors.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import { callerOf, type Role, startAfresh } from '../../../support/ways-in.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal({ presets: ['shoko', 'rokin', 'sevenbank', 'recommended'], generalUsers: true })
})
afterAll(() => portal.close())
beforeEach(() => startAfresh(portal))

const form = 'お届出印を押した依頼書が必要です'
const administrator = '貴社の管理者の方にご依頼ください'

/** Locks a password in the database as the last failure does, until a time or until somebody releases it. */
const lock = async (preset: PresetName, role: Role, kind = 'login_password', until: Date | null = null) =>
  portal.deps.db.credential.updateMany({
    where: { userId: (await userOf(portal, preset, role)).id, kind: kind as 'login_password' },
    data: { failures: 200, lockedAt: portal.clock.now(), lockedUntil: until },
  })

const lockedPage = async (preset: PresetName, role: Role, language = 'ja') => {
  const caller = await callerOf(portal, preset, role)
  await caller.open()
  if (language === 'en') await caller.visitor.get(`${caller.visitor.page.path}?lang=en`)
  const { password } = demoOf(preset)[role]
  return (await caller.type(password)).text
}

describe('what a locked user is told to do', () => {
  it('B-06 [S] names the form with its seal', async () => {
    await lock('shoko', 'user')
    expect(await lockedPage('shoko', 'user')).toContain(form)
    expect(await lockedPage('shoko', 'user', 'en')).toContain('a form with your registered seal')
  })

  it('B-06 [R] says when the lock ends, and who releases it before', async () => {
    const until = new Date(portal.clock.now().getTime() + 60 * 60_000)
    await lock('rokin', 'user', 'login_password', until)
    const page = await lockedPage('rokin', 'user')
    expect(page).toContain(`${formatsOf('ja').dateTime(until)} に自動で解除されます`)
    expect(page).toContain(administrator)
    expect(page).not.toContain(form)
    const english = await lockedPage('rokin', 'user', 'en')
    expect(english).toContain(formatsOf('en').dateTime(until))
    expect(english).toContain('your company’s administrator')
    await lock('rokin', 'administrator', 'login_password', until)
    expect(await lockedPage('rokin', 'administrator')).toContain(form)
  })

  it('B-06 [R] a blocked user asks the master user, a blocked master user brings the form', async () => {
    for (const [role, words] of [
      ['user', '貴社の管理者（マスターユーザー）にご依頼ください'],
      ['administrator', form],
    ] as const) {
      const { id } = await userOf(portal, 'rokin', role)
      await lock('rokin', role)
      await sql(portal.database.ownerUrl, `UPDATE "user" SET service_state = 'blocked' WHERE id = '${id}'`)
      const page = await lockedPage('rokin', role)
      expect(page).toContain('ユーザーIDが閉塞されています')
      expect(page).toContain(words)
    }
  })

  it('B-06 [+] asks an administrator first, the bank where there is no other', async () => {
    await lock('recommended', 'user')
    const page = await lockedPage('recommended', 'user')
    expect(page).toContain(administrator)
    expect(page).not.toContain(form)
    await lock('recommended', 'administrator')
    expect(await lockedPage('recommended', 'administrator')).toContain(form)
  })

  it('B-21 [7] the same beside a locked confirmation password', async () => {
    const caller = await callerOf(portal, 'sevenbank', 'user')
    await caller.enter()
    const someone = caller.visitor
    await someone.post('/confirmation-password', { current: '', next: 'Kakunin26', nextAgain: 'Kakunin26' })
    expect(someone.page.path).toBe('/home')
    await lock('sevenbank', 'user', 'confirmation_password')
    await someone.get('/confirmation-password')
    const page = await someone.post('/confirmation-password', {
      current: 'Kakunin26',
      next: 'Betsuno26',
      nextAgain: 'Betsuno26',
    })
    expect(page.status).toBe(422)
    expect(page.text).toContain('ロックされています')
    expect(page.text).toContain(administrator)
    expect(page.text).not.toContain('お取引店')
  })
})

describe('B-21, I-03 a login at the confirmation password of a company that gives them up meanwhile', () => {
  it.each(['the page', 'the form'])('goes on by %s', async by => {
    const caller = await callerOf(portal, 'sevenbank', 'user')
    const { id: userId } = await userOf(portal, 'sevenbank', 'user')
    await sql(
      portal.database.ownerUrl,
      `DELETE FROM credential WHERE kind = 'confirmation_password' AND user_id = '${userId}'`,
    )
    await caller.enter()
    const someone = caller.visitor
    expect(someone.page.path).toBe('/confirmation-password')
    await overridePolicy(portal, 'sevenbank', { confirmation: 'none' })
    try {
      if (by === 'the page') await someone.get('/security')
      else await someone.post('/confirmation-password', { next: 'Kakunin26', nextAgain: 'Kakunin26' })
      expect([someone.page.status, someone.page.path]).toEqual([
        200,
        by === 'the page' ? '/security' : '/home',
      ])
      expect(
        await portal.deps.db.credential.count({ where: { kind: 'confirmation_password', userId } }),
      ).toBe(0)
      expect((await someone.get('/confirmation-password')).status).toBe(404)
    } finally {
      await overridePolicy(portal, 'sevenbank', {})
    }
  })
})

describe('B-21 a first confirmation password in a portal that is open already', () => {
  const ofUser = async () => ({ userId: (await userOf(portal, 'rokin', 'user')).id })
  const first = { next: 'Kakunin-26', nextAgain: 'Kakunin-26' }

  it('is none of a company whose policy has none', async () => {
    const caller = await callerOf(portal, 'rokin', 'user')
    await caller.enter()
    const someone = caller.visitor
    expect(someone.page.path).toBe('/home')
    expect((await someone.get('/confirmation-password')).status).toBe(404)
    expect(someone.page.text).toContain('確認用パスワードを使用していない')
    await someone.post('/confirmation-password', first)
    expect(someone.page.status).toBe(404)
    expect(
      await portal.deps.db.credential.count({
        where: { kind: 'confirmation_password', ...(await ofUser()) },
      }),
    ).toBe(0)
  })

  it('asks for the login password, whose failures count', async () => {
    const caller = await callerOf(portal, 'rokin', 'user')
    await caller.enter()
    const someone = caller.visitor
    await overridePolicy(portal, 'rokin', { confirmation: 'password' })
    try {
      await someone.get('/confirmation-password')
      expect(someone.page.html).toContain('name="current"')
      await someone.post('/confirmation-password', first)
      expect(someone.page.text).toContain('ログインパスワードが入力されていません')
      await someone.post('/confirmation-password', { current: 'Chigau-26', ...first })
      expect(someone.page.status).toBe(422)
      expect(someone.page.text).toContain('ログインパスワードに誤りがあります')
      const { password } = demoOf('rokin').user
      expect(
        await portal.deps.db.credential.findMany({
          where: await ofUser(),
          select: { kind: true, failures: true },
        }),
      ).toEqual([{ kind: 'login_password', failures: 1 }])
      await someone.post('/confirmation-password', { current: password, ...first })
      expect(someone.page.path).toBe('/home')
      expect(
        await portal.deps.db.credential.count({
          where: { kind: 'confirmation_password', ...(await ofUser()) },
        }),
      ).toBe(1)
    } finally {
      await overridePolicy(portal, 'rokin', {})
    }
  })
})

describe('who has no usable certificate is led to what the entrance offers', () => {
  const problem = async (preset: PresetName, file?: string) => {
    const visitor = portal.visitor(file ? await portal.identity(file) : undefined)
    await visitor.get(`${portal.settings.portalOrigin}/e/${preset}/login/certificate`)
    expect(visitor.page.status).toBe(403)
    return visitor.page.text
  }
  const entry = async (preset: PresetName) =>
    (await portal.visitor().get(`${portal.settings.portalOrigin}/e/${preset}`)).text

  it.each([
    ['shoko', '「電子証明書取得」', '電子証明書取得'],
    ['rokin', '「電子証明書発行」', '電子証明書発行'],
    ['recommended', '「電子証明書取得」', '電子証明書取得'],
  ] as const)('B-01 B-02 %s: %s', async (preset, named, item) => {
    const text = await problem(preset)
    expect(text).toContain(named)
    expect(await entry(preset)).toContain(item)
    if (preset === 'rokin') expect(text).not.toContain('電子証明書取得')
  })

  it.each([
    ['shoko', 'user', '電子証明書取得用パスワードは、ヘルプデスクに'],
    ['rokin', 'rokin-user', '「電子証明書発行」'],
    ['recommended', 'recommended-user', 'パスキー'],
  ] as const)('C-06 %s, with an expired one', async (preset, file, words) => {
    portal.clock.move(400 * 86_400)
    try {
      const text = await problem(preset, file)
      expect(text).toContain('有効期限が切れています')
      expect(text).toContain(words)
      expect(text.includes('取得用パスワード')).toBe(preset !== 'rokin')
    } finally {
      portal.clock.move(-400 * 86_400)
    }
  })
})
