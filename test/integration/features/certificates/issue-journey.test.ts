import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { endAllOf } from '../../../../src/features/certificates/index.ts'
import { storePassword } from '../../../../src/features/passwords/index.ts'
import { system } from '../../../../src/kernel/actor.ts'
import { businessDayOf, plusDays } from '../../../../src/kernel/business-day.ts'
import { inTx } from '../../../../src/platform/db/in-tx.ts'
import { enrolledUser, operationsOf } from '../../../support/certificates.ts'
import { lastSealed } from '../../../support/codes.ts'
import { sql } from '../../../support/database.ts'
import { newUser } from '../../../support/enrolment.ts'
import { meanwhile } from '../../../support/meanwhile.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import { until } from '../../../support/until.ts'
import type { Visitor } from '../../../support/visitor.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal({ presets: ['shoko', 'rokin'], generalUsers: false })
})
afterAll(() => portal.close())

/** The contract number of the demo's company under rokin's rules. */
const rokin = '3001000000'
const entry = '/e/rokin/certificate-issue'

const mailOf = async (loginId: string): Promise<string> => {
  const user = await portal.deps.db.user.findFirstOrThrow({ where: { loginIdKey: loginId.toLowerCase() } })
  return user.email
}

const authenticated = async (loginId: string, password: string): Promise<Visitor> => {
  const someone = portal.visitor()
  await someone.get(entry)
  await someone.post(entry, { loginId, password })
  return someone
}

const certificatesOf = (userId: string) =>
  sql<{ purpose: string; state: string }>(
    portal.database.ownerUrl,
    `select purpose::text, state::text from certificate where user_id = '${userId}' order by requested_at`,
  )

describe('電子証明書発行', () => {
  it('C-03 is no page of entrances that know another way, and renewal by showing is none of rokin', async () => {
    expect((await portal.visitor().get('/certificate-issue')).status).toBe(404)
    const user = await enrolledUser(portal, rokin)
    const holder = portal.visitor(user.identity)
    await holder.get(`${portal.settings.portalOrigin}/e/rokin/login/certificate`)
    await holder.get('/renewal')
    expect(holder.page.status).toBe(409)
    expect(holder.page.text).toContain('「電子証明書発行」から更新')
  })

  it('C-01 C-03 leads over the nine steps by a mailed code to a file that downloads by itself', async () => {
    const user = await newUser(portal, rokin)
    const someone = portal.visitor()
    const menu = await someone.get('/e/rokin/')
    expect(menu.html).toMatch(/aria-current="step">\s*<span class="progress__title">電子証明書発行選択</)
    expect(menu.text).toContain('全9ステップ中、3ステップ目')
    expect((await portal.visitor().get('/e/shoko/')).text).not.toContain('ステップ')
    const first = await someone.get(entry)
    for (const step of [
      'URLアクセス',
      '電子証明書選択',
      'ユーザー認証',
      '認証コード入力',
      '発行結果',
      'インポート',
    ])
      expect(first.text).toContain(step)
    expect(first.text).toContain('全9ステップ中、4ステップ目')

    const code = await someone.post(entry, { loginId: user.loginId, password: user.password })
    expect(code.path).toMatch(/^\/certificate-issue\/[0-9a-f-]{36}\/code$/)
    expect(code.text).toContain('全9ステップ中、5ステップ目')
    // The manual's button, on both pages.
    for (const { html } of [first, code]) expect(html).toMatch(/<button[^>]*>\s*認証\s*<\/button>/)
    // And its 「キャンセル」, which leads back to where one has authenticated.
    expect(code.html).toMatch(/href="\/e\/rokin\/certificate-issue"[^>]*>\s*キャンセル/)
    const address = code.path
    // The password alone leads no further, whatever is asked for.
    await someone.post(address.replace('/code', '/confirmation'))
    expect(someone.page.status).toBe(409)
    await someone.get(address)
    expect((await someone.post(address, { code: '000000' })).status).toBe(422)
    const sent = await lastSealed(portal, await mailOf(user.loginId))
    // I-06: as the letter shows it, in full-width digits and with a space.
    const typed = [...(sent.code ?? '')].map(digit => String.fromCodePoint(0xff10 + Number(digit))).join('')
    const confirm = await someone.post(address, { code: `${typed.slice(0, 3)} ${typed.slice(3)}` })
    expect(confirm.path).toBe(address.replace('/code', '/confirmation'))
    expect(confirm.text).toContain('全9ステップ中、6ステップ目')
    expect(await certificatesOf(user.id)).toEqual([])

    const waiting = await someone.post(confirm.path)
    expect(waiting.path).toMatch(/^\/enrolment\//)
    expect(waiting.text).toContain('全9ステップ中、7ステップ目')
    const delivery = waiting.path
    // Pressed again from the page before: the same one.
    await someone.get(confirm.path)
    expect((await someone.post(confirm.path)).path).toBe(delivery)
    expect(await certificatesOf(user.id)).toHaveLength(1)
    await waitFor(someone, delivery)
    const result = await someone.get(delivery)
    expect(result.text).toContain('全9ステップ中、8ステップ目')
    // What stands at this entrance, and not at shoko's, opens the login.
    expect(result.text).toContain('ログイン画面の「ログイン」を押し')
    const [guide = ''] = /https:[^"]*\/guide\/windows[^"]*/.exec(result.html) ?? []
    expect(guide).toBe(`${portal.settings.portalOrigin}/e/rokin/guide/windows?step=import`)
    const imported = await portal.visitor().get(guide)
    expect(imported.text).toContain('全9ステップ中、9ステップ目')
    expect(imported.text).toContain('ログイン画面の「ログイン」を押し')
    expect(imported.html).toContain('href="/e/rokin/guide/mac?step=import"')
    // Read for itself, or at an entrance that knows no such journey, it is a guide and no step.
    for (const plain of ['/e/rokin/guide/windows', '/e/shoko/guide/windows?step=import'])
      expect((await portal.visitor().get(plain)).text).not.toContain('ステップ目')
    expect(result.headers.refresh).toBe(`1; url=${delivery}/file`)
    const file = await someone.get(`${delivery}/file`)
    expect(file.headers['content-disposition']).toMatch(new RegExp(`filename="${user.loginId}\\d{14}\\.p12"`))
    const row = await portal.deps.db.certificate.findFirstOrThrow({ where: { userId: user.id } })
    // 366 days counting the day of issue, to its last second.
    expect(row.notAfter?.toISOString()).toBe(
      `${plusDays(businessDayOf(portal.clock.now()), 365)}T14:59:59.000Z`,
    )
    // The password of the file is the login password.
    const owner = portal.visitor({ pfx: file.body, passphrase: user.password })
    expect((await owner.get('/check/certificate')).text).toContain('ご利用になれる電子証明書が提示されました')
  })

  it('B-05 B-07 answers the unknown and the wrong alike, and the failures lock (6, 60 minutes)', async () => {
    const user = await newUser(portal, rokin)
    const pages = new Set<string>()
    for (const [loginId, password] of [
      ['Nobody99', 'Falsch-26'],
      [user.loginId, 'Falsch-26'],
    ] as const) {
      const { page } = await authenticated(loginId, password)
      expect(page.status).toBe(422)
      pages.add(
        page.html.replaceAll(loginId, 'ID').replaceAll(/(_csrf" value|csrf-token" content)="[^"]+"/g, '$1'),
      )
    }
    expect(pages.size).toBe(1)
    for (let time = 0; time < 5; time++) await authenticated(user.loginId, 'Falsch-26')
    expect((await authenticated(user.loginId, user.password)).page.status).toBe(422)
    expect((await operationsOf(portal, user.loginId)).map(each => each.operation)).toContain('login.locked')
    portal.clock.move(61 * 60)
    expect((await authenticated(user.loginId, user.password)).page.path).toContain('/code')
  })

  it('B-06 overtakes nothing that happens while the password is compared: no code is sent', async () => {
    for (const happens of [
      (id: string) => `UPDATE "user" SET service_state = 'suspended' WHERE id = '${id}'`,
      (id: string) => `UPDATE "user" SET service_state = 'deleted' WHERE id = '${id}'`,
      (id: string) => `UPDATE "user" SET registration_due = true WHERE id = '${id}'`,
      (id: string) => `UPDATE credential SET failures = 6, locked_at = now() WHERE user_id = '${id}'`,
      (id: string) => `UPDATE credential SET set_at = set_at + interval '10 years' WHERE user_id = '${id}'`,
    ]) {
      const user = await newUser(portal, rokin)
      const someone = portal.visitor()
      await someone.get(entry)
      const authenticate = () => someone.post(entry, { loginId: user.loginId, password: user.password })
      await meanwhile(portal, user.id, authenticate, happens(user.id))
      expect(someone.page.status, happens('')).toBe(422)
      expect((await operationsOf(portal, user.loginId)).at(-1)).toMatchObject({
        operation: 'enrolment.failed',
        reason: 'enrolment.changed',
      })
      expect(await portal.deps.db.session.count({ where: { userId: user.id } })).toBe(0)
      expect(await portal.deps.db.authenticationCode.count({ where: { userId: user.id } })).toBe(0)
      expect(await portal.deps.db.draft.count({ where: { ownerId: user.id } })).toBe(0)
    }
  })

  it('C-03 ends a code after five tries and after 30 minutes, and sends a new one when asked', async () => {
    const user = await newUser(portal, rokin)
    const someone = await authenticated(user.loginId, user.password)
    const address = someone.page.path
    const first = (await lastSealed(portal, await mailOf(user.loginId))).code ?? ''
    const wrong = first === '123456' ? '654321' : '123456'
    for (let time = 0; time < 5; time++) {
      await someone.get(address)
      await someone.post(address, { code: wrong })
    }
    await someone.get(address)
    expect((await someone.post(address, { code: first })).status).toBe(422)
    const again = await someone.post(address.replace('/code', '/code-request'))
    expect(again.text).toContain('新しい認証コードをお送りしました')
    const second = (await lastSealed(portal, await mailOf(user.loginId))).code ?? ''
    portal.clock.move(16 * 60)
    await someone.get(address)
    portal.clock.move(16 * 60)
    await someone.get(address)
    expect((await someone.post(address, { code: second })).status).toBe(422)
    await someone.post(address.replace('/code', '/code-request'))
    const third = (await lastSealed(portal, await mailOf(user.loginId))).code ?? ''
    expect((await someone.post(address, { code: third })).path).toContain('/confirmation')
  })

  it('C-03 two errands at once end at one certificate; it is joined while its file is there, and refused after', async () => {
    const user = await newUser(portal, rokin)
    // No system opens a file with such a password: one is made for it, and shown once (C-12).
    const password = 'かりもと2026'
    await inTx(portal.deps, async tx =>
      storePassword(
        portal.deps,
        tx,
        { companyId: user.companyId, userId: user.id },
        'login_password',
        await portal.deps.hasher.hash(password),
        { forceChange: false, remembered: 2 },
      ),
    )
    const proved = async () => {
      const someone = await authenticated(user.loginId, password)
      const { code } = await lastSealed(portal, await mailOf(user.loginId))
      await someone.post(someone.page.path, { code: code ?? '' })
      expect(someone.page.path).toContain('/confirmation')
      return someone
    }
    const errands = [await proved(), await proved()]
    await Promise.all(errands.map(each => each.post(each.page.path)))
    expect(await certificatesOf(user.id)).toHaveLength(1)
    // Both are led to the one that waits; whichever asks first is shown the password that was made for its file.
    const [first, second] = errands
    if (!first || !second) throw new Error('no errand')
    const delivery = first.page.path
    expect(delivery).toMatch(/^\/enrolment\//)
    expect(second.page.path).toBe(delivery)
    await waitFor(first, delivery)
    // The download that begins by itself would take the place of the page that shows the password.
    for (const each of errands) expect((await each.get(delivery)).headers.refresh).toBeUndefined()
    const pages = await Promise.all(errands.map(each => each.post(`${delivery}/file-password`)))
    expect(pages.filter(({ html }) => html.includes('id="file-password"'))).toHaveLength(1)
    expect((await first.get(delivery)).headers.refresh).toBe(`1; url=${delivery}/file`)
    await first.get(`${delivery}/file`)
    expect(await certificatesOf(user.id)).toEqual([{ purpose: 'enrolment', state: 'delivered' }])
    const again = await proved()
    expect((await again.post(again.page.path)).path).toBe(delivery)
    portal.clock.move(31 * 60)
    const late = await authenticated(user.loginId, password)
    expect(late.page.status).toBe(422)
    expect(late.page.text).toContain('有効な電子証明書をお持ちのため')
    expect(late.page.text).toContain('失効をご依頼')
    expect(await certificatesOf(user.id)).toHaveLength(1)
  })

  it('C-14 a revocation by the bank ends the errand: its session, its code and what was typed', async () => {
    const user = await enrolledUser(portal, rokin)
    const holder = { companyId: user.companyId, userId: user.id }
    portal.clock.goTo(new Date(user.notAfter.getTime() - 10 * 86_400_000))
    const someone = await authenticated(user.loginId, user.password)
    const address = someone.page.path
    expect(address).toContain('/code')
    const { code } = await lastSealed(portal, await mailOf(user.loginId))
    expect(await portal.deps.db.draft.count({ where: { ownerId: user.id } })).toBe(1)
    await inTx(portal.deps, tx => endAllOf(portal.deps, tx, system('test'), holder, 'lost'))
    await someone.post(address, { code: code ?? '' })
    expect(someone.page.status).toBe(401)
    expect(await portal.deps.db.draft.count({ where: { ownerId: user.id } })).toBe(0)
    expect(
      await portal.deps.db.authenticationCode.count({
        where: { userId: user.id, usedAt: null, voidedAt: null },
      }),
    ).toBe(0)
    portal.clock.goTo(new Date())
  })

  it('C-03 keeps what was typed no longer than the session it was typed for', async () => {
    const user = await newUser(portal, rokin)
    await authenticated(user.loginId, user.password)
    const draft = await portal.deps.db.draft.findFirstOrThrow({ where: { ownerId: user.id } })
    const session = await portal.deps.db.session.findFirstOrThrow({ where: { userId: user.id } })
    expect(draft.expiresAt.getTime()).toBeLessThanOrEqual(session.absoluteEnd.getTime())
    expect(draft.expiresAt.getTime() - draft.createdAt.getTime()).toBe(2 * 3_600_000)
  })

  it('C-04 refuses a user with a valid certificate outside of the last 30 days', async () => {
    const user = await enrolledUser(portal, rokin)
    // Fetched and not yet used is valid, too.
    const early = await authenticated(user.loginId, user.password)
    expect(early.page.status).toBe(422)
    expect(early.page.text).toContain('有効な電子証明書をお持ちのため')
    // C-07: at rokin the bank alone revokes.
    expect(early.page.text).toContain('ヘルプデスクに失効をご依頼')
    expect(early.page.text).not.toContain('貴社の管理者')
  })
})

const waitFor = (someone: Visitor, delivery: string): Promise<void> =>
  until(async () => JSON.parse((await someone.get(`${delivery}/state`)).html).done === true)
