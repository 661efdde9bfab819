import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sweepCertificates } from '../../../../src/features/certificates/index.ts'
import {
  businessDayOf,
  plusDays,
  plusMonths,
  startOf,
  toColumn,
} from '../../../../src/kernel/business-day.ts'
import { type Enrolled, enrolledUser, operationsOf, renewalOf } from '../../../support/certificates.ts'
import { sql } from '../../../support/database.ts'
import { meanwhile } from '../../../support/meanwhile.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'

let portal: Portal
let user: Enrolled
beforeAll(async () => {
  // TLS knows the machine's clock alone: the first certificates are from last year, the renewed ones from today.
  portal = await openPortal(undefined, 340 * 86_400)
  user = await enrolledUser(portal)
})
afterAll(() => portal.close())

const rows = <Row extends Record<string, unknown>>(statement: string) =>
  sql<Row>(portal.database.ownerUrl, statement)

/** The password was changed just now: it has its days before it. */
const passwordSetToday = (userId: string) =>
  portal.deps.db.credential.updateMany({
    where: { userId },
    data: { setOn: toColumn(businessDayOf(portal.clock.now())) },
  })

const lastDay = () => businessDayOf(user.notAfter)
const renewalsOf = (userId: string) =>
  rows<{ id: string; state: string; replaces_id: string }>(
    `select id, state::text, replaces_id from certificate where user_id = '${userId}' and purpose = 'renewal' order by requested_at`,
  )

describe('renewal', () => {
  it('C-04 is not offered and is refused before the last month', async () => {
    portal.clock.goTo(new Date(startOf(plusMonths(lastDay(), -1)).getTime() - 60_000))
    const holder = portal.visitor(user.identity)
    const login = await holder.get(`${portal.settings.portalOrigin}/login/certificate`)
    expect(login.text).not.toContain('証明書更新')
    const page = await holder.get('/renewal')
    expect(page.status).toBe(409)
    expect(page.text).toContain('更新できる期間ではありません')
    const forced = await holder.post('/renewal', {
      _csrf: login.html.match(/name="_csrf" value="([^"]+)"/)?.[1] ?? '',
      password: user.password,
    })
    expect(forced.status).toBe(409)
    expect(await renewalsOf(user.id)).toEqual([])
    expect((await operationsOf(portal, user.loginId)).at(-1)).toMatchObject({
      operation: 'certificate.renewal-refused',
      reason: 'renewal.notInWindow',
    })
  })

  it('C-04 asks for the login password, of which wrong ones count, and for no acquisition password', async () => {
    portal.clock.goTo(startOf(plusMonths(lastDay(), -1)))
    await passwordSetToday(user.id)
    const holder = portal.visitor(user.identity)
    const login = await holder.get(`${portal.settings.portalOrigin}/login/certificate`)
    // 「証明書更新」 stands right of 「ログイン」, and no password is needed to press it.
    expect(login.html).toMatch(/ログイン<\/button>[\s\S]*href="\/renewal"[^>]*>証明書更新/)
    const page = await holder.get('/renewal')
    expect(page.status).toBe(200)
    for (const word of ['証明書更新', user.loginId, '現在の電子証明書の有効期限'])
      expect(page.text).toContain(word)
    const blank = await holder.post('/renewal', { password: '' })
    expect(blank.status).toBe(422)
    const wrong = await holder.post('/renewal', { password: 'Falsch2026' })
    expect(wrong.status).toBe(422)
    const [credential] = await rows<{ failures: number }>(
      `select failures from credential where user_id = '${user.id}' and kind = 'login_password'`,
    )
    expect(credential?.failures).toBe(1)
    expect(await renewalsOf(user.id)).toEqual([])
  })

  it('B-05 tells the right password as the login does: to wait, that it ran out, that it is locked or blocked', async () => {
    const now = portal.clock.now()
    const later = new Date(now.getTime() + 60_000)
    const standings = [
      [{ retryAfter: later }, 422, 'しばらくの間ログインできません'],
      [{ retryAfter: null, temporaryUntil: now }, 403, '仮のパスワードの有効期限が切れている'],
      [{ temporaryUntil: null, lockedAt: now, failures: 6 }, 403, 'ロックされています'],
    ] as const
    const holder = portal.visitor(user.identity)
    await holder.get(`${portal.settings.portalOrigin}/login/certificate`)
    const told = async (status: number, words: string) => {
      await holder.get('/renewal')
      const page = await holder.post('/renewal', { password: user.password })
      expect(page.status).toBe(status)
      expect(page.text).toContain(words)
    }
    const set = (data: object) =>
      portal.deps.db.credential.updateMany({ where: { userId: user.id, kind: 'login_password' }, data })
    for (const [data, status, words] of standings) {
      await set(data)
      await told(status, words)
    }
    const inService = (serviceState: 'blocked' | 'available') =>
      portal.deps.db.user.update({ where: { id: user.id }, data: { serviceState } })
    await inService('blocked')
    await told(403, '閉塞されています')
    await inService('available')
    await set({ lockedAt: null, failures: 0 })
    expect(await renewalsOf(user.id)).toEqual([])
  })

  it('B-06 overtakes nothing that happens while the password is compared', async () => {
    const inService = (state: string) =>
      `update "user" set service_state = '${state}' where id = '${user.id}'`
    const password = (set: string) =>
      `update credential set ${set} where user_id = '${user.id}' and kind = 'login_password'`
    for (const [happens, undo, reason] of [
      [inService('suspended'), inService('available'), 'login.suspended'],
      [inService('deleted'), inService('available'), 'login.suspended'],
      [password('locked_at = now()'), password('locked_at = null'), 'login.wrong'],
      [
        password(`set_at = set_at + interval '10 years'`),
        password(`set_at = set_at - interval '10 years'`),
        'login.wrong',
      ],
    ] as const) {
      const holder = portal.visitor(user.identity)
      await holder.get(`${portal.settings.portalOrigin}/login/certificate`)
      await holder.get('/renewal')
      await meanwhile(portal, user.id, () => holder.post('/renewal', { password: user.password }), happens)
      await rows(undo)
      expect(holder.page.path, happens).toBe('/renewal')
      expect((await operationsOf(portal, user.loginId)).at(-1), happens).toMatchObject({
        operation: 'certificate.renewal-refused',
        reason,
      })
    }
    expect(await renewalsOf(user.id)).toEqual([])
  })

  it('B-07 takes tries of the address as the login does, and refuses when there are none', async () => {
    const holder = portal.visitor(user.identity)
    await holder.get(`${portal.settings.portalOrigin}/login/certificate`)
    await holder.get('/renewal')
    await holder.post('/renewal', { password: 'Falsch2026' })
    const windows = await rows<{ count: number }>(
      "select count::int from rate_window where key like 'login-address:%'",
    )
    expect(windows).toHaveLength(1)
    await portal.deps.db.rateWindow.updateMany({ data: { count: 300 } })
    await holder.get('/renewal')
    expect((await holder.post('/renewal', { password: user.password })).status).toBe(429)
    expect(await renewalsOf(user.id)).toEqual([])
    await portal.deps.db.rateWindow.deleteMany()
  })

  it('C-04 two windows at once make one renewal, whose file opens with the login password and logs in', async () => {
    portal.clock.goTo(new Date())
    await passwordSetToday(user.id)
    const windows = [portal.visitor(user.identity), portal.visitor(user.identity)]
    for (const each of windows) {
      await each.get(`${portal.settings.portalOrigin}/login/certificate`)
      await each.get('/renewal')
    }
    await Promise.all(windows.map(each => each.post('/renewal', { password: user.password })))
    const [first, second] = windows.map(each => each.page.path)
    expect(first).toMatch(/^\/enrolment\/[0-9a-f-]{36}$/)
    expect(second).toBe(first)
    expect(await renewalsOf(user.id)).toHaveLength(1)
    const [window] = windows
    if (!window) throw new Error('no window')
    const file = await renewalOf(portal, window)
    const renewed = portal.visitor({ pfx: file, passphrase: user.password })
    await renewed.logIn(user.password)
    expect(renewed.page.path).toBe('/home')
    expect((await renewalsOf(user.id)).map(each => each.state)).toEqual(['active'])
  })

  it('C-05 old and new both work until the old one expires, and the old one is told how many days are left', async () => {
    const old = portal.visitor(user.identity)
    await old.logIn(user.password)
    expect(old.page.path).toBe('/login/takeover')
    await old.post('/login/takeover')
    expect(old.page.path).toBe('/home')
    const left = Math.round(
      (startOf(lastDay()).getTime() - startOf(businessDayOf(portal.clock.now())).getTime()) / 86_400_000,
    )
    expect(old.page.text).toContain(`あと${left}日`)
    expect(old.page.text).toContain('新しい電子証明書')
    await old.get('/login')
    const again = await old.get('/renewal')
    await old.post('/renewal', { password: user.password })
    expect(again.status).toBe(200)
    expect(old.page.status).toBe(409)
    expect(old.page.text).toContain('すでに更新が済んでいます')
  })

  it('C-06 ends at 23:59:59 JST of its last day: the last second renews and logs in, the next one does neither', async () => {
    portal.clock.goTo(new Date(Date.now() - 340 * 86_400_000))
    const late = await enrolledUser(portal)
    const end = new Date(startOf(plusDays(businessDayOf(late.notAfter), 1)).getTime())
    const holder = portal.visitor(late.identity)
    await portal.clock.standAt(new Date(end.getTime() - 1), async () => {
      await passwordSetToday(late.id)
      const login = await holder.get(`${portal.settings.portalOrigin}/login/certificate`)
      expect(login.status).toBe(200)
      await holder.get('/renewal')
      await holder.post('/renewal', { password: late.password })
      expect(holder.page.path).toMatch(/^\/enrolment\//)
    })
    portal.clock.goTo(end)
    const over = portal.visitor(late.identity)
    await over.get(`${portal.settings.portalOrigin}/login/certificate`)
    expect(over.page.status).toBe(403)
    expect(over.page.text).toContain('有効期限が切れています')
    await sweepCertificates(portal.deps)
    const states = await rows<{ state: string; purpose: string }>(
      `select state::text, purpose::text from certificate where user_id = '${late.id}' order by requested_at`,
    )
    expect(states[0]).toEqual({ state: 'expired', purpose: 'enrolment' })
    expect((await operationsOf(portal, late.loginId)).map(each => each.operation)).toContain(
      'certificate.expired',
    )
  })

  it('B-08 is refused while the password must be changed, and to who has none of ours', async () => {
    portal.clock.goTo(new Date(Date.now() - 340 * 86_400_000))
    const forced = await enrolledUser(portal)
    portal.clock.goTo(startOf(plusDays(businessDayOf(forced.notAfter), -3)))
    const holder = portal.visitor(forced.identity)
    await holder.get(`${portal.settings.portalOrigin}/login/certificate`)
    await holder.get('/renewal')
    await holder.post('/renewal', { password: forced.password })
    // Ninety days have passed since the password was set.
    expect(holder.page.status).toBe(409)
    expect(holder.page.text).toContain('先にログインしてパスワードを変更')
    expect(await renewalsOf(forced.id)).toEqual([])
    const nobody = portal.visitor()
    await nobody.get(`${portal.settings.portalOrigin}/login/certificate`)
    await nobody.get('/renewal')
    expect(nobody.page.status).toBe(403)
    expect(nobody.page.text).toContain('電子証明書が提示されていません')
  })
})
