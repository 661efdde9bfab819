import { execFileSync } from 'node:child_process'
import { expect, test } from '@playwright/test'
import { expectAccessible } from './support/axe.ts'
import { type Person, personAt } from './support/browser.ts'
import { logOut } from './support/login.ts'
import { fillOfficerProof, officerPassword, registerOfficer } from './support/officer.ts'
import { type Program, startProgram } from './support/program.ts'
import { expectMistakes, goTo, heading, press } from './support/screen.ts'
import { shot } from './support/screenshot.ts'

/**
 * The main job, end to end: an administrator registers a user, the helpdesk issues an acquisition password, the user
 * enrols, logs in, is locked and released, and all of it is in the history. Three people, each with a browser and a
 * certificate store of their own, against the program as `npm start` runs it on empty data.
 */
test.describe.configure({ mode: 'serial' })

const administrator = { password: 'Sekisho2026', confirmation: 'Kakunin2026', file: 'admin.p12' }
const newcomer = {
  loginId: '2004000102',
  name: '髙﨑　𠮷子',
  email: 'takasaki@demo.sekisho.example',
  first: 'Kari2026pass',
  own: 'Jibun2026pass',
  confirmation: 'Kakunin0102',
}

let program: Program
let admin: Person
let helpdesk: Person
let user: Person
let acquisitionPassword = ''

test.beforeAll(async () => {
  program = await startProgram({ emptyData: true })
  admin = await personAt(program, administrator.file)
  helpdesk = await personAt(program, 'operator.p12')
  user = await personAt(program)
})

test.afterAll(async () => {
  await Promise.all([admin, helpdesk, user].map(person => person?.close()))
  await program?.remove()
})

const certificateLogin = async ({ page }: Person, password: string) => {
  await page.goto(`${program.portalOrigin}/`)
  await page.getByRole('link', { name: '電子証明書ログイン' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('電子証明書ログイン')
  await page.getByLabel('パスワード 必須').fill(password)
  await page.getByRole('button', { name: 'ログイン', exact: true }).click()
}

/** A request with nothing but a stolen cookie: no certificate. */
const curl = async (address: string, cookie: string): Promise<{ code: number; output: string }> => {
  const output = execFileSync(
    'curl',
    ['-sk', '-w', '\n%{http_code}', '-H', `cookie: __Host-sekisho=${cookie}`, address],
    {
      encoding: 'utf8',
    },
  )
  return { code: Number(output.split('\n').at(-1)), output }
}

test('B-01, B-02, B-10 the administrator logs in with the demo certificate', async () => {
  const { page } = admin
  await page.goto(`${program.portalOrigin}/`)
  await expectAccessible(page)
  await shot(page, 'entry')
  await certificateLogin(admin, administrator.password)
  await expect(heading(admin)).toHaveText('ホーム')
  await expect(page.getByText('株式会社関所商事')).toBeVisible()
  await expectAccessible(page)
  await shot(page, 'home')
})

test('D-01 to D-07 the administrator registers a user through the wizard', async () => {
  const { page } = admin
  await page.getByRole('link', { name: '管理', exact: true }).first().click()
  await page.getByRole('link', { name: /利用者管理/ }).click()
  await expect(heading(admin)).toHaveText('利用者一覧')
  await expectAccessible(page)
  await press(admin, '新規登録')

  await expect(heading(admin)).toHaveText('利用者登録［基本情報］')
  await expect(page.getByText('全5ステップ中、1ステップ目')).toBeVisible()
  await press(admin, '次へ')
  await expectMistakes(admin)
  await expectAccessible(page)
  for (const name of ['loginId', 'loginIdAgain']) await page.locator(`#${name}`).fill(newcomer.loginId)
  for (const name of ['loginPassword', 'loginPasswordAgain'])
    await page.locator(`#${name}`).fill(newcomer.first)
  await page.locator('#name').fill(newcomer.name)
  for (const name of ['email', 'emailAgain']) await page.locator(`#${name}`).fill(newcomer.email)
  await shot(page, 'register-basic')
  await press(admin, '次へ')

  await expect(heading(admin)).toHaveText('利用者登録［権限］')
  await expectAccessible(page)
  await page.getByRole('checkbox', { name: '依頼（事前登録口座）' }).check()
  await page.getByRole('checkbox', { name: '振込先管理' }).first().check()
  await page.getByRole('checkbox', { name: '為替予約取引入力' }).check()
  await shot(page, 'register-permissions')
  await press(admin, '次へ')

  await expect(heading(admin)).toHaveText('利用者登録［口座・限度額］')
  await expectAccessible(page)
  await page.getByRole('checkbox', { name: /普通 0253226/ }).check()
  await page.getByLabel(/振込振替/).fill('１０，０００，０００')
  await press(admin, '戻る')
  await expect(page.getByRole('checkbox', { name: '依頼（事前登録口座）' })).toBeChecked()
  await press(admin, '次へ')
  await page.getByRole('checkbox', { name: /普通 0253226/ }).check()
  await page.getByLabel(/振込振替/).fill('１０，０００，０００')
  await press(admin, '登録')

  await expect(heading(admin)).toHaveText('利用者登録確認')
  await expect(page.getByText(newcomer.name)).toBeVisible()
  await expect(page.getByText(newcomer.first)).toHaveCount(0)
  await expectAccessible(page)
  await shot(page, 'register-confirm')
  await page.getByLabel(/確認用パスワード/).fill('Chigau2026x')
  await press(admin, '実行')
  await expectMistakes(admin)
  await page.getByLabel(/確認用パスワード/).fill(administrator.confirmation)
  await press(admin, '実行')

  await expect(heading(admin)).toHaveText('利用者登録結果')
  await expectAccessible(page)
  await shot(page, 'register-result')
  await page.getByRole('link', { name: '利用者一覧へ' }).click()
  await expect(page.getByRole('cell', { name: newcomer.name }).first()).toBeVisible()
  await shot(page, 'users')
})

test('H-01, H-02, H-03, H-05 an operator finds the user and issues an acquisition password, shown once', async () => {
  const { page } = helpdesk
  await page.goto(`${program.portalOrigin}/helpdesk`)
  await expectAccessible(page)
  await page.getByRole('link', { name: /電子証明書ログイン/ }).click()
  await expect(heading(helpdesk)).toHaveText('行員ログイン')
  await page.locator('#password').fill(officerPassword)
  await press(helpdesk, 'ログイン')
  await expect(heading(helpdesk)).toHaveText('ワンタイムパスワードの登録')
  await expectAccessible(page)
  await registerOfficer(program, helpdesk)
  await expect(heading(helpdesk)).toHaveText('お客様の検索')
  await page.getByLabel(/検索する文字/).fill(newcomer.loginId)
  await press(helpdesk, '検索')
  await expectAccessible(page)
  await shot(page, 'helpdesk-search')
  await page
    .getByRole('link', { name: new RegExp(newcomer.loginId) })
    .first()
    .click()
  await expect(heading(helpdesk)).toHaveText(`${newcomer.name} 様の照会`)
  await expectAccessible(page)
  await page.getByRole('link', { name: '取得用パスワードを発行する' }).click()
  await page.getByRole('radio', { name: '初めての電子証明書の取得' }).check()
  await page.getByLabel(/依頼書の番号/).fill('R8-0001')
  await page.getByLabel(/依頼書の受領日/).fill(program.today())
  await page.getByRole('checkbox', { name: /届出印と照合し/ }).check()
  await page.getByRole('radio', { name: /お電話/ }).check()
  await expectAccessible(page)
  await press(helpdesk, '確認へ')
  await press(helpdesk, '発行')
  await expectAccessible(page)
  await fillOfficerProof(program, helpdesk)
  await press(helpdesk, 'パスワードを表示する')
  await expectAccessible(page)
  acquisitionPassword = (await page.locator('#secret').innerText()).trim()
  expect(acquisitionPassword).toMatch(/^[A-Za-z0-9]{12}$/)
  await page.reload()
  await expect(page.getByText(acquisitionPassword)).toHaveCount(0)
})

test('C-02, C-12 the user enrols, waits, downloads and imports the certificate', async () => {
  const { page } = user
  await page.goto(`${program.portalOrigin}/`)
  await page.getByRole('link', { name: /電子証明書取得/ }).click()
  await expectAccessible(page)
  await page.locator('#loginId').fill(newcomer.loginId)
  await page.locator('#password').fill(newcomer.first)
  await page.locator('#acquisitionPassword').fill(acquisitionPassword)
  await shot(page, 'enrolment')
  await press(user, '電子証明書取得')
  await expect(heading(user)).toHaveText('証明書ダウンロード')
  await expectAccessible(page)
  await shot(page, 'enrolment-download')
  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: 'ダウンロード', exact: true }).click()
  const file = await download
  expect(file.suggestedFilename()).toMatch(/^2004000102.*\.p12$/)
  user.importCertificate(await file.path(), acquisitionPassword)
})

test('B-03, B-08, B-21 first login on a fresh host, forced change, then home', async () => {
  const { page } = user
  await certificateLogin(user, newcomer.first)
  expect(new URL(page.url()).hostname).toMatch(/^[0-9a-f]{20}\.cert\.localhost$/)
  await expect(heading(user)).toHaveText('パスワード変更')
  await expect(page.getByText('初回ログインもしくはパスワードの有効期限が切れています。')).toBeVisible()
  await expectAccessible(page)
  await shot(page, 'password-change')
  await goTo(user, '/home')
  await expect(heading(user)).toHaveText('パスワード変更')
  await page.locator('#current').fill(newcomer.first)
  for (const name of ['next', 'nextAgain']) await page.locator(`#${name}`).fill(newcomer.own)
  await press(user, 'パスワード変更')
  await expect(heading(user)).toHaveText('確認用パスワードの登録')
  await expectAccessible(page)
  for (const name of ['next', 'nextAgain']) await page.locator(`#${name}`).fill(newcomer.confirmation)
  await press(user, '登録')
  await expect(heading(user)).toHaveText('ホーム')
  for (const words of ['株式会社関所商事', newcomer.loginId, newcomer.name, '前回ログイン日時'])
    await expect(page.locator('header').getByText(words)).toBeVisible()
  await expect(page.getByRole('link', { name: '管理', exact: true })).toHaveCount(0)
  await expectAccessible(page)
  await logOut(user)
})

test('B-05, B-06 three wrong passwords lock; the helpdesk releases with a reason; the user logs in', async () => {
  const { page } = user
  for (const wrong of ['Machigai1', 'Machigai2']) {
    await certificateLogin(user, wrong)
    await expectMistakes(user)
  }
  await certificateLogin(user, 'Machigai3')
  await expect(heading(user)).toHaveText('ログインパスワードがロックされています')
  await expectAccessible(page)
  await shot(page, 'locked')
  await certificateLogin(user, newcomer.own)
  await expect(heading(user)).toHaveText('ログインパスワードがロックされています')

  const desk = helpdesk.page
  await goTo(helpdesk, '/helpdesk/home')
  await desk.getByLabel(/検索する文字/).fill(newcomer.loginId)
  await press(helpdesk, '検索')
  await desk
    .getByRole('link', { name: new RegExp(newcomer.loginId) })
    .first()
    .click()
  await expect(desk.getByText('ロック中').first()).toBeVisible()
  await shot(desk, 'helpdesk-customer')
  await desk.getByRole('link', { name: 'ロックを解除する' }).first().click()
  await press(helpdesk, '確認へ')
  await expectMistakes(helpdesk)
  await expectAccessible(desk)
  await desk.getByRole('radio', { name: 'パスワードの入力誤り' }).check()
  await desk.getByLabel(/依頼書の番号/).fill('R8-0002')
  await desk.getByLabel(/依頼書の受領日/).fill(program.today())
  await desk.getByRole('checkbox', { name: /届出印と照合し/ }).check()
  await press(helpdesk, '確認へ')
  await press(helpdesk, '実行')
  await expect(desk.getByText('ロックを解除しました。')).toBeVisible()
  await expectAccessible(desk)

  await certificateLogin(user, newcomer.own)
  await expect(heading(user)).toHaveText('ホーム')

  const mails = await (await fetch(`${program.mailboxOrigin}/messages.json?to=${newcomer.email}`)).json()
  const bodies = JSON.stringify(mails)
  for (const secret of [acquisitionPassword, newcomer.first, newcomer.own])
    expect(bodies).not.toContain(secret)
})

test('F-01, F-02, F-03 the administrator sees all of it, and the chain is whole', async () => {
  const { page } = admin
  await page.getByRole('link', { name: '操作履歴照会', exact: true }).first().click()
  await expect(heading(admin)).toHaveText('操作履歴照会')
  await expectAccessible(page)
  await shot(page, 'history')
  await page.getByLabel(/ログインIDまたは名前/).fill(newcomer.loginId)
  for (const operation of [
    '利用者の登録',
    '電子証明書取得用パスワードの発行',
    '電子証明書の取得',
    'パスワードの変更',
    'ログインロック',
    'ログインロックの解除',
    '銀行担当者によるお客様情報の照会',
  ]) {
    await page
      .getByLabel('操作', { exact: false })
      .and(page.locator('select'))
      .selectOption({ label: operation })
    await press(admin, '検索')
    await expect(page.getByRole('cell', { name: operation, exact: true }).first(), operation).toBeVisible()
  }
  const verified = await program.sekisho('audit:verify')
  expect(verified.output).toContain('All 7 chains are whole')
  expect(verified.code).toBe(0)
})

test('B-12, B-14, C-15 logout, idle timeout, a replayed cookie and a bare cookie are refused', async () => {
  const { page, context } = user
  const home = page.url()
  const [cookie] = (await context.cookies(home)).filter(({ name }) => name === '__Host-sekisho')
  expect(cookie).toBeDefined()

  const { code, output } = await curl(home, cookie?.value ?? '')
  expect(code, 'the same cookie without the certificate').toBe(403)
  expect(output).not.toContain(newcomer.name)
  await page.goto(home)
  await expect(heading(user)).toHaveText('ホーム')

  await logOut(user)
  await page.goBack()
  await expect(page.getByText(newcomer.name)).toHaveCount(0)
  await context.clearCookies()
  if (cookie) await context.addCookies([cookie])
  const replayed = await page.goto(home)
  expect(replayed?.status(), 'the replayed cookie').toBe(401)

  await certificateLogin(user, newcomer.own)
  await expect(heading(user)).toHaveText('ホーム')
  await program.moveClock(30 * 60)
  await page.getByRole('link', { name: '操作履歴照会', exact: true }).first().click()
  await expect(page.getByText('一定の時間操作がなかったため')).toBeVisible()
  await expectAccessible(page)
  await page.goBack()
  await page.reload()
  await expect(page.getByText(newcomer.name)).toHaveCount(0)
})
