import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { PresetName } from '../../../../src/policy/policy.ts'
import { demoOf as demo } from '../../../support/factors.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { startAfresh, typeAtPortal } from '../../../support/ways-in.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal({ presets: ['rokin', 'sevenbank', 'prosrv', 'omakase'], generalUsers: true })
})
afterAll(() => portal.close())
beforeEach(() => startAfresh(portal))

const passwordLogin = (preset: PresetName, fields: Record<string, string>, visitor?: Visitor) =>
  typeAtPortal(portal, preset, fields, visitor)

const certificateLogin = async (file: string, preset: PresetName, fields: Record<string, string>) => {
  const visitor = portal.visitor(await portal.identity(file))
  await visitor.get(`${portal.settings.portalOrigin}/e/${preset}/login/certificate`)
  await visitor.post(`/e/${preset}/login`, fields)
  return visitor
}

const reasonsOf = async (operation: string) =>
  (await portal.deps.db.history.findMany({ where: { operation }, orderBy: { id: 'asc' } })).map(
    each => each.reason,
  )

describe('login ID and password on the portal', () => {
  it('B-00 opens the portal without a certificate, bound to the portal host', async () => {
    const { administrator } = demo('sevenbank')
    const someone = await passwordLogin('sevenbank', {
      loginId: administrator.loginId,
      password: administrator.password,
    })
    expect(someone.page.path).toBe('/home')
    expect(someone.page.text).toContain(administrator.name)
    expect(new URL(someone.page.url).origin).toBe(portal.settings.portalOrigin)
    const session = await portal.deps.db.session.findFirstOrThrow({ where: { endedAt: null } })
    expect(session).toMatchObject({
      fingerprint: null,
      certificateId: null,
      host: 'localhost',
      stage: 'open',
    })
  })

  it('I-06 reads the ID in full width with spaces around, and in any case where the case does not matter', async () => {
    const { administrator } = demo('sevenbank')
    const wide = [...administrator.loginId.toUpperCase()]
      .map(letter => String.fromCharCode(letter.charCodeAt(0) + 0xfee0))
      .join('')
    const someone = await passwordLogin('sevenbank', {
      loginId: `　${wide} `,
      password: administrator.password,
    })
    expect(someone.page.path).toBe('/home')
  })

  it('takes passwords as they come: nothing is trimmed, folded or cut', async () => {
    const { user } = demo('sevenbank')
    const wrong = [
      ` ${user.password}`,
      `${user.password} `,
      user.password.toUpperCase(),
      `${user.password}😀`,
      'x'.repeat(1_000),
    ]
    for (const password of wrong) {
      const someone = await passwordLogin('sevenbank', { loginId: user.loginId, password })
      expect(someone.page.status).toBe(422)
    }
    expect((await reasonsOf('login.failed')).slice(-wrong.length)).toEqual(wrong.map(() => 'login.wrong'))
  })

  it("an entrance knows its own companies' users only, and no entrance of certificates has the form", async () => {
    const { user } = demo('sevenbank')
    const someone = await passwordLogin('omakase', { loginId: user.loginId, password: user.password })
    expect(someone.page.status).toBe(422)
    expect((await reasonsOf('login.failed')).at(-1)).toBe('login.unknown')
    const page = await portal.visitor().get(`${portal.settings.portalOrigin}/e/rokin/login/password`)
    expect(page.status).toBe(404)
    expect(page.text).toContain('電子証明書でログインします')
  })

  it('B-13 asks before it ends another session, and B-14 logout ends the row', async () => {
    const { user } = demo('omakase')
    const fields = { loginId: user.loginId, password: user.password }
    const first = await passwordLogin('omakase', fields)
    const second = await passwordLogin('omakase', fields)
    expect(second.page.path).toBe('/login/takeover')
    await second.post('/login/takeover')
    expect(second.page.path).toBe('/home')
    expect((await first.get('/home')).status).toBe(401)
    const kept = second.cookieHeader()
    await second.post('/logout')
    expect(second.page.text).toContain('ログアウトが完了しました')
    const replayed = await second.get('/home', { headers: { cookie: kept }, follow: false })
    expect(replayed.status).toBe(401)
  })
})

describe('contract number, user ID and password', () => {
  const fields = (changed: Record<string, string> = {}) => {
    const { company, administrator } = demo('prosrv')
    return {
      contractNumber: company.contractNumber,
      loginId: administrator.loginId,
      password: administrator.password,
      ...changed,
    }
  }

  it('B-04 opens the portal, whatever other contract has the same user ID', async () => {
    const someone = await passwordLogin('prosrv', fields())
    expect(someone.page.path).toBe('/home')
    expect(someone.page.text).toContain('関所物産株式会社')
  })

  it('B-04 blank and wrong are two messages; 「OK」 closes it and keeps all but the password', async () => {
    const someone = await passwordLogin('prosrv', fields({ contractNumber: '', password: '' }))
    expect(someone.page.status).toBe(422)
    expect(someone.page.text).toContain('ご契約番号が入力されていません')
    expect(someone.page.text).toContain('パスワードが入力されていません')
    expect(someone.page.text).not.toContain('誤りがあります')
    await passwordLogin('prosrv', fields({ password: 'Machigai2026' }), someone)
    expect(someone.page.text).toContain('ご契約番号、ユーザIDまたはパスワードに誤りがあります')
    expect(someone.page.html).not.toContain('Machigai2026')
    expect(someone.page.text).toContain('OK')
    await someone.post('/e/prosrv/login/password', fields({ dismiss: '1', password: 'Machigai2026' }))
    expect(someone.page.status).toBe(200)
    expect(someone.page.text).not.toContain('誤りがあります')
    expect(someone.page.html).toContain(`value="${fields().contractNumber}"`)
    expect(someone.page.html).toContain(`value="${fields().loginId}"`)
    expect(someone.page.html).not.toContain('Machigai2026')
  })

  it('B-04 another contract number with the same user ID is refused', async () => {
    const someone = await passwordLogin('prosrv', fields({ contractNumber: '7001000000' }))
    expect(someone.page.status).toBe(422)
    expect((await reasonsOf('login.failed')).at(-1)).toBe('login.unknown')
  })
})

describe('certificate and ID', () => {
  it("B-02 the certificate's user must be the one typed, in the case of the ID", async () => {
    const { user, administrator } = demo('rokin')
    const right = { loginId: user.loginId, password: user.password }
    for (const loginId of [administrator.loginId, user.loginId.toLowerCase(), 'Nobody01']) {
      const someone = await certificateLogin('rokin-user', 'rokin', { ...right, loginId })
      expect(someone.page.status).toBe(422)
      expect(someone.page.text).toContain('IDまたはパスワードに誤りがあります')
    }
    expect((await reasonsOf('login.failed')).slice(-3)).toEqual(
      Array.from({ length: 3 }, () => 'login.otherId'),
    )
    const someone = await certificateLogin('rokin-user', 'rokin', right)
    expect(someone.page.path).toBe('/home')
  })

  it("[P] a user code behind the company's certificate, be it another user's", async () => {
    const { user } = demo('prosrv')
    const fields = { loginId: user.loginId, password: user.password }
    const someone = await certificateLogin('prosrv-admin', 'prosrv', fields)
    expect(someone.page.path).toBe('/home')
    expect(someone.page.text).toContain(user.name)
    expect(new URL(someone.page.url).hostname).toMatch(/cert\.localhost$/)
    const session = await portal.deps.db.session.findFirstOrThrow({ where: { endedAt: null } })
    expect(session.fingerprint).not.toBeNull()
  })

  it('the page behind a shared certificate names the company, not a user', async () => {
    const visitor = portal.visitor(await portal.identity('prosrv-admin'))
    await visitor.get(`${portal.settings.portalOrigin}/e/prosrv/login/certificate`)
    expect(visitor.page.text).toContain('関所物産株式会社')
    expect(visitor.page.text).not.toContain(demo('prosrv').administrator.name)
  })
})

describe('the way back', () => {
  it('B-12 a login leads on to the page that was asked for, after a timeout too', async () => {
    const { administrator } = demo('sevenbank')
    const visitor = portal.visitor()
    await visitor.get(`${portal.settings.portalOrigin}/users?sort=name`)
    expect(visitor.page.path).toBe('/')
    const login = `/e/sevenbank/login/password?next=${encodeURIComponent('/users?sort=name')}`
    await visitor.get(login)
    const next = /name="next" value="([^"]+)"/.exec(visitor.page.html)?.[1] ?? ''
    const fields = { loginId: administrator.loginId, password: administrator.password, next }
    await visitor.post('/e/sevenbank/login/password', { ...fields, password: 'Machigai1' })
    expect(visitor.page.html).toContain('name="next" value="/users?sort=name"')
    await visitor.post('/e/sevenbank/login/password', fields)
    expect(visitor.page.path).toBe('/users')
    portal.clock.move(31 * 60)
    const ended = await visitor.get('/users/new')
    expect(ended.status).toBe(401)
    expect(ended.html).toContain('/e/sevenbank?next=%2Fusers%2Fnew')
  })

  it.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/%09/evil',
    'javascript:alert(1)',
    '/a b',
    '///evil.example',
    '/.//evil.example',
    '/authorization/../..//evil.example',
    '/\t/evil.example',
    '/home\r\nlocation: https://evil.example',
    '/%0d%0alocation:%20https://evil.example',
    '/%2f%2fevil.example',
    '/%5cevil.example',
  ])('B-12 %j is no way back', async next => {
    const { user } = demo('omakase')
    const someone = await passwordLogin('omakase', { loginId: user.loginId, password: user.password, next })
    expect(new URL(someone.page.url).host).toBe(new URL(portal.settings.portalOrigin).host)
  })
})

describe('bad input', () => {
  it.each(['abc\u0000def', '\u0000'])('a NUL in %j is refused with words', async loginId => {
    const visitor = await passwordLogin('omakase', { loginId, password: 'Machigai1' })
    expect(visitor.page.status).toBe(400)
    expect(visitor.page.text).toContain('使用できない文字')
  })
})
