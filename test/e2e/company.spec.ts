import { expect, test } from '@playwright/test'
import { expectAccessible } from './support/axe.ts'
import { type Person, personAt } from './support/browser.ts'
import { logIn } from './support/login.ts'
import { type Program, startProgram } from './support/program.ts'
import { expectMistakes, goTo, heading } from './support/screen.ts'
import { shot } from './support/screenshot.ts'

/** E-01 to E-06: an administrator changes 企業情報 in a real browser, and finds out why something is not possible. */
test.describe.configure({ mode: 'serial' })

let program: Program
let admin: Person

test.beforeAll(async () => {
  program = await startProgram()
  admin = await personAt(program, 'admin.p12')
})

test.afterAll(async () => {
  await admin?.close()
  await program?.remove()
})

const expectPage = async (name: string) => {
  await expect(heading(admin)).toHaveText(name)
  await expectAccessible(admin.page)
}
const narrow = { width: 360, height: 800 }
const wide = { width: 1280, height: 900 }

test('E-01 E-03 E-04 企業情報の変更: menu, form, mistakes, confirmation, result', async () => {
  const { page } = admin
  await logIn(program, admin, 'Sekisho2026')
  await page.getByRole('link', { name: '管理', exact: true }).click()
  await page.getByRole('link', { name: /^企業管理/ }).click()
  await expectPage('企業管理')
  await shot(page, 'company-menu')
  await page.getByRole('link', { name: /企業情報の照会・変更/ }).click()
  await expectPage('企業情報照会')
  await shot(page, 'company-information')
  await page.getByRole('button', { name: '変更' }).click()
  await expectPage('企業情報変更')

  const account = page.getByRole('group', { name: /当座 0104711/ })
  await account.getByLabel(/振込振替（都度指定）/).fill('３００，０００，００１')
  await page.getByLabel(/^賞与振込/).fill('')
  await page.getByRole('button', { name: '変更' }).click()
  await expect(page.getByRole('alert')).toContainText('合計の限度額（300,000,000円）を超えています')
  await expectMistakes(admin)
  await expectAccessible(page)
  await shot(page, 'company-mistakes')
  // The summary leads to the field.
  await page
    .getByRole('alert')
    .getByRole('link', { name: /賞与振込が入力されていません/ })
    .click()
  await expect(page.getByLabel(/^賞与振込/)).toBeFocused()

  await account.getByLabel(/振込振替（都度指定）/).fill('250,000,000')
  await account.getByLabel(/口座メモ/).fill('仕入先支払用')
  await page.getByLabel(/^賞与振込/).fill('0')
  await page
    .getByRole('radiogroup', { name: /^振込振替/ })
    .getByLabel('承認なし')
    .check()
  await page.setViewportSize(narrow)
  await expectAccessible(page)
  await shot(page, 'company-form-narrow')
  await page.setViewportSize(wide)
  await shot(page, 'company-form')
  await page.getByRole('button', { name: '変更' }).click()

  await expectPage('企業情報変更確認')
  await expect(page.locator('.consequences')).toContainText('1人で「振込振替」を実行できるようになります')
  await expect(page.locator('.changed__mark')).toHaveCount(4)
  await shot(page, 'company-confirm')
  await page.setViewportSize(narrow)
  await shot(page, 'company-confirm-narrow')
  await page.setViewportSize(wide)
  await page.getByLabel(/^確認用パスワード/).fill('Kakunin2026')
  await page.getByRole('button', { name: '実行' }).click()
  await expectPage('企業情報変更結果')
  await expect(page.getByText('250,000,000円')).toBeVisible()
  await shot(page, 'company-result')
})

test('E-06 操作できない理由を調べる', async () => {
  const { page } = admin
  await page.getByRole('link', { name: '企業管理メニューへ' }).click()
  await page.getByRole('link', { name: /操作できない理由を調べる/ }).click()
  await expectPage('操作できない理由を調べる')
  await page.getByLabel(/^利用者（ログインID）/).fill('2004000002')
  await page.getByLabel(/^操作/).selectOption('transfer.request_new')
  await page.getByLabel(/^口座/).selectOption({ label: '本店営業部（001） 当座 0104711' })
  await page.getByLabel(/^金額/).fill('250,000,001')
  await page.getByRole('button', { name: '調べる' }).click()
  await expect(page.getByText('利用者に、この操作の権限がありません。')).toBeVisible()
  await expect(page.getByText(/振込振替 都度指定）（250,000,000円）を超えています/)).toBeVisible()
  await expectAccessible(page)
  await shot(page, 'obstacles')
  await page.setViewportSize(narrow)
  await expectAccessible(page)
  await shot(page, 'obstacles-narrow')
  await page.setViewportSize(wide)
})

test('I-03 the same in English', async () => {
  const { page } = admin
  await page.getByRole('button', { name: 'English' }).click()
  await expectPage('Find out why an operation is not possible')
  await goTo(admin, '/company/information')
  await expectPage('Company information')
  await page.getByRole('button', { name: 'Change' }).click()
  await expectPage('Change company information')
  await shot(page, 'company-form-en')
})
