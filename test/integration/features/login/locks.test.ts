import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { PresetName } from '../../../../src/policy/policy.ts'
import { sql } from '../../../support/database.ts'
import { demoOf as demo } from '../../../support/factors.ts'
import { countingHasher } from '../../../support/hashing.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { sameBrowser, startAfresh, typeAtPortal } from '../../../support/ways-in.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal({ presets: ['rokin', 'omakase'], generalUsers: true })
})
afterAll(() => portal.close())
beforeEach(() => startAfresh(portal))

const passwordLogin = (preset: PresetName, fields: Record<string, string>, visitor?: Visitor) =>
  typeAtPortal(portal, preset, fields, visitor)

describe('locks by preset', () => {
  const wrong = async (visitor: Visitor, action: string, fields: Record<string, string>, times: number) => {
    for (let n = 0; n < times; n++) await visitor.post(action, { ...fields, password: `Machigai${n}x` })
  }

  it('B-06 [R] six failures lock for sixty minutes, the third lock blocks, a success resets the count', async () => {
    const { user } = demo('rokin')
    const fields = { loginId: user.loginId, password: user.password }
    const visitor = portal.visitor(await portal.identity('rokin-user'))
    const open = () => visitor.get(`${portal.settings.portalOrigin}/e/rokin/login/certificate`)
    const lock = async () => {
      await open()
      await wrong(visitor, '/e/rokin/login', fields, 6)
      return visitor.page.text
    }
    expect(await lock()).toContain('ログインパスワードがロックされています')
    portal.clock.move(59 * 60)
    await open()
    await visitor.post('/e/rokin/login', fields)
    expect(visitor.page.text).toContain('ログインパスワードがロックされています')
    portal.clock.move(61)
    await open()
    await visitor.post('/e/rokin/login', fields)
    expect(visitor.page.path).toBe('/home')
    await visitor.post('/logout')
    for (let n = 0; n < 2; n++) {
      expect(await lock()).toContain('ログインパスワードがロックされています')
      portal.clock.move(60 * 60)
    }
    expect(await lock()).toContain('ユーザーIDが閉塞されています')
    portal.clock.move(24 * 60 * 60)
    await open()
    await visitor.post('/e/rokin/login', fields)
    expect(visitor.page.text).toContain('ユーザーIDが閉塞されています')
    const mails = await portal.deps.db.outboxMail.findMany({
      where: { recipient: user.email, kind: { startsWith: 'lock.' } },
      orderBy: { id: 'asc' },
    })
    expect(mails.map(each => each.kind)).toEqual([
      'lock.locked',
      'lock.locked',
      'lock.locked',
      'lock.blocked',
    ])
  })

  it('B-06 [O] five failures lock for thirty minutes and the lock ends by itself', async () => {
    const { user } = demo('omakase')
    const fields = { loginId: user.loginId, password: user.password }
    const visitor = await passwordLogin('omakase', fields)
    await visitor.post('/logout')
    await visitor.get(`${portal.settings.portalOrigin}/e/omakase/login/password`)
    const locks = () => portal.deps.db.history.count({ where: { operation: 'login.locked' } })
    const before = await locks()
    await wrong(visitor, '/e/omakase/login/password', fields, 5)
    expect(await locks()).toBe(before + 1)
    await visitor.post('/e/omakase/login/password', fields)
    expect(visitor.page.status).toBe(422)
    portal.clock.move(30 * 60 + 1)
    await visitor.post('/e/omakase/login/password', fields)
    expect(visitor.page.path).toBe('/home')
  })

  it('B-06 [O] fifty wrong guesses at once compare five at most and lock once', async () => {
    const { user } = demo('omakase')
    const own = await passwordLogin('omakase', { loginId: user.loginId, password: user.password })
    await own.post('/logout')
    const before = await portal.deps.db.history.count({ where: { operation: 'login.locked' } })
    const { hasher } = portal.deps
    const { hasher: counting, seen } = countingHasher(hasher)
    portal.deps.hasher = counting
    try {
      const people = Array.from({ length: 50 }, () => portal.visitor())
      for (const each of people) sameBrowser(own, each)
      await Promise.all(
        people.map((each, n) =>
          passwordLogin('omakase', { loginId: user.loginId, password: `Machigai${n}` }, each),
        ),
      )
    } finally {
      portal.deps.hasher = hasher
    }
    expect(seen.verify).toBeLessThanOrEqual(5)
    expect(await portal.deps.db.history.count({ where: { operation: 'login.locked' } })).toBe(before + 1)
  })
})

describe('rate limits', () => {
  it('one ID is tried sixty times in ten minutes at most, with Retry-After; the next window begins anew', async () => {
    const visitor = portal.visitor()
    await visitor.get(`${portal.settings.portalOrigin}/e/omakase/login/password`)
    const guess = () =>
      visitor.post('/e/omakase/login/password', { loginId: 'nobody77', password: 'Machigai1' })
    await sql(portal.database.ownerUrl, `INSERT INTO rate_window SELECT 'unused', now(), 0`)
    for (let n = 0; n < 60; n++) expect((await guess()).status).toBe(422)
    const limited = await guess()
    expect(limited.status).toBe(429)
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(500)
    expect(limited.text).toContain('分ほどお待ちいただいてから')
    portal.clock.move(10 * 60)
    await visitor.get(`${portal.settings.portalOrigin}/e/omakase/login/password`)
    expect((await guess()).status).toBe(422)
  })

  it('whoever gets in gives the try back: an office behind one address is not locked out', async () => {
    const { user } = demo('omakase')
    await passwordLogin('omakase', { loginId: user.loginId, password: user.password })
    const windows = await portal.deps.db.rateWindow.findMany()
    expect(windows.map(each => each.count)).toEqual([0, 0])
  })
})
