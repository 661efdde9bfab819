import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { removeExpiredBrowsers } from '../../../../src/features/browsers/index.ts'
import type { PresetName } from '../../../../src/policy/policy.ts'
import { sql } from '../../../support/database.ts'
import { demoOf as demo, overridePolicy, userOf } from '../../../support/factors.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { ownerOf, type Role, startAfresh, typeAtPortal } from '../../../support/ways-in.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal({ presets: ['shoko', 'sevenbank', 'omakase'], generalUsers: true })
})
afterAll(() => portal.close())
beforeEach(() => startAfresh(portal))

const cookieName = '__Host-sekisho-browser'
const jarOf = (visitor: Visitor) => {
  const jar = visitor.cookies.get('localhost') ?? new Map<string, string>()
  visitor.cookies.set('localhost', jar)
  return jar
}
const cookieOf = (visitor: Visitor) => jarOf(visitor).get(cookieName) ?? ''

/** A browser with somebody's cookie and nothing else of theirs. */
const withCookie = (cookie: string) => {
  const visitor = portal.visitor()
  jarOf(visitor).set(cookieName, cookie)
  return visitor
}

const fieldsOf = (preset: PresetName, role: Role = 'user') => {
  const { loginId, password } = demo(preset)[role]
  return { loginId, password }
}
const type = (preset: PresetName, password: string, visitor = portal.visitor(), role: Role = 'user') =>
  typeAtPortal(portal, preset, { ...fieldsOf(preset, role), password }, visitor)
const logIn = (preset: PresetName, visitor?: Visitor, role: Role = 'user') =>
  type(preset, fieldsOf(preset, role).password, visitor, role)
const isIn = ({ page }: Visitor) => page.status === 200 && !page.path.includes('/login')

const countsOf = async (preset: PresetName, role: Role = 'user') => {
  const { id } = await userOf(portal, preset, role)
  const { failures, strangerFailures, lockedAt } = await portal.deps.db.credential.findUniqueOrThrow({
    where: { userId_kind: { userId: id, kind: 'login_password' } },
  })
  return { failures, strangerFailures, locked: lockedAt !== null }
}
const known = async (preset: PresetName, role: Role = 'user') =>
  portal.deps.db.knownBrowser.findMany({
    where: { userId: (await userOf(portal, preset, role)).id },
    orderBy: { lastUsedAt: 'asc' },
  })

/** So many strangers' guesses at sevenbank's user, the waits after them over: the next wait is one of fifteen minutes. */
const guessedSoFar = async (strangerFailures: number) =>
  portal.deps.db.credential.updateMany({
    where: { userId: (await userOf(portal, 'sevenbank', 'user')).id, kind: 'login_password' },
    data: { strangerFailures, strangerRetryAfter: null },
  })

describe('B-07 wrong passwords from a browser that the account does not know', () => {
  it('lock nobody: the owner’s browser gets in at once, another one after the wait', async () => {
    const owner = await ownerOf(portal, 'sevenbank', 'user')
    const stranger = portal.visitor()
    for (let n = 0; n < 4; n++) await type('sevenbank', `Machigai${n}`, stranger)
    expect(await countsOf('sevenbank')).toEqual({ failures: 0, strangerFailures: 4, locked: false })
    await guessedSoFar(20)
    for (let n = 0; n < 8; n++) await type('sevenbank', `Machigai${n}`, stranger)
    // Within the wait of the first one nothing is compared.
    expect(await countsOf('sevenbank')).toEqual({ failures: 0, strangerFailures: 21, locked: false })
    expect(isIn(await logIn('sevenbank'))).toBe(false)
    portal.clock.move(16 * 60)
    try {
      expect(isIn(await logIn('sevenbank'))).toBe(true)
      expect(await countsOf('sevenbank')).toMatchObject({ strangerFailures: 0 })
      await owner.enter()
      expect(owner.visitor.page.path).toBe('/login/takeover')
    } finally {
      portal.clock.move(-16 * 60)
    }
  })

  it('guessed all at once, are one before the next wait', async () => {
    await ownerOf(portal, 'sevenbank', 'user')
    await guessedSoFar(20)
    const strangers = Array.from({ length: 20 }, () => portal.visitor())
    await Promise.all(strangers.map((each, n) => type('sevenbank', `Machigai${n}`, each)))
    expect(await countsOf('sevenbank')).toEqual({ failures: 0, strangerFailures: 21, locked: false })
  })

  it.each([
    ['sevenbank', 30 * 86_400, false],
    ['omakase', 30 * 60 + 1, true],
  ] as const)(
    'after a hundred in a row at %s, close its pages for as long as a lock would last',
    async (preset, later, open) => {
      const owner = await ownerOf(portal, preset, 'user')
      await sql(
        portal.database.ownerUrl,
        `UPDATE credential SET stranger_failures = 99 WHERE user_id = '${(await userOf(portal, preset, 'user')).id}'`,
      )
      await type(preset, 'Machigai1')
      expect(await countsOf(preset)).toMatchObject({ strangerFailures: 100, locked: false })
      portal.clock.move(later)
      try {
        expect(isIn(await logIn(preset))).toBe(open)
        if (!open) {
          await owner.enter()
          expect(isIn(owner.visitor)).toBe(true)
        }
        // The owner's success begins the count anew.
        expect(await countsOf(preset)).toMatchObject({ strangerFailures: 0 })
      } finally {
        portal.clock.move(-later)
      }
    },
  )

  it('use up no try of the owner’s rate', async () => {
    const owner = await ownerOf(portal, 'omakase', 'user')
    await sql(portal.database.ownerUrl, `UPDATE rate_window SET count = 60 WHERE key LIKE 'login-account:%'`)
    const stranger = await type('omakase', 'Machigai1')
    const windows = await portal.deps.db.rateWindow.findMany({ where: { count: { gte: 60 } } })
    expect(windows.length).toBeGreaterThan(0)
    await portal.deps.db.rateWindow.updateMany({
      data: { count: 60 },
      where: { key: { startsWith: 'login-account:' } },
    })
    await type('omakase', 'Machigai2', stranger)
    expect(stranger.page.status).toBe(429)
    await portal.deps.db.rateWindow.deleteMany({ where: { key: { in: windows.map(each => each.key) } } })
    await owner.enter()
    expect(isIn(owner.visitor)).toBe(true)
  })
})

describe('B-07 which browser an account knows', () => {
  it('the one of a complete login, by a cookie that no script reads and whose hash alone is stored', async () => {
    const visitor = await portal.visitor()
    await visitor.get(`${portal.settings.portalOrigin}/e/sevenbank/login/password`)
    await visitor.post('/e/sevenbank/login/password', fieldsOf('sevenbank'), { follow: false })
    const line = [visitor.page.headers['set-cookie'] ?? []].flat().find(each => each.startsWith(cookieName))
    for (const attribute of [
      /; HttpOnly/,
      /; Secure/,
      /; SameSite=Strict/,
      /; Path=\//,
      /; Max-Age=15552000/,
    ])
      expect(line).toMatch(attribute)
    expect(line).not.toMatch(/domain/i)
    const [row] = await known('sevenbank')
    const hash = createHash('sha256').update(cookieOf(visitor)).digest()
    expect(Buffer.from(row?.tokenHash ?? []).equals(hash)).toBe(true)
    await type('sevenbank', 'Machigai1', visitor)
    expect(await countsOf('sevenbank')).toMatchObject({ failures: 1, strangerFailures: 0 })
  })

  it('not one that stopped half-way: at 「再ログイン」 or before the second factor', async () => {
    await logIn('sevenbank')
    const second = await logIn('sevenbank')
    expect(second.page.path).toBe('/login/takeover')
    expect(cookieOf(second)).toBe('')
    await second.post('/login/takeover')
    expect(cookieOf(second)).not.toBe('')
    await overridePolicy(portal, 'omakase', { login: { secondFactor: 'sms' } })
    try {
      const half = await logIn('omakase')
      expect(half.page.path).toBe('/login/second-factor')
      expect(cookieOf(half)).toBe('')
      expect(await known('omakase')).toEqual([])
    } finally {
      await overridePolicy(portal, 'omakase', {})
    }
  })

  it('gets another token at each login: a copy of the cookie before is a stranger’s', async () => {
    const { visitor } = await ownerOf(portal, 'sevenbank', 'user')
    const copied = cookieOf(visitor)
    await logIn('sevenbank', visitor)
    expect(cookieOf(visitor)).not.toBe(copied)
    expect(await known('sevenbank')).toHaveLength(1)
    await type('sevenbank', 'Machigai1', withCookie(copied))
    expect(await countsOf('sevenbank')).toMatchObject({ failures: 0, strangerFailures: 1 })
    await type('sevenbank', 'Machigai1', withCookie(cookieOf(visitor)))
    expect(await countsOf('sevenbank')).toMatchObject({ failures: 1, strangerFailures: 1 })
  })

  it('opens nothing by its cookie alone', async () => {
    const { visitor } = await ownerOf(portal, 'sevenbank', 'user')
    const thief = withCookie(cookieOf(visitor))
    const page = await thief.get(`${portal.settings.portalOrigin}/home`, { follow: false })
    expect(page.status).toBe(303)
  })

  it('is another’s to every other account, and nobody’s once it is forged, garbled or out of time', async () => {
    const other = await ownerOf(portal, 'sevenbank', 'administrator')
    const forged = ['A'.repeat(43), '', '.', `${'x'.repeat(43)}.`.repeat(90), '%00', '../..']
    for (const cookie of [cookieOf(other.visitor), ...forged]) {
      await startAfresh(portal)
      const answer = await type('sevenbank', 'Machigai1', withCookie(cookie))
      expect([cookie.slice(0, 50), answer.page.status]).toEqual([cookie.slice(0, 50), 422])
      expect(await countsOf('sevenbank')).toMatchObject({ failures: 0, strangerFailures: 1 })
    }
    const { visitor } = await ownerOf(portal, 'sevenbank', 'user')
    expect(await removeExpiredBrowsers(portal.deps)).toBe(0)
    portal.clock.move(180 * 86_400)
    try {
      await type('sevenbank', 'Machigai1', visitor)
      expect(await countsOf('sevenbank')).toMatchObject({ failures: 0, strangerFailures: 1 })
      expect(await removeExpiredBrowsers(portal.deps)).toBe(1)
    } finally {
      portal.clock.move(-180 * 86_400)
    }
  })

  it('may be shared: each of its people is known, whichever entrance they use', async () => {
    const shared = portal.visitor()
    await logIn('sevenbank', shared)
    await shared.post('/logout')
    await logIn('omakase', shared)
    await shared.post('/logout')
    await logIn('sevenbank', shared)
    await shared.post('/logout')
    expect(cookieOf(shared).split('.')).toHaveLength(2)
    for (const preset of ['sevenbank', 'omakase'] as const) {
      await type(preset, 'Machigai1', shared)
      expect(await countsOf(preset)).toMatchObject({ failures: 1, strangerFailures: 0 })
    }
  })

  it('is one of ten, the longest unused is forgotten', async () => {
    const first = await ownerOf(portal, 'sevenbank', 'user')
    for (let n = 0; n < 10; n++) {
      portal.clock.move(1)
      await ownerOf(portal, 'sevenbank', 'user')
    }
    expect(await known('sevenbank')).toHaveLength(10)
    await type('sevenbank', 'Machigai1', first.visitor)
    expect(await countsOf('sevenbank')).toMatchObject({ failures: 0, strangerFailures: 1 })
    portal.clock.move(-10)
  })

  it('B-20 is forgotten with the others by 「すべての接続からログアウト」', async () => {
    await ownerOf(portal, 'omakase', 'user')
    const here = await logIn('omakase')
    expect(await known('omakase')).toHaveLength(2)
    await here.get('/login-history')
    expect(here.page.text).toContain('ログインしたことのあるブラウザの記録も消去します')
    await here.post('/login-history/logout-everywhere')
    expect(await known('omakase')).toEqual([])
    await type('omakase', 'Machigai1', here)
    expect(await countsOf('omakase')).toMatchObject({ failures: 0, strangerFailures: 1 })
  })

  it('stays the only one by the user’s own change of the password', async () => {
    const elsewhere = await ownerOf(portal, 'omakase', 'user')
    const here = await logIn('omakase')
    expect(await known('omakase')).toHaveLength(2)
    const { password } = fieldsOf('omakase')
    await here.get('/password')
    const next = 'Atarashii2026'
    await here.post('/password', { current: password, next, nextAgain: next })
    expect(here.page.text).toContain('パスワードを変更しました')
    expect(await known('omakase')).toHaveLength(1)
    await here.post('/logout')
    await type('omakase', 'Machigai1', elsewhere.visitor)
    expect(await countsOf('omakase')).toMatchObject({ failures: 0, strangerFailures: 1 })
    await type('omakase', 'Machigai1', here)
    expect(await countsOf('omakase')).toMatchObject({ failures: 1, strangerFailures: 1 })
  })

  it('is none behind a certificate, where every login has a host of its own', async () => {
    const admin = await portal.administrator()
    expect([...admin.cookies.values()].some(jar => jar.has(cookieName))).toBe(false)
    expect(await portal.deps.db.knownBrowser.count()).toBe(0)
  })
})
