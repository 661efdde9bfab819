import { afterAll, beforeAll, expect, it } from 'vitest'
import { askedLinksSent } from '../../../support/codes.ts'
import { sql } from '../../../support/database.ts'
import { logInAsStaff, newOfficer } from '../../../support/officers.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal({ presets: ['shoko', 'sevenbank', 'rokin', 'prosrv'], generalUsers: false })
})
afterAll(() => portal.close())

const tooLong = 'x'.repeat(1_025)
const said = '1,024文字以内で入力してください'

it('I-06 calls a password that is too long too long, not blank, at every login', async () => {
  const admin = portal.visitor(await portal.identity('admin'))
  await admin.logIn(tooLong)
  expect(admin.page.text).toContain(said)
  expect(admin.page.text).not.toContain('パスワードが入力されていません')

  const { visitor: officer } = await newOfficer(portal, 'operator', 'longwinded')
  await logInAsStaff(portal, officer, tooLong)
  expect(officer.page.text).toContain(said)

  const someone = portal.visitor()
  await someone.get('/e/sevenbank/login/password')
  await someone.post('/e/sevenbank/login/password', { loginId: tooLong, password: 'x' })
  expect(someone.page.text).toContain(said)
  expect(someone.page.text).not.toContain('IDが入力されていません')

  await someone.get(`${portal.settings.portalOrigin}/enrolment`)
  await someone.post('/enrolment', { loginId: 'a', password: 'b', acquisitionPassword: tooLong })
  expect(someone.page.text).toContain(said)
  // None of them was a try.
  expect(await portal.deps.db.credential.count({ where: { failures: { gt: 0 } } })).toBe(0)
  expect(await portal.deps.db.history.count({ where: { outcome: 'refused' } })).toBe(0)
})

it('I-06 and so at the change of a password', async () => {
  const admin = await portal.administrator()
  await admin.get('/password')
  await admin.post('/password', { current: tooLong, next: 'Atarashii1', nextAgain: 'Atarashii1' })
  expect(admin.page.status).toBe(422)
  expect(admin.page.text).toContain(said)
  expect((await admin.get('/home')).text).toContain(demo.administrator.loginId)
})

it('I-06, B-15, B-16 and so before the login, and nothing counts as a try', async () => {
  const someone = portal.visitor()
  const { portalOrigin } = portal.settings
  await someone.get(`${portalOrigin}/e/rokin/registration/user`)
  await someone.post('/e/rokin/registration/user', { loginId: 'Ippan001', password: tooLong })
  expect(someone.page.text).toContain(said)
  expect(someone.page.text).not.toContain('パスワードが入力されていません')
  expect(await portal.deps.db.history.count({ where: { operation: 'registration.failed' } })).toBe(0)

  const link = `${portalOrigin}/e/prosrv/password-reset/x`
  await someone.get(link)
  const named = { contractNumber: '1', loginId: 'x' }
  await someone.post(new URL(link).pathname, { ...named, password: tooLong, passwordAgain: tooLong })
  expect(someone.page.status).toBe(422)
  expect(someone.page.text).toContain(said)
  expect(someone.page.text).not.toContain('入力されていません')
  await someone.post(new URL(link).pathname, { ...named, password: 'Nagai2026', passwordAgain: tooLong })
  expect(someone.page.text).toContain('一致')
  expect(await portal.deps.db.history.count({ where: { operation: 'password-reset.refused' } })).toBe(0)
})

it('F-02 keeps nowhere what was typed for an ID and names nobody: it may be a password', async () => {
  const typed = 'HontouNoHimitsu2026'
  const { portalOrigin } = portal.settings
  const password = 'Sekisho2026'
  for (const [path, fields] of [
    ['/e/sevenbank/login/password', { password }],
    ['/e/prosrv/login/password', { contractNumber: '5001000000', password }],
    ['/enrolment', { password, acquisitionPassword: 'abc' }],
    ['/e/rokin/registration/user', { password }],
    ['/e/rokin/registration/master', { password }],
    ['/e/rokin/certificate-issue', { password }],
    ['/e/prosrv/forgotten-password', { contractNumber: '5001000000' }],
    [
      '/e/prosrv/password-reset/x',
      { contractNumber: '5001000000', password: 'Nagai2026', passwordAgain: 'Nagai2026' },
    ],
  ] as const) {
    const someone = portal.visitor()
    await someone.get(portalOrigin + path)
    await someone.post(path, { loginId: typed, ...fields })
    expect([path, someone.page.status]).toEqual([path, path.endsWith('forgotten-password') ? 200 : 422])
  }
  const atTheSite = portal.visitor(await portal.identity('prosrv-admin'))
  await atTheSite.get(`${portalOrigin}/e/prosrv/login/certificate`)
  await atTheSite.post(atTheSite.page.path, { loginId: typed, password })
  expect(atTheSite.page.status).toBe(422)
  await askedLinksSent(portal)

  const tables = await sql<{ name: string }>(
    portal.database.ownerUrl,
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('public', 'pgboss')`,
  )
  for (const { name } of tables)
    expect(
      await sql(portal.database.ownerUrl, `SELECT 1 FROM ${name} AS t WHERE t::text ILIKE '%${typed}%'`),
      name,
    ).toEqual([])
  // That somebody tried, and how, is there for the helpdesk all the same.
  const tries = await portal.deps.db.history.findMany({
    where: { outcome: 'refused', actorKind: 'stranger', ip: { not: null } },
    select: { reason: true, actorLoginId: true },
    orderBy: { at: 'asc' },
  })
  const reasons = tries.map(({ reason }) => reason)
  expect(reasons.filter(reason => reason === 'login.unknown')).toHaveLength(3)
  for (const reason of [
    'enrolment.unknownUser',
    'registration.notDue',
    'password-reset.unknown',
    'password-reset.refused',
  ])
    expect(reasons).toContain(reason)
  expect(new Set(tries.map(({ actorLoginId }) => actorLoginId))).toEqual(new Set([null]))
})
