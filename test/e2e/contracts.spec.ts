import { expect, test } from '@playwright/test'
import { expectAccessible } from './support/axe.ts'
import { type Person, personAt } from './support/browser.ts'
import { fillOfficerProof, toConsole } from './support/officer.ts'
import { type Program, startProgram } from './support/program.ts'
import { expectMistakes } from './support/screen.ts'
import { shot } from './support/screenshot.ts'

/** H-06: two officers register a company and change its contract, in both languages, on a telephone too. */
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

/** In both languages, on a screen and on a telephone: nothing for axe, nothing that runs out at the side. */
const look = async ({ page }: Person, picture: string) => {
  for (const language of ['English', '日本語']) {
    await page.getByRole('button', { name: language }).click()
    await expectAccessible(page)
    await shot(page, `${picture}-${language === 'English' ? 'en' : 'ja'}`)
  }
  await page.setViewportSize({ width: 360, height: 780 })
  expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360)
  await shot(page, `${picture}-360`)
  await page.setViewportSize({ width: 1280, height: 900 })
}

const fillPaper = async ({ page }: Person) => {
  await page.locator('#reasonText').fill('新規のご契約のため')
  await page.locator('#formNumber').fill('R8-2001')
  await page.locator('#formReceivedOn').fill(program.today())
  await page.locator('#sealChecked').check()
}

test('H-06 an operator registers a company: form, mistakes, confirm page, case', async () => {
  const { page } = operator
  await toConsole(program, operator)
  await page.getByRole('link', { name: '企業一覧' }).first().click()
  await look(operator, 'companies')
  await page.getByRole('link', { name: '企業を登録する' }).click()
  await look(operator, 'company-registration')
  await page.getByRole('button', { name: '確認へ' }).click()
  await expectMistakes(operator)
  await expectAccessible(page)
  await shot(page, 'company-registration-mistakes')
  const fields: Record<string, string> = {
    contractNumber: '2004009900',
    name: '株式会社髙﨑𠮷工業',
    nameKana: 'ｶﾌﾞｼｷｶﾞｲｼｬﾀｶｻｷｺｳｷﾞｮｳ',
    'ceiling-bulk_transfer': '500,000,000',
    'branchCode-1': '001',
    'branchName-1': '本店営業部',
    'number-1': '7654321',
    'ceilingTotal-1': '100000000',
    'ceilingEach-1': '50000000',
    'ceilingPreregistered-1': '100000000',
    loginId: '2004009901',
    userName: '最初　一郎',
    email: 'saisho@takasaki.sekisho.example',
    emailAgain: 'saisho@takasaki.sekisho.example',
  }
  for (const [name, value] of Object.entries(fields)) await page.locator(`[id="${name}"]`).fill(value)
  await page.locator('#entrance').selectOption('shoko')
  for (const service of ['残高照会', '振込振替', '総合振込', '操作履歴'])
    await page.getByRole('checkbox', { name: service, exact: true }).check()
  await page.getByRole('radio', { name: /^郵送/ }).check()
  await fillPaper(operator)
  await page.getByRole('button', { name: '確認へ' }).click()
  await expect(page.getByRole('button', { name: '承認を依頼する' })).toBeVisible()
  await expectAccessible(page)
  await shot(page, 'company-registration-confirm')
  await page.getByRole('button', { name: '承認を依頼する' }).click()
  await expect(page.getByRole('button', { name: '取り下げる' })).toBeVisible()
})

test('H-06 an approver sees all that will be made, approves, and fetches the first passwords once', async () => {
  await toConsole(program, approver)
  const { page } = approver
  await page.getByRole('link', { name: '承認待ち' }).first().click()
  await page.locator('a.list__link').first().click()
  await look(approver, 'contract-case')
  await fillOfficerProof(program, approver)
  await page.getByRole('button', { name: '承認して実行する' }).click()
  await expect(page.locator('.result')).toContainText('企業を登録しました')
  await expectAccessible(page)
  await shot(page, 'contract-case-done')
  await fillOfficerProof(program, approver)
  await page.getByRole('button', { name: 'パスワードを表示する' }).click()
  await expect(page.locator('#secret-login')).toBeVisible()
  await expect(page.locator('#secret-acquisition')).toBeVisible()
  await expectAccessible(page)
})

test('H-06 H-04 an operator adds to a contract, and ends parts of it at once', async () => {
  const { page } = operator
  await page.getByRole('link', { name: '企業一覧' }).first().click()
  await page.getByRole('link', { name: /^2004000000/ }).click()
  const company = page.url()
  await look(operator, 'company-at-helpdesk')
  await page.getByRole('link', { name: '契約を追加・引き上げる' }).click()
  await look(operator, 'contract-extension')
  await page.goto(company)
  await page.getByRole('link', { name: 'シングルサインオンのサービスを契約する' }).click()
  await look(operator, 'service-contract')
  await page.goto(company)
  await page.getByRole('link', { name: '契約を終了・引き下げる' }).click()
  await look(operator, 'contract-reduction')
  await page.getByRole('checkbox', { name: '外為予約' }).check()
  await page.locator('[id="ceiling-bulk_transfer"]').fill('400,000,000')
  await page.locator('#reasonText').fill('お客様からのお申し出のため')
  await page.getByRole('button', { name: '確認へ' }).click()
  await expectAccessible(page)
  await shot(page, 'contract-reduction-confirm')
  await page.getByRole('button', { name: '実行', exact: true }).click()
  await expect(page.locator('.result')).toContainText('ご契約を終了・引き下げました')
  await look(operator, 'contract-reduced')
})

test('H-06 H-04 a contract ends as a whole once two officers have said so', async () => {
  const { page } = operator
  await page.getByRole('link', { name: '企業一覧' }).first().click()
  await page.getByRole('link', { name: /^2004009900/ }).click()
  const company = page.url()
  await page.getByRole('link', { name: '解約する', exact: true }).click()
  await look(operator, 'contract-end')
  await page.getByRole('button', { name: '確認へ' }).click()
  await expectMistakes(operator)
  await expectAccessible(page)
  await page.getByRole('radio', { name: /^承認後、ただちに/ }).check()
  await fillPaper(operator)
  await page.getByRole('button', { name: '確認へ' }).click()
  await expect(page.getByRole('button', { name: '承認を依頼する' })).toBeVisible()
  await expectAccessible(page)
  await shot(page, 'contract-end-confirm')
  await page.getByRole('button', { name: '承認を依頼する' }).click()
  await expect(page.getByRole('button', { name: '取り下げる' })).toBeVisible()

  await approver.page.getByRole('link', { name: '承認待ち' }).first().click()
  await approver.page.locator('a.list__link').first().click()
  await fillOfficerProof(program, approver)
  await approver.page.getByRole('button', { name: '承認して実行する' }).click()
  await expect(approver.page.locator('.result')).toContainText('解約しました')
  await look(approver, 'contract-end-done')
  await page.goto(company)
  await expect(page.getByText('解約済み').first()).toBeVisible()
  await look(operator, 'contract-ended')
})

test('H-06 a service is registered by two officers and suspended by one', async () => {
  const { page } = operator
  await page.getByRole('link', { name: 'サービス', exact: true }).first().click()
  await look(operator, 'services')
  await page.getByRole('link', { name: 'サービスを登録する' }).click()
  await look(operator, 'service-registration')
  const fields: Record<string, string> = {
    code: 'expenses',
    nameJa: '経費精算サービス',
    nameEn: 'Expenses',
    textJa: '経費を申請し、承認します。',
    textEn: 'Claim and approve expenses.',
    sort: '70',
    reason: '提供を始めるため',
  }
  for (const [name, value] of Object.entries(fields)) await page.locator(`#${name}`).fill(value)
  await page.getByRole('button', { name: '確認へ' }).click()
  await expectMistakes(operator)
  await page.getByRole('radio', { name: /^シングルサインオンのサービス/ }).check()
  await page.getByRole('button', { name: '確認へ' }).click()
  await expectAccessible(page)
  await shot(page, 'service-registration-confirm')
  await page.getByRole('button', { name: '承認を依頼する' }).click()
  await expect(page.getByRole('button', { name: '取り下げる' })).toBeVisible()
  await look(operator, 'service-case')
  await page.getByRole('link', { name: 'サービス', exact: true }).first().click()
  await page
    .getByRole('link', { name: /^停止する/ })
    .first()
    .click()
  await look(operator, 'service-suspension')
  await page.locator('#reason').fill('不正な接続のおそれ')
  await page.getByRole('button', { name: '確認へ' }).click()
  await expectAccessible(page)
  await shot(page, 'service-suspension-confirm')
  await page.getByRole('button', { name: '停止する', exact: true }).click()
  await expect(page.locator('.result')).toContainText('サービスを停止しました')
})
