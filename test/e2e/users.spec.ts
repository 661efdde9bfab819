import { expect, test } from '@playwright/test'
import { expectAccessible } from './support/axe.ts'
import { type Person, personAt } from './support/browser.ts'
import { logIn } from './support/login.ts'
import { type Program, startProgram } from './support/program.ts'
import { goTo, heading, press } from './support/screen.ts'
import { shot } from './support/screenshot.ts'

/** D-08, D-09, D-11, D-12: two administrators of one company change, approve and delete, as the manual's pages go. */
test.describe.configure({ mode: 'serial' })

const confirmationPassword = 'Kakunin2026'
let program: Program
let admin: Person
let second: Person

test.beforeAll(async () => {
  program = await startProgram()
  admin = await personAt(program, 'admin.p12')
  second = await personAt(program, 'user.p12')
})

test.afterAll(async () => {
  await Promise.all([admin, second].map(person => person?.close()))
  await program?.remove()
})

/** From 利用者一覧 by the button of the user's row. */
const onUser = async (person: Person, name: string, button: string) => {
  await goTo(person, '/users')
  await person.page.getByRole('row').filter({ hasText: name }).getByRole('button', { name: button }).click()
}

/** From 利用者一覧 to one of its users: the list has buttons of the same names as the page that follows. */
const toEnquiry = async (name: string) => {
  await admin.page.getByRole('row').filter({ hasText: name }).getByRole('link', { name: '照会' }).click()
  await expect(heading(admin)).toHaveText('利用者照会')
}

/** From the first page of a change to its confirm page; `permit` does what there is to do among the permissions. */
const toConfirmation = async (person: Person, permit?: () => Promise<void>) => {
  await press(person, '次へ')
  await expect(heading(person)).toHaveText('利用者変更［権限］')
  await permit?.()
  await press(person, '次へ')
  await expect(heading(person)).toHaveText('利用者変更［口座・限度額］')
  await press(person, '変更')
  await expect(heading(person)).toHaveText('利用者変更確認')
}

const execute = async (person: Person) => {
  await person.page.locator('#confirmationPassword').fill(confirmationPassword)
  await press(person, '実行')
}

test('D-08 an administrator changes a user: red, marked, the old value beside, a way back to each field', async () => {
  const { page } = admin
  await logIn(program, admin, 'Sekisho2026')
  await expect(heading(admin)).toHaveText('ホーム')
  await onUser(admin, '締結　花子', '変更')
  await expect(heading(admin)).toHaveText('利用者変更［基本情報］')
  await expectAccessible(page)
  await page.locator('#name').fill('締結　華子')
  await page.getByLabel('付与する（管理者）').check()
  await shot(page, 'change-basic')
  await press(admin, '次へ')
  await expect(heading(admin)).toHaveText('利用者変更［権限］')
  await expectAccessible(page)
  await page.locator('#permissions-balance-view').check()
  await page.locator('#permissions-history-all').check()
  await shot(page, 'change-permissions')
  await press(admin, '次へ')
  await expect(heading(admin)).toHaveText('利用者変更［口座・限度額］')
  await expectAccessible(page)
  await press(admin, '変更')
  await expect(heading(admin)).toHaveText('利用者変更確認')
  await expectAccessible(page)
  await expect(page.locator('ins.changed').first()).toContainText('締結　華子')
  await expect(page.locator('del').first()).toHaveText('締結　花子')
  await shot(page, 'change-confirm')
  // 「変更」 beside the name leads to its field and back.
  await page.getByRole('link', { name: /^変更\s*（利用者名）/ }).click()
  await expect(page).toHaveURL(/#name$/)
  await press(admin, '次へ')
  await expect(heading(admin)).toHaveText('利用者変更確認')
  await page.setViewportSize({ width: 360, height: 780 })
  await expectAccessible(page)
  await shot(page, 'change-confirm-360')
  await page.setViewportSize({ width: 1280, height: 900 })
  await execute(admin)
  await expect(heading(admin)).toHaveText('利用者変更結果')
  await expectAccessible(page)
  await shot(page, 'change-result')
})

test('D-12 the second administrator’s change is told, and taken over', async () => {
  const { page } = second
  await logIn(program, second, 'Teiketsu2026')
  await expect(heading(second)).toHaveText('確認用パスワードの登録')
  for (const field of await page.locator('input[type=password]').all()) await field.fill(confirmationPassword)
  await page.getByRole('button', { name: '登録', exact: true }).click()
  await expect(heading(second)).toHaveText('ホーム')

  await onUser(admin, '締結　華子', '変更')
  await admin.page.locator('#name').fill('締結　はな子')
  await toConfirmation(admin)

  // Meanwhile she takes a permission from herself, which waits for nobody.
  await onUser(second, '締結　華子', '変更')
  await expectAccessible(page)
  await expect(page.getByText('この画面で変更できない項目')).toBeVisible()
  await shot(page, 'change-own')
  await toConfirmation(second, () => page.locator('#permissions-history-all').uncheck())
  await execute(second)
  await expect(heading(second)).toHaveText('利用者変更結果')

  await execute(admin)
  await expect(heading(admin)).toHaveText('ほかの管理者による変更の確認')
  await expectAccessible(admin.page)
  await shot(admin.page, 'change-meanwhile')
  await press(admin, '現在の内容を取り込んで続ける')
  await expect(heading(admin)).toHaveText('利用者変更確認')
  await execute(admin)
  await expect(heading(admin)).toHaveText('利用者変更結果')
})

test('D-11 a raise of one’s own rights waits for the other administrator', async () => {
  const { page } = second
  await onUser(second, '締結　はな子', '変更')
  await toConfirmation(second, () => page.locator('#permissions-history-all').check())
  await expect(page.getByText('ほかの管理者の承認待ちとなり')).toBeVisible()
  await execute(second)
  await expect(page.getByText('まだ変更は行われていません')).toBeVisible()
  await expectAccessible(page)

  await goTo(admin, '/users/requests')
  await expectAccessible(admin.page)
  await shot(admin.page, 'change-requests')
  await admin.page
    .getByRole('row')
    .filter({ hasText: '締結　はな子' })
    .getByRole('button', { name: '承認' })
    .click()
  await expect(heading(admin)).toHaveText('変更の承認')
  await expectAccessible(admin.page)
  await shot(admin.page, 'change-approval')
  await execute(admin)
  await expect(heading(admin)).toHaveText('変更の承認結果')
  await expectAccessible(admin.page)
})

test('D-15, D-09 利用停止, 利用再開 and 利用者削除', async () => {
  const { page } = admin
  await goTo(admin, '/users')
  await shot(page, 'users')
  await toEnquiry('締結　はな子')
  await expectAccessible(page)
  await shot(page, 'user-enquiry')
  for (const [button, done] of [
    ['利用停止', '利用停止結果'],
    ['利用再開', '利用再開結果'],
  ] as const) {
    await press(admin, button)
    await expectAccessible(page)
    await page.locator('#reason').fill('長期休暇のため')
    await press(admin, '次へ')
    await expectAccessible(page)
    await execute(admin)
    await expect(heading(admin)).toHaveText(done)
    await expectAccessible(page)
    await goTo(admin, '/users')
    await toEnquiry('締結　はな子')
  }
  // Nobody makes themselves the only administrator: a successor is appointed first (D-11).
  await press(admin, '削除')
  await expect(heading(admin)).toHaveText('受け付けられない操作です')
  await expectAccessible(page)
  const successor = ['2004000009', '--name', '後任　次郎', '--mail', 'kounin@demo.sekisho.example']
  const file = ['--file', `${program.dataDir}/successor.p12`]
  const made = await program.sekisho('master:create', '2004000000', ...successor, ...file)
  expect(made.code, made.output).toBe(0)
  await goTo(admin, '/users')
  await toEnquiry('締結　はな子')
  await press(admin, '削除')
  await expect(heading(admin)).toHaveText('利用者削除確認')
  await expectAccessible(page)
  await shot(page, 'deletion-confirm')
  await execute(admin)
  await expect(heading(admin)).toHaveText('利用者削除結果')
  await expectAccessible(page)
  await shot(page, 'deletion-result')
  // Her session is gone with her.
  await goTo(second, '/home')
  await expect(heading(second)).toHaveText('ログインが終了しました')
})

test('I-01 the same pages in English', async () => {
  const { page } = admin
  await page.getByRole('button', { name: 'English' }).click()
  await goTo(admin, '/users')
  await page
    .getByRole('row')
    .filter({ hasText: '2004000001' })
    .getByRole('button', { name: 'Change' })
    .click()
  await expect(heading(admin)).toHaveText('Change a user: basic information')
  await expectAccessible(page)
  await press(admin, 'Next')
  await expectAccessible(page)
  await shot(page, 'change-permissions-en')
  await press(admin, 'Next')
  await expectAccessible(page)
  await goTo(admin, '/users/requests')
  await expectAccessible(page)
})
