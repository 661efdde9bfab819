import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createHasher } from '../../../../src/platform/hasher.ts'
import { sql } from '../../../support/database.ts'
import { countingHasher } from '../../../support/hashing.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import { startAfresh } from '../../../support/ways-in.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal()
})
afterAll(() => portal.close())
beforeEach(() => startAfresh(portal))

const entries = (operation: string) =>
  portal.deps.db.history.findMany({ where: { operation }, orderBy: { id: 'asc' } })

describe('locks', () => {
  it('B-06 the third wrong password locks, the right one is refused too, and one mail goes out', async () => {
    const before = (await entries('login.locked')).length
    const admin = portal.visitor(await portal.identity('admin'))
    await admin.get('/login/certificate')
    for (const wrong of ['Wrong0001', 'Wrong0002']) {
      await admin.post('/login', { password: wrong })
      expect(admin.page.status).toBe(422)
      expect(admin.page.text).toContain('パスワードに誤りがあります')
    }
    await admin.post('/login', { password: 'Wrong0003' })
    expect(admin.page.status).toBe(403)
    expect(admin.page.text).toContain('ログインパスワードがロックされています')
    await admin.logIn(demo.administrator.password)
    expect(admin.page.text).toContain('ログインパスワードがロックされています')
    expect(await entries('login.locked')).toHaveLength(before + 1)
    expect(await portal.deps.db.outboxMail.count({ where: { kind: 'lock.locked' } })).toBe(before + 1)
  })

  it('B-06 a success in between begins the count again', async () => {
    const admin = portal.visitor(await portal.identity('admin'))
    for (let round = 0; round < 2; round++) {
      await admin.get(`${portal.settings.portalOrigin}/login/certificate`)
      await admin.post('/login', { password: 'Wrong0001' })
      await admin.post('/login', { password: 'Wrong0002' })
      await admin.post('/login', { password: demo.administrator.password })
      expect(admin.page.path).toBe('/home')
      await admin.post('/logout')
    }
  })

  it('B-06 nobody is told of a lock that there is not, however many right passwords come at once', async () => {
    const identity = await portal.identity('admin')
    const people = Array.from({ length: 8 }, () => portal.visitor(identity))
    await Promise.all(people.map(each => each.get('/login/certificate')))
    await Promise.all(people.map(each => each.post('/login', { password: demo.administrator.password })))
    for (const { page } of people) {
      expect(page.text).not.toContain('ロックされています')
      if (page.status === 422) expect(page.text).toContain('ログインを処理しています')
    }
    expect(people.some(each => each.page.path === '/home')).toBe(true)
  })

  it('B-06 a lock that strikes while the right password is compared lets no session begin', async () => {
    const { hasher } = portal.deps
    portal.deps.hasher = {
      ...hasher,
      withPlace: (lane, work) =>
        hasher.withPlace(lane, async place => {
          const answer = await work(place)
          await sql(
            portal.database.ownerUrl,
            `UPDATE credential SET locked_at = now() WHERE kind = 'login_password' AND user_id IS NOT NULL`,
          )
          return answer
        }),
    }
    try {
      const admin = portal.visitor(await portal.identity('admin'))
      await admin.logIn(demo.administrator.password)
      expect(admin.page.path).not.toBe('/home')
      expect(await portal.deps.db.session.count({ where: { endedAt: null, kind: 'user' } })).toBe(0)
    } finally {
      portal.deps.hasher = hasher
    }
  })

  it('B-06 fifty wrong guesses at once compare three at most and lock once', async () => {
    const before = (await entries('login.locked')).length
    const { hasher } = portal.deps
    const { hasher: counting, seen } = countingHasher(hasher)
    portal.deps.hasher = counting
    try {
      const identity = await portal.identity('admin')
      const people = Array.from({ length: 50 }, () => portal.visitor(identity))
      await Promise.all(people.map(each => each.get('/login/certificate')))
      await Promise.all(people.map((each, n) => each.post('/login', { password: `Guess${1000 + n}` })))
    } finally {
      portal.deps.hasher = hasher
    }
    expect(seen.verify).toBeLessThanOrEqual(3)
    expect(await entries('login.locked')).toHaveLength(before + 1)
    const admin = portal.visitor(await portal.identity('admin'))
    await admin.logIn(demo.administrator.password)
    expect(admin.page.text).toContain('ロックされています')
  })
})

describe('a flood of guesses', () => {
  /** A hasher with room for one at a time and none waiting. */
  const crowded = async (work: () => Promise<void>) => {
    const { hasher } = portal.deps
    portal.deps.hasher = createHasher(1, 0)
    try {
      await work()
    } finally {
      portal.deps.hasher = hasher
    }
  }

  it('B-07 a try that finds no room is answered with 503 and never counted', async () => {
    const identity = await portal.identity('admin')
    const people = Array.from({ length: 30 }, () => portal.visitor(identity))
    await Promise.all(people.map(each => each.get('/login/certificate')))
    await crowded(async () => {
      // Two wrong guesses at most are compared; the rest finds no room and must leave the third try alone.
      for (const each of people.slice(0, 2)) await each.post('/login', { password: 'Wrong0001' })
      const right = people
        .slice(2)
        .map(each => each.post('/login', { password: demo.administrator.password }))
      const answers = await Promise.all(right)
      expect(answers.filter(page => page.status === 503).length).toBeGreaterThan(0)
      expect(answers.some(page => page.headers['retry-after'] !== undefined)).toBe(true)
    })
    const credential = await portal.deps.db.credential.findFirstOrThrow({
      where: { kind: 'login_password', user: { loginIdKey: demo.administrator.loginId } },
    })
    expect(credential.lockedAt).toBeNull()
    const admin = portal.visitor(identity)
    await admin.logIn(demo.administrator.password)
    expect(['/home', '/login/takeover']).toContain(admin.page.path)
  })

  it('B-07 strangers at the open door keep nobody with a certificate out', async () => {
    const { hasher } = portal.deps
    portal.deps.hasher = createHasher(1, 8)
    try {
      const strangers = Array.from({ length: 40 }, () => portal.visitor())
      await Promise.all(strangers.map(each => each.get('/enrolment')))
      const flood = strangers.map(each =>
        each.post('/enrolment', {
          loginId: demo.administrator.loginId,
          password: 'Wrong0001',
          acquisitionPassword: 'Wrong0002',
        }),
      )
      const admin = portal.visitor(await portal.identity('admin'))
      await admin.logIn(demo.administrator.password)
      expect(admin.page.path).toBe('/home')
      expect((await Promise.all(flood)).some(page => page.status === 503)).toBe(true)
    } finally {
      portal.deps.hasher = hasher
    }
  })
})
