import { expect, test } from '@playwright/test'
import { expectAccessible } from './support/axe.ts'
import { type Person, personAt } from './support/browser.ts'
import { logIn } from './support/login.ts'
import { fillOfficerProof, officerPassword, registerOfficer, toConsole } from './support/officer.ts'
import { type Program, startProgram } from './support/program.ts'
import { expectReadable, expectReadableInEnglish } from './support/readable.ts'
import { expectMistakes, heading } from './support/screen.ts'
import { shot } from './support/screenshot.ts'

/** H-01, H-07, H-08: two officers register a third and edit the helpdesk's hours, in both languages, on a telephone too. */
test.describe.configure({ mode: 'serial' })

let program: Program
let operator: Person
let approver: Person

test.beforeAll(async () => {
  program = await startProgram()
  operator = await personAt(program, 'operator.p12')
  approver = await personAt(program, 'approver.p12')
})

test.afterAll(async () => {
  await Promise.all([operator, approver].map(person => person?.close()))
  await program?.remove()
})

/** The page in both languages. */
const look = async ({ page }: Person, picture: string) => {
  await expectReadableInEnglish(page, picture)
  await expectReadable(page, picture)
}

test('H-01, H-08 an operator registers a one-time password and prepares the registration of an officer', async () => {
  const { page } = operator
  await logIn(program, operator, officerPassword, '/helpdesk')
  await expect(heading(operator)).toHaveText('ワンタイムパスワードの登録')
  await look(operator, 'officer-otp')
  await registerOfficer(program, operator)
  await page.getByRole('link', { name: '行員の管理' }).first().click()
  await look(operator, 'officers')
  await page.getByText('行員を登録する', { exact: true }).click()
  await look(operator, 'officer-registration')
  await page.locator('#loginId').fill('shinnin2')
  await page.locator('#name').fill('新任　次郎')
  await page.locator('#email').fill('shinnin2@bank.sekisho.example')
  await page.getByRole('radio', { name: '監査担当' }).check()
  await page.getByRole('button', { name: '承認を依頼する' }).click()
  await expectMistakes(operator)
  await expectAccessible(page)
  await page.locator('#reason').fill('監査部からの依頼のため')
  await page.getByRole('button', { name: '承認を依頼する' }).click()
  await expect(page.getByRole('button', { name: '取り下げる' })).toBeVisible()
})

test('H-08 an approver finds it in the queue and approves; the operator reads the password once', async () => {
  await toConsole(program, approver)
  const { page } = approver
  await page.getByRole('link', { name: '承認待ち', exact: true }).first().click()
  await page
    .getByRole('link', { name: /行員の登録/ })
    .first()
    .click()
  await look(approver, 'officer-case')
  await fillOfficerProof(program, approver)
  await page.getByRole('button', { name: '承認して実行する' }).click()
  await expect(page.getByText('staff:certificate shinnin2')).toBeVisible()
  await operator.page.reload()
  await fillOfficerProof(program, operator)
  await operator.page.getByRole('button', { name: 'パスワードを表示する' }).click()
  await expect(operator.page.locator('#secret')).toHaveText(/^\S{12,}$/)
  await expectAccessible(operator.page)
  await shot(operator.page, 'officer-password')
  await page.getByRole('link', { name: '行員の管理' }).first().click()
  await page.getByRole('link', { name: 'shinnin2' }).click()
  await look(approver, 'officer')
})

test('H-07 an approver edits the helpdesk’s hours, and the entry page says them', async () => {
  const { page } = approver
  await page.getByRole('link', { name: '受付時間' }).first().click()
  await look(approver, 'helpdesk-hours')
  await page.locator('#phone').fill('0120-000-000')
  await fillOfficerProof(program, approver)
  await page.getByRole('button', { name: '登録', exact: true }).click()
  await expect(page.getByText('ヘルプデスクの受付時間を登録しました。')).toBeVisible()
  // And the bank's own history has it, with what was before (F-01, F-02).
  await page.getByRole('link', { name: '操作履歴', exact: true }).click()
  await look(approver, 'bank-history')
  await page.getByRole('link', { name: /ヘルプデスクの受付時間の変更/ }).click()
  await expect(page.getByText('0120-000-000').first()).toBeVisible()
  await look(approver, 'bank-history-entry')
  await page.goto(`${program.portalOrigin}/`)
  await expect(page.getByText('0120-000-000')).toBeVisible()
  await page.goto(`${program.mailboxOrigin}/previews`)
  await page.getByRole('link', { name: 'ログインロックのお知らせ' }).first().click()
  await expect(page.frameLocator('iframe').getByText('山田　太郎').first()).toBeVisible()
  await shot(page, 'mail-preview')
})

test('H-04, H-08 a case about the only 役席者 says that it can only be withdrawn', async () => {
  const { page } = operator
  const alone = page.getByText('この手続きを承認できる役席者が、現在ほかにいません')
  await page.getByRole('link', { name: '行員の管理' }).first().click()
  await page.getByRole('link', { name: 'approver1', exact: true }).click()
  await expect(alone).toBeVisible()
  await look(operator, 'officer-only-approver')
  await page.getByRole('radio', { name: '行員の認証のやり直し' }).check()
  await page.locator('#reason').fill('認証アプリの故障')
  await page.getByRole('button', { name: '承認を依頼する' }).click()
  await page.waitForURL(/\/helpdesk\/officers\/cases\//)
  await expect(alone).toBeVisible()
  await look(operator, 'officer-case-only-approver')
  await page.getByRole('button', { name: '取り下げる' }).click()
  await expect(page.getByText('取り下げ', { exact: true })).toBeVisible()
  await expect(alone).toBeHidden()
})

test('H-04 a form that says something else than the case under its number leads to that case', async () => {
  const { page } = operator
  const address = `${new URL(page.url()).origin}/helpdesk/officers/registration`
  await page.goto(address)
  // The same form in another tab.
  const other = await page.context().newPage()
  await other.goto(address)
  const caseId = await page.locator('input[name="caseId"]').inputValue()
  await other.evaluate(`document.querySelector('input[name="caseId"]').value = '${caseId}'`)
  for (const [tab, name] of [
    [page, '先の　登録'],
    [other, '後の　登録'],
  ] as const) {
    await tab.locator('#loginId').fill('nimai')
    await tab.locator('#name').fill(name)
    await tab.locator('#email').fill('nimai@bank.sekisho.example')
    await tab.getByRole('radio', { name: '監査担当' }).check()
    await tab.locator('#reason').fill('監査部からの依頼のため')
    await tab.getByRole('button', { name: '承認を依頼する' }).click()
  }
  await expect(page.getByText('先の　登録')).toBeVisible()
  await expect(other).toHaveTitle(/^この画面の手続きは登録済みです/)
  await expectReadable(other, 'case-opened-otherwise')
  await other.getByRole('link', { name: '登録済みの手続きへ' }).click()
  await expect(other.getByText('先の　登録')).toBeVisible()
  await other.getByRole('button', { name: '取り下げる' }).click()
  await expect(other.getByText('取り下げ', { exact: true })).toBeVisible()
  await other.close()
})

test('C-14, H-04 an officer ends a colleague’s certificates at once; H-02 finds a customer by ID and company', async () => {
  // From page to page: the console is at the address of the officer's certificate.
  const { page } = operator
  await page.getByRole('link', { name: '行員の管理' }).first().click()
  await page.getByRole('link', { name: 'approver1', exact: true }).click()
  await look(operator, 'officer-certificates')
  await page.getByRole('link', { name: '電子証明書を失効する', exact: true }).click()
  await look(operator, 'officer-revocation')
  await page.locator('#reason').fill('業務用パソコンの紛失')
  await page.getByRole('button', { name: '失効する', exact: true }).click()
  await page.waitForURL(/\/helpdesk\/officers\/cases\//)
  await expect(page.getByText('電子証明書を失効し、ログイン中の接続を終了しました。')).toBeVisible()
  await expect(page.getByText('業務用パソコンの紛失')).toBeVisible()
  await look(operator, 'officer-revoked')
  await page.getByRole('link', { name: 'お客様検索' }).first().click()
  await page.locator('#field').selectOption('loginId')
  await page.locator('#q').fill('2004')
  await page.locator('#company').fill('2004000000')
  await page.getByRole('button', { name: '検索', exact: true }).click()
  await look(operator, 'customer-search')
  await page.getByRole('link', { name: /2004000001/ }).click()
  await page.waitForURL(/\/helpdesk\/users\//)
  await look(operator, 'customer')
})
