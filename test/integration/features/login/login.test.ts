import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHasher } from '../../../../src/platform/hasher.ts'
import { sql } from '../../../support/database.ts'
import { countingHasher } from '../../../support/hashing.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal()
})
afterAll(() => portal.close())

const entries = (operation: string) =>
  portal.deps.db.history.findMany({ where: { operation }, orderBy: { id: 'asc' } })

/** Ends what a test left open, and forgives what it guessed. */
const startAfresh = () =>
  sql(
    portal.database.ownerUrl,
    `UPDATE session SET ended_at = now(), end_reason = 'logout' WHERE ended_at IS NULL`,
    'UPDATE credential SET failures = 0, locked_at = NULL, locked_until = NULL',
  )

describe('certificate login', () => {
  it('B-01 the entry page offers the login on the left and the enrolment on the right', async () => {
    const { text, status } = await portal.visitor().get('/')
    expect(status).toBe(200)
    expect(text.indexOf('電子証明書ログイン')).toBeLessThan(text.lastIndexOf('電子証明書取得'))
  })

  it('B-02 without a certificate the login page says so and what to do', async () => {
    const page = await portal.visitor().get('/login/certificate')
    expect(page.status).toBe(403)
    expect(page.text).toContain('電子証明書が提示されていません')
    expect(page.text).toContain('もう一度「電子証明書ログイン」を押して')
  })

  it('B-02 a staff certificate opens no customer page', async () => {
    const page = await portal.visitor(await portal.identity('operator')).get('/login/certificate')
    expect(page.status).toBe(403)
    expect(page.text).toContain('行員用の電子証明書です')
  })

  it('B-03 every login runs on a host of its own', async () => {
    const admin = portal.visitor(await portal.identity('admin'))
    const first = await admin.get('/login/certificate')
    const second = await admin.get(`${portal.settings.portalOrigin}/login/certificate`)
    expect(new URL(first.url).hostname).toMatch(/^[0-9a-f]{20}\.cert\.localhost$/)
    expect(new URL(first.url).hostname).not.toBe(new URL(second.url).hostname)
  })

  it('B-02, B-10 the certificate names the user, the password opens home with who they are', async () => {
    const admin = await portal.administrator()
    expect(admin.page.text).toContain('株式会社関所商事')
    expect(admin.page.text).toContain(demo.administrator.loginId)
    expect(admin.page.text).toContain('管理　太郎')
    await admin.post('/logout')
    const again = await portal.administrator()
    expect(again.page.text).toMatch(/前回ログイン日時.*\d{4}年\d{1,2}月\d{1,2}日/)
    await again.post('/logout')
  })

  it('B-13 a second login offers 「再ログイン」, which ends the first', async () => {
    await startAfresh()
    const first = await portal.administrator()
    const second = portal.visitor(await portal.identity('admin'))
    await second.logIn(demo.administrator.password)
    expect(second.page.path).toBe('/login/takeover')
    expect(second.page.text).toContain('ログイン中の開始日時')
    expect((await first.get('/home')).status).toBe(200)
    await second.post('/login/takeover')
    expect(second.page.path).toBe('/home')
    const ended = await first.get('/home')
    expect(ended.status).toBe(401)
    expect(ended.text).toContain('ほかの画面で再ログインされたため')
    expect((await second.get('/home')).status).toBe(200)
  })

  it('B-10, C-11 a login that stops at 「再ログイン」 uses no certificate and is called no login', async () => {
    await startAfresh()
    const identity = await portal.identity('admin')
    await portal.administrator()
    const user = () =>
      portal.deps.db.user.findFirstOrThrow({ where: { loginId: demo.administrator.loginId } })
    const before = await user()
    const { fingerprint } = await portal.deps.db.session.findFirstOrThrow({ where: { endedAt: null } })
    const certificate = () =>
      portal.deps.db.certificate.findFirstOrThrow({ where: { fingerprint: fingerprint ?? '' } })
    const { id } = await certificate()
    await sql(
      portal.database.ownerUrl,
      `UPDATE certificate SET state = 'delivered', first_used_at = NULL, last_used_at = NULL WHERE id = '${id}'`,
    )
    const logins = (await entries('login.succeeded')).length
    portal.clock.move(60)
    const second = portal.visitor(identity)
    await second.logIn(demo.administrator.password)
    expect(second.page.path).toBe('/login/takeover')
    expect((await certificate()).state).toBe('delivered')
    expect((await user()).lastLoginAt).toEqual(before.lastLoginAt)
    expect(await entries('login.succeeded')).toHaveLength(logins)
    expect((await entries('login.password-accepted')).at(-1)?.details).toContain('takeover')
    await second.post('/login/takeover')
    expect(second.page.path).toBe('/home')
    expect(await certificate()).toMatchObject({ state: 'active', firstUsedAt: expect.any(Date) })
    const { lastLoginAt } = await user()
    expect(lastLoginAt?.getTime()).toBeGreaterThan((before.lastLoginAt?.getTime() ?? 0) + 60_000)
    expect(await entries('login.succeeded')).toHaveLength(logins + 1)
    const session = await portal.deps.db.session.findFirstOrThrow({ where: { endedAt: null } })
    expect(session.previousLoginAt).toEqual(before.lastLoginAt)
  })

  it('B-13 twenty logins at once leave one live session', async () => {
    await startAfresh()
    const identity = await portal.identity('admin')
    const people = Array.from({ length: 20 }, () => portal.visitor(identity))
    await Promise.all(people.map(each => each.logIn(demo.administrator.password)))
    const live = await portal.deps.db.session.count({ where: { endedAt: null, kind: 'user', stage: 'open' } })
    expect(live).toBe(1)
    expect(people.filter(each => each.page.path === '/home')).toHaveLength(1)
  })
})

describe('locks', () => {
  it('B-06 the third wrong password locks, the right one is refused too, and one mail goes out', async () => {
    await startAfresh()
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
    await startAfresh()
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
    await startAfresh()
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
    await startAfresh()
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
    await startAfresh()
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
    await startAfresh()
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
    await startAfresh()
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

describe('sessions', () => {
  it('B-14 logout ends the row: the replayed cookie is worth nothing', async () => {
    await startAfresh()
    const admin = await portal.administrator()
    const { url } = admin.page
    const kept = admin.cookieHeader()
    await admin.post('/logout')
    expect(admin.page.text).toContain('ログアウトが完了しました')
    const replayed = await admin.get(url, { headers: { cookie: kept }, follow: false })
    expect(replayed.status).toBe(401)
    expect(replayed.text).toContain('すでにログアウトしています')
    expect((await entries('access.refused')).at(-1)?.reason).toBe('session.ended.logout')
  })

  it('B-12 thirty idle minutes end the session on the server; half a minute less does not', async () => {
    await startAfresh()
    const admin = await portal.administrator()
    portal.clock.move(30 * 60 - 30)
    expect((await admin.get('/home')).status).toBe(200)
    portal.clock.move(30 * 60)
    const late = await admin.get('/home')
    expect(late.status).toBe(401)
    expect(late.text).toContain('一定の時間操作がなかったため')
    const row = await portal.deps.db.session.findFirst({ orderBy: { startedAt: 'desc' } })
    expect(row?.endReason).toBe('idle')
  })

  it('B-12 a session ends twelve hours after its login, however busy', async () => {
    await startAfresh()
    const admin = await portal.administrator()
    for (let half = 0; half < 23; half++) {
      portal.clock.move(29 * 60)
      expect((await admin.get('/home')).status).toBe(200)
    }
    portal.clock.move(29 * 60)
    expect((await admin.get('/home')).status).toBe(200)
    portal.clock.move(29 * 60)
    expect((await admin.get('/home')).text).toContain('ログインしてから一定の時間が経過したため')
  })

  it('C-15 the same cookie over another certificate, or over none, is refused and audited', async () => {
    await startAfresh()
    const admin = await portal.administrator()
    const cookie = admin.cookieHeader()
    const { url } = admin.page
    for (const identity of [undefined, await portal.identity('operator')]) {
      const before = (await entries('access.refused')).length
      const thief = await portal.visitor(identity).get(url, { headers: { cookie }, follow: false })
      expect(thief.status).toBe(403)
      expect(thief.text).not.toContain('管理　太郎')
      const after = await entries('access.refused')
      expect(after).toHaveLength(before + 1)
      expect(after.at(-1)).toMatchObject({
        reason: 'session.otherCertificate',
        actorLoginId: demo.administrator.loginId,
      })
    }
    expect((await admin.get('/home')).status).toBe(200)
  })

  it('C-15 the cookie works on its own host only', async () => {
    await startAfresh()
    const admin = await portal.administrator()
    const elsewhere = new URL(admin.page.url)
    elsewhere.hostname = `0123456789abcdef0123.${portal.settings.certDomain}`
    const page = await admin.get(elsewhere.href, { headers: { cookie: admin.cookieHeader() }, follow: false })
    expect(page.status).toBe(403)
  })

  it('C-14 a certificate revoked in its row is refused at the next request of an open session', async () => {
    await startAfresh()
    const admin = await portal.administrator()
    const [{ id } = { id: '' }] = await sql<{ id: string }>(
      portal.database.ownerUrl,
      `UPDATE certificate SET state = 'revoked' WHERE user_id IS NOT NULL RETURNING id`,
    )
    try {
      expect((await admin.get('/home')).status).toBe(401)
      const page = await admin.get(`${portal.settings.portalOrigin}/login/certificate`)
      expect(page.text).toContain('失効した電子証明書です')
    } finally {
      await sql(portal.database.ownerUrl, `UPDATE certificate SET state = 'active' WHERE id = '${id}'`)
    }
  })
})

describe('what strangers send', () => {
  it.each(['x-client-cert', 'x-ssl-client-cert', 'x-sekisho-client-certificate', 'x-sekisho-door'])(
    'a forged %s header is refused and audited',
    async header => {
      // Of strangers' refusals the history has one a minute for each reason.
      portal.clock.move(61)
      const before = (await entries('access.refused')).length
      const page = await portal.visitor().get('/', { headers: { [header]: 'MIIB' } })
      expect(page.status).toBe(400)
      const after = await entries('access.refused')
      expect(after).toHaveLength(before + 1)
      expect(after.at(-1)?.reason).toBe('request.forgedCertificate')
    },
  )

  it.each(
    ['//', '//evil.example/', '/%zz', '/..%2f..', '/%01', '/home%00', '/home/../../etc'].map(path => [path]),
  )('the path %j is answered without a 5xx', async path => {
    const page = await portal.visitor().get(`${portal.settings.portalOrigin}${path}`, { follow: false })
    expect(page.status).toBeGreaterThanOrEqual(300)
    expect(page.status).toBeLessThan(500)
  })

  it('a form without its token is refused, and nothing happens', async () => {
    await startAfresh()
    const admin = portal.visitor(await portal.identity('admin'))
    await admin.get('/login/certificate')
    const page = await admin.post('/login', { password: demo.administrator.password, _csrf: '' })
    expect(page.status).toBe(403)
    expect(page.text).toContain('画面の有効期限が切れました')
    expect(await portal.deps.db.session.count({ where: { endedAt: null } })).toBe(0)
  })

  it('a form from another site is refused', async () => {
    const admin = portal.visitor(await portal.identity('admin'))
    await admin.get('/login/certificate')
    const page = await admin.post(
      '/login',
      { password: demo.administrator.password },
      { headers: { origin: 'https://evil.example' } },
    )
    expect(page.status).toBe(403)
  })

  it('a field of one megabyte is refused by size', async () => {
    const admin = portal.visitor(await portal.identity('admin'))
    await admin.get('/login/certificate')
    const page = await admin.post('/login', { password: 'x'.repeat(1024 * 1024) })
    expect(page.status).toBe(413)
    expect(page.text).toContain('大きすぎます')
  })

  it('a NUL in a field is refused with words', async () => {
    const admin = portal.visitor(await portal.identity('admin'))
    await admin.get('/login/certificate')
    const page = await admin.post('/login', { password: 'abc\u0000def' })
    expect(page.status).toBe(400)
    expect(page.text).toContain('使用できない文字')
  })

  it('B-12 pages behind the login send strangers to the entry page, which leads back to them', async () => {
    for (const path of ['/home', '/history', '/administration', '/password']) {
      const page = await portal.visitor().get(path, { follow: false })
      expect(page.status).toBe(303)
      expect(page.headers.location).toBe(`${portal.settings.portalOrigin}/?next=${encodeURIComponent(path)}`)
    }
  })
})
