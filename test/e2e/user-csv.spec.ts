import { readFile } from 'node:fs/promises'
import { expect, test } from '@playwright/test'
import { expectAccessible } from './support/axe.ts'
import { type Person, personAt } from './support/browser.ts'
import { logIn } from './support/login.ts'
import { type Program, startProgram } from './support/program.ts'
import { expectReadable, expectReadableInEnglish } from './support/readable.ts'
import { goTo, heading, press } from './support/screen.ts'

/** Users from a CSV file as an administrator brings them: the template, a file with mistakes, the right one, the list as a file. */
test.describe.configure({ mode: 'serial' })

const administrator = { password: 'Sekisho2026', confirmationPassword: 'Kakunin2026' }

let program: Program
let person: Person

test.beforeAll(async () => {
  program = await startProgram()
  person = await personAt(program, 'admin.p12')
})

test.afterAll(async () => {
  await person?.close()
  await program?.remove()
})

const lookAround = (name: string) => expectReadable(person.page, name)
const inEnglish = (name: string) => expectReadableInEnglish(person.page, name)

const choose = async (text: string) => {
  await person.page
    .getByLabel('CSVファイル')
    .setInputFiles({ name: '新入社員.csv', mimeType: 'text/csv', buffer: Buffer.from(text) })
  await press(person, '内容を確認する')
}

let headings: string[] = []
const line = (named: Record<string, string>) => headings.map(each => named[each] ?? '').join(',')

test('D-13 the page says what goes into the file, and gives its template', async () => {
  const { page } = person
  await logIn(program, person, administrator.password)
  await expect(heading(person)).toHaveText('ホーム')
  await goTo(person, '/users')
  await page.getByRole('link', { name: 'CSVで一括登録' }).click()
  await expect(heading(person)).toHaveText('CSVによる利用者の一括登録')
  await page.getByText('入力の決まり').click()
  await lookAround('user-csv-upload')
  await inEnglish('user-csv-upload')
  const downloading = page.waitForEvent('download')
  await page.getByRole('link', { name: 'ひな形をダウンロードする' }).click()
  const download = await downloading
  expect(download.suggestedFilename()).toBe('利用者一括登録.csv')
  const text = await readFile(await download.path(), 'utf8')
  headings = text.replace('\ufeff', '').trim().split(',')
  expect(headings[0]).toBe('ログインID')
})

test('I-03 without a file it says so; a file with mistakes names each, with what to do', async () => {
  const { page } = person
  await press(person, '内容を確認する')
  await expect(page.getByRole('alert')).toContainText('ファイルが選ばれていません')
  await expectAccessible(page)
  await choose(
    [
      headings.join(','),
      line({
        ログインID: 'shinnyu01',
        利用者名: '春野　桜',
        メールアドレス: 'haruno',
        管理者権限: '付与しない',
      }),
      line({
        ログインID: '',
        利用者名: '夏川　涼',
        メールアドレス: 'natsu@example.co.jp',
        管理者権限: '一般',
      }),
    ].join('\r\n'),
  )
  await expect(heading(person)).toHaveText('ファイルの内容に誤りがあります')
  await expect(page.getByRole('table')).toContainText('管理者権限')
  await lookAround('user-csv-mistakes')
  await inEnglish('user-csv-mistakes')
})

test('D-13 the right file is confirmed and registered, and the list says who has no password yet', async () => {
  const { page } = person
  await page.getByRole('link', { name: '別のファイルを選ぶ' }).click()
  const user = (loginId: string, name: string) =>
    line({
      ログインID: loginId,
      利用者名: name,
      メールアドレス: `${loginId}@example.co.jp`,
      管理者権限: '付与しない',
      '残高照会：照会': '○',
    })
  await choose(
    [headings.join(','), user('shinnyu01', '春野　桜'), user('shinnyu02', '髙﨑　𠮷男')].join('\r\n'),
  )
  await expect(heading(person)).toHaveText('ファイルの内容の確認結果')
  await expect(page.getByRole('table')).toContainText('髙﨑　𠮷男')
  await lookAround('user-csv-checked')
  await inEnglish('user-csv-checked')
  await press(person, '登録へ進む')
  await expect(heading(person)).toHaveText('利用者の一括登録の確認')
  await lookAround('user-csv-confirm')
  await page.locator('#confirmationPassword').fill(administrator.confirmationPassword)
  await press(person, '実行')
  await expect(heading(person)).toHaveText('利用者の一括登録が完了しました')
  await lookAround('user-csv-registered')
  await page.getByRole('link', { name: '利用者一覧へ' }).click()
  await expect(page.getByText('パスワード未設定')).toHaveCount(2)
  await lookAround('user-csv-list')
  const downloading = page.waitForEvent('download')
  await page.getByRole('link', { name: 'CSVでダウンロード' }).click()
  const text = await readFile(await (await downloading).path(), 'utf8')
  expect(text).toContain('髙﨑　𠮷男')
})

test('D-13, H-05 first passwords are issued to them, and shown once', async () => {
  const { page } = person
  await page.getByRole('link', { name: 'CSVで一括登録' }).click()
  await press(person, '初期パスワードを発行する')
  await expect(heading(person)).toHaveText('初期パスワードの発行の確認')
  await lookAround('first-passwords-confirm')
  await page.locator('#confirmationPassword').fill(administrator.confirmationPassword)
  await press(person, '実行')
  await expect(heading(person)).toHaveText('初期パスワードを発行しました')
  await press(person, '初期パスワードを表示する')
  await expect(page.getByRole('table').getByRole('row')).toHaveCount(3)
  await expectAccessible(page)
  await page.reload()
  await expect(page.getByText('すでに表示されたため')).toBeVisible()
  await inEnglish('first-passwords-gone')
})
