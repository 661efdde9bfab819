import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listUsers, type NewUser, registerUser } from '../../../../src/features/users/index.ts'
import type { UserActor } from '../../../../src/kernel/actor.ts'
import { yen } from '../../../../src/kernel/money.ts'
import { sql } from '../../../support/database.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'

let portal: Portal
let actor: UserActor

beforeAll(async () => {
  portal = await openPortal()
  const administrator = await portal.deps.db.user.findFirstOrThrow({ where: { role: 'administrator' } })
  const { id, companyId, loginId, name } = administrator
  actor = {
    kind: 'user',
    id,
    companyId,
    loginId,
    name,
    role: 'administrator',
    permissions: new Set(),
    origin: {},
  }
})
afterAll(() => portal.close())

const newUser = (loginId: string, changed: Partial<NewUser> = {}): NewUser => ({
  loginId,
  name: '山田　花子',
  email: 'hanako@example.co.jp',
  role: 'user',
  loginPasswordHash: '$argon2id$unused',
  forceChange: true,
  permissions: ['transfer.request_new'],
  accounts: [],
  limits: new Map([['transfer', yen(1)]]),
  ...changed,
})

const register = (user: NewUser, by = actor) => registerUser(portal.deps, by, user)
const stored = (loginId: string) =>
  portal.deps.db.user.count({ where: { loginIdKey: loginId.toLowerCase() } })

describe('registerUser', () => {
  it('D-03 of six registrations of one login ID at once, in either case, one is stored', async () => {
    const done = await Promise.all(
      Array.from({ length: 6 }, (_, i) => register(newUser(i % 2 === 0 ? 'heikou01' : 'HEIKOU01'))),
    )
    expect(done.filter(({ ok }) => ok)).toHaveLength(1)
    expect(done.filter(each => !each.ok && each.reason === 'user.loginId.taken')).toHaveLength(5)
    expect(await stored('heikou01')).toBe(1)
  })

  it.each([
    ['an uncontracted or unknown permission', { permissions: ['nothing.at_all'] }, 'permission.forged'],
    ['a permission for administrators only', { permissions: ['fx.restrict_users'] }, 'permission.forged'],
    [
      'an account that is not the company’s',
      { accounts: ['00000000-0000-7000-8000-000000000001'] },
      'account.notFound',
    ],
    ['a missing limit', { limits: new Map() }, 'user.limit.blank'],
  ] as const)('D-11 refuses %s and stores nothing', async (_what, changed, reason) => {
    const done = await register(newUser('kobamu01', changed))
    expect(done).toMatchObject({ ok: false, reason })
    expect(await stored('kobamu01')).toBe(0)
  })

  it('D-04 an administrator may hold what only administrators may', async () => {
    const done = await register(
      newUser('kanri01', { role: 'administrator', permissions: ['fx.restrict_users'] }),
    )
    expect(done.ok).toBe(true)
  })

  it('D-11 registers no first requester whom nobody could approve, whoever calls it', async () => {
    const { db } = portal.deps
    const service = { companyId: actor.companyId, serviceCode: 'transfer' }
    await db.userPermission.deleteMany({ where: service })
    await db.companyService.updateMany({ where: service, data: { approval: 'single' } })
    try {
      expect(await register(newUser('shounin01'))).toMatchObject({
        ok: false,
        reason: 'approval.tooFew.transfer.one',
      })
      expect(await stored('shounin01')).toBe(0)
    } finally {
      await db.companyService.updateMany({ where: service, data: { approval: 'none' } })
    }
  })

  it('D-11 asks the row for the actor’s right, not the page', async () => {
    const { db } = portal.deps
    await db.user.update({ where: { id: actor.id }, data: { role: 'user' } })
    try {
      expect(await register(newUser('kengen01'))).toEqual({ ok: false, reason: 'access.forbidden' })
      expect(await stored('kengen01')).toBe(0)
    } finally {
      await db.user.update({ where: { id: actor.id }, data: { role: 'administrator' } })
    }
  })
})

describe('listUsers', () => {
  const list = (text: string, by: 'login-id' | 'name' | 'last-login' = 'login-id', page = 1) =>
    listUsers(portal.deps, actor, { text, sort: { by, direction: 'ascending' }, page })

  it('D-01 finds login IDs in either case and width, and names in either width', async () => {
    await register(newUser('Sagasu_x'.replace('_', '9'), { name: 'ヤマダ　カナ' }))
    for (const text of ['sagasu9x', 'ＳＡＧＡＳＵ９', 'ﾔﾏﾀﾞ', 'ヤマダ　カナ'])
      expect((await list(text)).users.map(({ loginId }) => loginId)).toEqual(['Sagasu9x'])
  })

  it('D-01 takes wildcards for what they are', async () => {
    for (const text of ['%', '_', '\\']) expect((await list(text)).total).toBe(0)
  })

  it('D-01 pages by twenty, in the order asked for, and shows the last page past the end', async () => {
    for (let i = 0; i < 25; i++)
      await register(newUser(`page${String(i).padStart(2, '0')}`, { permissions: [], limits: new Map() }))
    const first = await list('page')
    expect(first).toMatchObject({ total: 25, page: 1 })
    expect(first.users.map(({ loginId }) => loginId).slice(0, 2)).toEqual(['page00', 'page01'])
    const beyond = await list('page', 'name', 99)
    expect(beyond.page).toBe(2)
    expect(beyond.users).toHaveLength(5)
  })

  it('D-01 shows lock, certificate and mail state at a glance', async () => {
    const done = await register(newUser('joutai01'))
    if (!done.ok) throw new Error(done.reason)
    await sql(
      portal.database.ownerUrl,
      `UPDATE credential SET locked_at = now(), failures = 3 WHERE user_id = '${done.value.userId}'`,
      `UPDATE "user" SET email_state = 'undeliverable' WHERE id = '${done.value.userId}'`,
    )
    expect((await list('joutai01')).users).toMatchObject([
      {
        locked: true,
        certificate: { standing: 'none' },
        emailState: 'undeliverable',
        serviceState: 'available',
      },
    ])
  })

  it('D-09 leaves deleted users out', async () => {
    await register(newUser('kieta01'))
    await portal.deps.db.user.updateMany({ where: { loginId: 'kieta01' }, data: { serviceState: 'deleted' } })
    expect((await list('kieta01')).total).toBe(0)
  })
})

describe('利用者一覧 and 利用者照会', () => {
  it('D-01 list, search that finds nothing, and one user’s whole record', async () => {
    const done = await register(newUser('shoukai01', { name: '𠮷田　髙子' }))
    if (!done.ok) throw new Error(done.reason)
    const admin = await portal.administrator()
    await admin.get('/administration')
    expect(admin.page.text).toContain('業務選択')
    await admin.get('/users?q=shoukai01&sort=last-login&order=descending')
    expect(admin.page.text).toContain('𠮷田　髙子')
    expect(admin.page.html).toContain('aria-sort="descending"')
    expect(admin.page.text).toContain('新規登録')
    for (const button of ['照会', '変更', '削除']) expect(admin.page.text).toContain(button)
    await admin.get('/users?q=daremo-inai')
    expect(admin.page.text).toContain('該当する利用者はいません')
    await admin.get(`/users?q=${'x'.repeat(101)}`)
    expect(admin.page.status).toBe(422)
    expect(admin.page.text).toContain('検索する文字が長すぎます。100文字以内で')
    expect(admin.page.html).not.toContain('<tbody')
    expect((await admin.get(`/users?q=${'x'.repeat(100)}`)).status).toBe(200)
    expect((await admin.get('/users?page=-1&sort=%00&order=x&q=a')).status).toBeLessThan(500)
    await admin.get(`/users/${done.value.userId}`)
    expect(admin.page.status).toBe(200)
    for (const shown of [
      '𠮷田　髙子',
      'hanako@example.co.jp',
      '未発行',
      '未確認',
      '利用可能',
      '依頼（新規口座指定）',
      '1円',
    ])
      expect(admin.page.text).toContain(shown)
    await admin.get(`/users/${done.value.userId}?lang=en`)
    expect(admin.page.text).toContain('Not issued')
  })

  it('D-01 a user without the administrator right is refused on every page', async () => {
    const someone = portal.visitor(await portal.identity('admin'))
    await someone.logIn(demo.administrator.password)
    await someone.post('/login/takeover')
    expect(someone.page.path).toBe('/home')
    await portal.deps.db.user.update({ where: { id: actor.id }, data: { role: 'user' } })
    try {
      for (const path of [
        '/administration',
        '/users',
        '/users/new',
        `/users/${actor.id}`,
        `/users/new/${actor.id}/basic`,
      ])
        expect((await someone.get(path)).status).toBe(403)
      expect((await someone.post('/users/new')).status).toBe(403)
    } finally {
      await portal.deps.db.user.update({ where: { id: actor.id }, data: { role: 'administrator' } })
    }
  })
})
