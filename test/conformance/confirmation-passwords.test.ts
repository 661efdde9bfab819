import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { cell, item } from '../support/conformance.ts'
import { demoOf, overridePolicy, passwordLogin, userOf } from '../support/factors.ts'
import { versionOn } from '../support/forms.ts'
import { openPortal, type Portal } from '../support/portal.ts'
import { atHome, startAfresh } from '../support/ways-in.ts'
import { toConfirmPage } from './registration-form.ts'
import { byTwoOfficers } from './two-officers.ts'

let portal: Portal
beforeAll(async () => {
  portal = await openPortal({ generalUsers: true })
  // Its demo has chosen a confirmation password, which its preset does not ask for.
  await overridePolicy(portal, 'shoko', {})
})
afterAll(() => portal.close())
beforeEach(() => startAfresh(portal))

for (const preset of ['shoko', 'rokin', 'prosrv'] as const)
  cell('confirmation', preset, '登録の実行に、確認用パスワードを求められない', async () => {
    const admin = await atHome(portal, preset, 'administrator')
    await toConfirmPage(admin, preset)
    expect(admin.page.html).not.toContain('type="password"')
  })

cell('confirmation', 'omakase', '登録の実行に、確認用パスワードを求められない', async () => {
  const admin = await atHome(portal, 'omakase', 'administrator')
  await toConfirmPage(admin, 'omakase')
  expect(admin.page.html).not.toContain('type="password"')
})

cell('confirmation', 'sevenbank', '登録の実行には、確認用パスワードが要る', async () => {
  const admin = await atHome(portal, 'sevenbank', 'administrator')
  await toConfirmPage(admin, 'sevenbank')
  const confirm = admin.page.path
  for (const confirmationPassword of ['', demoOf('sevenbank').administrator.password]) {
    await admin.post(confirm, { version: versionOn(admin.page), confirmationPassword })
    expect(admin.page.status).toBe(422)
  }
  await admin.post(confirm, {
    version: versionOn(admin.page),
    confirmationPassword: demoOf('sevenbank').administrator.confirmationPassword ?? '',
  })
  expect(admin.page.path).toMatch(/\/result$/)
})

item('B-21', 'sevenbank', '確認用パスワードがなければ、ログインのあと最初に登録する', async () => {
  const someone = await passwordLogin(portal, 'sevenbank', 'user')
  expect(someone.page.path).toBe('/confirmation-password')
  await someone.get('/home')
  expect(someone.page.path).toBe('/confirmation-password')
  const same = demoOf('sevenbank').user.password
  await someone.post('/confirmation-password', { next: same, nextAgain: same })
  expect(someone.page.status).toBe(422)
  await someone.post('/confirmation-password', { next: 'Kakunin77', nextAgain: 'Kakunin77' })
  expect(someone.page.path).toBe('/home')
})

item(
  'B-21',
  'sevenbank',
  '忘れた確認用パスワードは、依頼書により当行が仮のものを設定し、変更させる',
  async () => {
    const { id } = await userOf(portal, 'sevenbank', 'administrator')
    const current = await byTwoOfficers(portal, id, 'confirmation-password-reset')
    const someone = await passwordLogin(portal, 'sevenbank', 'administrator')
    expect(someone.page.path).toBe('/confirmation-password')
    await someone.post('/confirmation-password', { current, next: 'Kakunin88', nextAgain: 'Kakunin88' })
    expect(someone.page.path).toBe('/home')
  },
)
