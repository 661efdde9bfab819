import { afterAll, beforeAll, expect, it } from 'vitest'
import { logInAsStaff, newOfficer } from '../../../support/officers.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal({ presets: ['shoko', 'sevenbank'], generalUsers: false })
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
