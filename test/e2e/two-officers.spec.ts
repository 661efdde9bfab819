import { expect, test } from '@playwright/test'
import { expectAccessible } from './support/axe.ts'
import { type Person, personAt } from './support/browser.ts'
import { fillOfficerProof, toConsole } from './support/officer.ts'
import { type Program, startProgram } from './support/program.ts'
import { expectReadable } from './support/readable.ts'
import { expectMistakes, heading, press } from './support/screen.ts'

/**
 * An act that takes two officers, through both officers' browsers (H-04, H-05): one prepares the reset of a forgotten
 * login password on the paper form, the other approves it, the first shows the secret, once, and the customer logs in.
 */
test.describe.configure({ mode: 'serial' })

const customer = '2004000001'

let program: Program
let operator: Person
let approver: Person
let owner: Person
let temporary = ''

test.beforeAll(async () => {
  program = await startProgram()
  operator = await personAt(program, 'operator.p12')
  approver = await personAt(program, 'approver.p12')
  owner = await personAt(program, 'admin.p12')
})

test.afterAll(async () => {
  await Promise.all([operator, approver, owner].map(person => person?.close()))
  await program?.remove()
})

test('H-03, H-04 an operator prepares the reset of a forgotten password on the paper form', async () => {
  const { page } = operator
  await toConsole(program, operator)
  await page.getByLabel(/検索する文字/).fill(customer)
  await press(operator, '検索')
  await page
    .getByRole('link', { name: new RegExp(customer) })
    .first()
    .click()
  await expect(page.getByRole('heading', { name: /利用を再開させる手続き/ })).toBeVisible()
  await expectReadable(operator.page, 'case-customer')
  await page.getByRole('link', { name: 'ログインパスワードを再設定する' }).click()
  await expect(page.getByText('役席者の承認が必要です')).toBeVisible()
  await press(operator, '確認へ')
  await expectMistakes(operator)
  await expectAccessible(page)
  await page.getByRole('radio', { name: 'パスワードの失念' }).check()
  await page.getByLabel(/依頼書の番号/).fill('R8-0117')
  await page.getByLabel(/依頼書の受領日/).fill(program.today())
  await page.getByRole('checkbox', { name: /届出印と照合し/ }).check()
  await page.getByRole('radio', { name: /お電話/ }).check()
  await expectReadable(operator.page, 'case-form')
  await press(operator, '確認へ')
  await expectReadable(operator.page, 'case-confirm')
  await press(operator, '承認を依頼する')
  await expect(heading(operator)).toHaveText('ログインパスワードの再設定（承認待ち）')
  await expect(page.getByText('準備した担当者は承認できません')).toBeVisible()
  await expect(page.getByRole('button', { name: '承認して実行する' })).toHaveCount(0)
  await expectReadable(operator.page, 'case-waiting')
})

test('H-01, H-04 an approver finds it in the queue, proves who they are, and approves', async () => {
  const { page } = approver
  await toConsole(program, approver)
  await page.getByRole('link', { name: '承認待ち', exact: true }).first().click()
  await expect(heading(approver)).toHaveText('承認待ちの手続き')
  await expectReadable(approver.page, 'approvals')
  await page
    .getByRole('link', { name: /ログインパスワードの再設定/ })
    .first()
    .click()
  await expect(page.getByText('R8-0117')).toBeVisible()
  await expectReadable(approver.page, 'case-decision')
  await page.getByRole('button', { name: 'English' }).click()
  await expect(heading(approver)).toHaveText('Login password reset (Waiting for approval)')
  await expectReadable(approver.page, 'case-decision-en')
  await page.getByRole('button', { name: '日本語' }).click()
  await fillOfficerProof(program, approver, 'Chigau-2026')
  await press(approver, '承認して実行する')
  await expectMistakes(approver)
  await expectAccessible(page)
  await fillOfficerProof(program, approver)
  await press(approver, '承認して実行する')
  await expect(page.getByText('仮のログインパスワードを設定しました。')).toBeVisible()
  await expectReadable(approver.page, 'case-approved')
})

test('H-05 the operator shows the password, once; a reload shows that it is gone and what to do', async () => {
  const { page } = operator
  await page.reload()
  await fillOfficerProof(program, operator)
  await press(operator, 'パスワードを表示する')
  await expect(heading(operator)).toHaveText('仮のログインパスワード')
  temporary = (await page.locator('#secret').innerText()).trim()
  await expectReadable(operator.page, 'secret-once')
  await page.reload()
  await expect(page.getByText(temporary)).toHaveCount(0)
  await expect(page.getByText('取得済みです')).toBeVisible()
  await expectAccessible(page)
})

test('B-08 the customer logs in with it and has to change it', async () => {
  const { page } = owner
  await page.goto(`${program.portalOrigin}/`)
  await page.getByRole('link', { name: '電子証明書ログイン' }).click()
  await page.getByLabel('パスワード 必須').fill(temporary)
  await press(owner, 'ログイン')
  await expect(heading(owner)).toHaveText(/パスワード/)
  await expect(page.getByText(/パスワードを変更してください/).first()).toBeVisible()
})
