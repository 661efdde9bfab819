import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '../../../support/database.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import { startAfresh } from '../../../support/ways-in.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal()
})
afterAll(() => portal.close())

const entries = (operation: string) =>
  portal.deps.db.history.findMany({ where: { operation }, orderBy: { id: 'asc' } })

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
    await startAfresh(portal)
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
    await startAfresh(portal)
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
    await startAfresh(portal)
    const identity = await portal.identity('admin')
    const people = Array.from({ length: 20 }, () => portal.visitor(identity))
    await Promise.all(people.map(each => each.logIn(demo.administrator.password)))
    const live = await portal.deps.db.session.count({ where: { endedAt: null, kind: 'user', stage: 'open' } })
    expect(live).toBe(1)
    expect(people.filter(each => each.page.path === '/home')).toHaveLength(1)
  })
})

describe('sessions', () => {
  it('B-14 logout ends the row: the replayed cookie is worth nothing', async () => {
    await startAfresh(portal)
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
    await startAfresh(portal)
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
    await startAfresh(portal)
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
    await startAfresh(portal)
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
      // Whose session it was of is known, and that it was not theirs to send (F-02).
      expect(after.at(-1)).toMatchObject({
        reason: 'session.otherCertificate',
        actorKind: 'stranger',
        actorName: null,
        actorLoginId: demo.administrator.loginId,
        subjectLabel: demo.administrator.loginId,
      })
      // Sent again and again it fills nobody's history.
      await portal.visitor(identity).get(url, { headers: { cookie }, follow: false })
      expect(await entries('access.refused')).toHaveLength(before + 1)
    }
    expect((await admin.get('/home')).status).toBe(200)
    await admin.get('/history?operation=access.refused')
    expect(admin.page.text).toContain('ログインした方とは別の接続（使われたログインのID）')
    await admin.post('/logout')
    const after = await portal.visitor(await portal.identity('operator')).get(url, { headers: { cookie } })
    expect(after.status).toBe(401)
    expect((await entries('access.refused')).at(-1)).toMatchObject({
      reason: 'session.ended.logout',
      actorKind: 'stranger',
    })
  })

  it('C-15 the cookie works on its own host only', async () => {
    await startAfresh(portal)
    const admin = await portal.administrator()
    const elsewhere = new URL(admin.page.url)
    elsewhere.hostname = `0123456789abcdef0123.${portal.settings.certDomain}`
    const page = await admin.get(elsewhere.href, { headers: { cookie: admin.cookieHeader() }, follow: false })
    expect(page.status).toBe(403)
  })

  it('C-14 a certificate revoked in its row is refused at the next request of an open session', async () => {
    await startAfresh(portal)
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
    await startAfresh(portal)
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
