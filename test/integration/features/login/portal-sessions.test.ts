import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { PolicyOverrides, PresetName } from '../../../../src/policy/policy.ts'
import { sql } from '../../../support/database.ts'
import { demoOf as demo, overridePolicy, userOf } from '../../../support/factors.ts'
import { meanwhile } from '../../../support/meanwhile.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { startAfresh, typeAtPortal } from '../../../support/ways-in.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal({ presets: ['sevenbank', 'omakase'], generalUsers: true })
})
afterAll(() => portal.close())
beforeEach(() => startAfresh(portal))

const passwordLogin = (preset: PresetName, fields: Record<string, string>, visitor?: Visitor) =>
  typeAtPortal(portal, preset, fields, visitor)

describe('login history', () => {
  it('B-20 shows when, from where and the failures; 「すべての接続からログアウト」 ends every session', async () => {
    const { user } = demo('omakase')
    await passwordLogin('omakase', { loginId: user.loginId, password: 'Machigai1' })
    const someone = await passwordLogin('omakase', { loginId: user.loginId, password: user.password })
    await someone.get('/login-history')
    expect(someone.page.text).toContain('ログイン履歴')
    expect(someone.page.text).toContain('ログインの失敗')
    expect(someone.page.text).toContain('127.0.0.1')
    const { url } = someone.page
    const kept = someone.cookieHeader()
    await someone.post('/login-history/logout-everywhere')
    expect(someone.page.text).toContain('ログアウトが完了しました')
    const replayed = await someone.get(url, { headers: { cookie: kept }, follow: false })
    expect(replayed.status).toBe(401)
  })

  it("B-20 nobody sees another's", async () => {
    const { user } = demo('omakase')
    await passwordLogin('omakase', { loginId: user.loginId, password: 'Machigai1' })
    const other = await passwordLogin('omakase', {
      loginId: demo('omakase').administrator.loginId,
      password: demo('omakase').administrator.password,
    })
    await other.get('/login-history')
    expect(other.page.text).not.toContain('ログインの失敗')
  })
})

describe('sessions on the portal', () => {
  it('B-00 what is typed at an entrance goes to it, whoever is logged in at another one in this browser', async () => {
    const { user } = demo('omakase')
    const visitor = await passwordLogin('omakase', { loginId: user.loginId, password: user.password })
    expect(visitor.page.path).toBe('/home')
    await visitor.get('/e/sevenbank/login/password')
    expect(visitor.page.html).toContain('action="/e/sevenbank/login/password"')
    expect(visitor.page.html).not.toContain('/e/omakase')
  })

  it('a session gets a new token at the login and at each step of it: the cookie before is worth nothing', async () => {
    const { user } = demo('omakase')
    const fields = { loginId: user.loginId, password: user.password }
    await passwordLogin('omakase', fields)
    const second = await passwordLogin('omakase', fields)
    expect(second.page.path).toBe('/login/takeover')
    const before = second.cookieHeader()
    await second.post('/login/takeover')
    expect(second.page.path).toBe('/home')
    const { url } = second.page
    expect(second.cookieHeader()).not.toBe(before)
    const stale = await second.get(url, { headers: { cookie: before }, follow: false })
    expect(stale.status).toBe(303)
    expect((await second.get('/home')).status).toBe(200)
  })

  it('a right taken away is gone at the next request of an open session, and so is a suspended user', async () => {
    const { administrator } = demo('sevenbank')
    const admin = await passwordLogin('sevenbank', {
      loginId: administrator.loginId,
      password: administrator.password,
    })
    expect((await admin.get('/users')).status).toBe(200)
    const where = `login_id = '${administrator.loginId}' AND login_id_scope = 'bank'`
    try {
      await sql(portal.database.ownerUrl, `UPDATE "user" SET role = 'user' WHERE ${where}`)
      expect((await admin.get('/users')).status).toBe(403)
      await sql(portal.database.ownerUrl, `UPDATE "user" SET service_state = 'suspended' WHERE ${where}`)
      expect((await admin.get('/home')).status).toBe(401)
    } finally {
      await sql(
        portal.database.ownerUrl,
        `UPDATE "user" SET role = 'administrator', service_state = 'available' WHERE ${where}`,
      )
    }
  })
})

describe('A-02 a policy that changes while somebody logs in', () => {
  const { company } = demo('omakase')
  const { loginId, password } = demo('omakase').user
  const enter = (visitor?: Visitor) => passwordLogin('omakase', { loginId, password }, visitor)
  const ofCompany = `contract_number = '${company.contractNumber}'`

  /** What the bank's change of the policy writes. */
  const nextVersion = (overrides: PolicyOverrides) => [
    `INSERT INTO company_policy (company_id, version, preset, overrides, created_at)
     SELECT id, policy_version + 1, 'omakase', '${JSON.stringify(overrides)}', now() FROM company WHERE ${ofCompany}`,
    `UPDATE company SET policy_version = policy_version + 1 WHERE ${ofCompany}`,
  ]

  /** Runs statements once the next password has been compared, before its login goes on. */
  const afterComparing = async (statements: string[], work: () => Promise<unknown>) => {
    const { hasher } = portal.deps
    portal.deps.hasher = {
      ...hasher,
      withPlace: (lane, compare) =>
        hasher.withPlace(lane, async place => {
          const answer = await compare(place)
          await sql(portal.database.ownerUrl, ...statements.splice(0))
          return answer
        }),
    }
    try {
      await work()
    } finally {
      portal.deps.hasher = hasher
    }
  }

  afterEach(() => overridePolicy(portal, 'omakase', {}))

  it('after the password: the step that it adds is asked for', async () => {
    const someone = portal.visitor()
    await afterComparing(nextVersion({ login: { secondFactor: 'sms' } }), () => enter(someone))
    expect(someone.page.path).toBe('/login/second-factor')
    expect(await portal.deps.db.session.count({ where: { endedAt: null, stage: 'open' } })).toBe(0)
  })

  it('after the password: by a way in that is no more nobody comes in, and is told to begin again', async () => {
    const someone = portal.visitor()
    const ways = [{ certificate: 'names-user', asks: 'nothing' }] as const
    await afterComparing(nextVersion({ login: { ways } }), () => enter(someone))
    expect(someone.page.status).toBe(422)
    expect(someone.page.text).toContain('はじめからログインしてください')
    expect(await portal.deps.db.session.count({ where: { endedAt: null } })).toBe(0)
    const [failed] = await portal.deps.db.history.findMany({ orderBy: { id: 'desc' }, take: 1 })
    expect(failed).toMatchObject({ operation: 'login.failed', reason: 'login.policyChanged' })
  })

  it('at 「再ログイン」: what it asks for comes before the portal opens', async () => {
    await enter()
    const second = await enter()
    expect(second.page.path).toBe('/login/takeover')
    const { companyId } = await userOf(portal, 'omakase', 'user')
    await meanwhile(
      portal,
      { companyId },
      () => second.post('/login/takeover'),
      ...nextVersion({ confirmation: 'password' }),
    )
    expect(second.page.path).toBe('/confirmation-password')
  })

  it('at 「再ログイン」: a login that it would not have let in ends, and says so', async () => {
    await enter()
    const second = await enter()
    const { id, companyId } = await userOf(portal, 'omakase', 'user')
    await meanwhile(
      portal,
      { companyId },
      () => second.post('/login/takeover'),
      ...nextVersion({ login: { secondFactor: 'sms' } }),
      `UPDATE session SET ended_at = now(), end_reason = 'policy' WHERE user_id = '${id}' AND ended_at IS NULL`,
    )
    expect(second.page.status).toBe(401)
    expect(second.page.text).toContain('セキュリティポリシーが変更されたため')
  })
})
