import { expect, test } from '@playwright/test'
import { expectAccessible } from './support/axe.ts'
import { type Person, personAt } from './support/browser.ts'
import { logIn } from './support/login.ts'
import { toConsole } from './support/officer.ts'
import { type Program, startProgram } from './support/program.ts'
import { goTo } from './support/screen.ts'
import { shot } from './support/screenshot.ts'

/** G-01 to G-03, H-06: what an officer writes, as a company's administrator finds it at home; E-05: the fees. */
test.describe.configure({ mode: 'serial' })

let program: Program
let admin: Person
let officer: Person

test.beforeAll(async () => {
  program = await startProgram()
  admin = await personAt(program, 'admin.p12')
  officer = await personAt(program, 'approver.p12')
})

test.afterAll(async () => {
  await Promise.all([admin, officer].map(person => person?.close()))
  await program?.remove()
})

/** Writes what every kind of posting has, to be seen from a day that has long begun. */
const write = async (kind: string, title: string, own: (page: Person['page']) => Promise<unknown>) => {
  const { page } = officer
  await goTo(officer, `/helpdesk/${kind}/new`)
  await page.locator('#title').fill(title)
  await page
    .locator('#body')
    .fill('対象システムをご利用いただけません。\n\n何卒ご理解のほどよろしくお願いいたします。')
  await page.locator('#publishDay').fill('2020-01-01')
  await own(page)
  await expectAccessible(page)
  // The Enter key leads on, not to more rows.
  await page.locator('#title').press('Enter')
  await expect(page.getByText(/対象は現在、\d+社・\d+名です/)).toBeVisible()
  await expectAccessible(page)
  await page.getByRole('button', { name: '登録' }).click()
  await expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible()
  await expectAccessible(page)
}

test('H-06 an officer writes an announcement, an article and a survey', async () => {
  await toConsole(program, officer)
  await write('announcements', 'システムメンテナンスのお知らせ', async page => {
    await page.locator('#system-1').selectOption('history')
    await page.locator('#fromDay-1').fill('2020-01-01')
    await page.locator('#fromTime-1').fill('17:00')
    await page.locator('#toDay-1').fill('2099-12-31')
    await page.locator('#toTime-1').fill('24:00')
  })
  await write('information', '重要なお願い', page => page.locator('#mustAcknowledge').check())
  await write('surveys', 'ご利用アンケート', async page => {
    await page.locator('#answerDay').fill('2099-12-31')
    await page.locator('#answerTime').fill('24:00')
    await page.locator('#question-1').fill('画面は使いやすいですか。')
    await page.locator('#choices-1').fill('はい\nいいえ')
  })
  await page360(officer, '/helpdesk/surveys/new')
})

/** Nothing lies beyond the edge of a telephone. */
const page360 = async (person: Person, path: string) => {
  const { page } = person
  await page.setViewportSize({ width: 360, height: 800 })
  await goTo(person, path)
  const over = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
  expect(over).toBeLessThanOrEqual(0)
  await expectAccessible(page)
  await page.setViewportSize({ width: 1280, height: 900 })
}

test('G-01 G-02 G-03 at home: what must be acknowledged comes first, a tile is closed, a survey is answered', async () => {
  const { page } = admin
  await logIn(program, admin, 'Sekisho2026')
  await expect(page.getByRole('heading', { level: 1, name: '重要なお願い' })).toBeVisible()
  await expectAccessible(page)
  await page.getByRole('button', { name: '確認しました' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'ホーム' })).toBeVisible()
  await expect(page.getByText('2020年1月1日（水） 17:00 ～ 2099年12月31日（木） 24:00')).toBeVisible()
  await expect(page.locator('.tile--closed')).toContainText('操作履歴照会')
  await expectAccessible(page)
  await shot(page, 'home-notices')
  await page360(admin, '/home')
  await page.getByRole('link', { name: 'ご利用アンケート' }).click()
  await page.getByRole('button', { name: '回答する' }).click()
  await page.getByRole('radio', { name: 'はい' }).check()
  await expectAccessible(page)
  await page.getByRole('button', { name: '次へ' }).click()
  await expectAccessible(page)
  await page.getByRole('button', { name: '回答する' }).click()
  await expect(page.getByText('アンケートに回答しました')).toBeVisible()
  await goTo(admin, '/surveys/answers')
  await expectAccessible(page)
})

test('E-05 the fees: the standard is loaded by its button, never by Enter; in English too', async () => {
  const { page } = admin
  await goTo(admin, '/company/fees/payee-bulk')
  await expectAccessible(page)
  await page.getByRole('button', { name: '変更', exact: true }).click()
  await page.getByRole('button', { name: '手数料を読み込む' }).click()
  await expect(page.locator('#other_bank-2')).toHaveValue('495')
  await expect(page.locator('#from-2')).toHaveValue('30,000')
  await page360(admin, page.url())
  await expect(page.locator('#from-2')).toHaveValue('30,000')
  await page.locator('#from-2').fill('20000')
  await page.locator('#from-2').press('Enter')
  await expect(page.getByRole('link', { name: /2行目の「以上」を30,000円に/ })).toBeVisible()
  await expectAccessible(page)
  await page.locator('#from-2').fill('30000')
  await page.locator('#other_bank-2').fill('440')
  await page.getByRole('button', { name: '変更', exact: true }).click()
  await expect(page.locator('.changed').first()).toBeVisible()
  await expectAccessible(page)
  await page.getByRole('button', { name: 'English' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/Confirm the change/)
  await expectAccessible(page)
  await page360(admin, page.url())
})
