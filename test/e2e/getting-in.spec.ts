import { expect, test } from '@playwright/test'
import { expectAccessible } from './support/axe.ts'
import { type Person, personAt } from './support/browser.ts'
import { fromMailTo } from './support/mailbox.ts'
import { toConsole } from './support/officer.ts'
import { type Program, startProgram } from './support/program.ts'
import { expectReadable, expectReadableInEnglish } from './support/readable.ts'
import { heading, press, ready } from './support/screen.ts'
import { shot } from './support/screenshot.ts'

/**
 * Getting in without a certificate, as people do it: contract number and password, a forgotten password by mail, the
 * terms that an officer publishes, and a master user's first registration with the code of the mailbox.
 */
test.describe.configure({ mode: 'serial' })

const prosrv = {
  contract: '5001000000',
  loginId: 'kanri01',
  password: 'Bussan2026',
  mail: 'kanri@prosrv.sekisho.example',
}
const nextPassword = 'Atarashii2027'

let program: Program
let person: Person

test.beforeAll(async () => {
  program = await startProgram()
  person = await personAt(program)
})

test.afterAll(async () => {
  await person?.close()
  await program?.remove()
})

const lookAround = () => expectReadable(person.page)
const inEnglish = () => expectReadableInEnglish(person.page)

const enter = async (password: string) => {
  const { page } = person
  await page.goto(`${program.portalOrigin}/e/prosrv/login/password`)
  await page.locator('#contractNumber').fill(prosrv.contract)
  await page.locator('#loginId').fill(prosrv.loginId)
  await page.locator('#password').fill(password)
  await press(person, 'ログイン')
}

test('B-04 the message says what is blank or wrong, and 「OK」 closes it', async () => {
  const { page } = person
  await page.goto(`${program.portalOrigin}/e/prosrv/login/password`)
  await expect(heading(person)).toHaveText('ログイン')
  await lookAround()
  await inEnglish()
  await press(person, 'ログイン')
  await expect(page.getByRole('alert')).toContainText('ご契約番号が入力されていません')
  await enter('Machigai2026')
  await expect(page.getByRole('alert')).toContainText('誤りがあります')
  await lookAround()
  await shot(page, 'contract-login')
  await press(person, 'OK')
  await expect(page.getByRole('alert')).toHaveCount(0)
  await expect(page.locator('#loginId')).toHaveValue(prosrv.loginId)
  await expect(page.locator('#password')).toHaveValue('')
})

test('B-15 a forgotten password is set anew by the link of a mail and the ID', async () => {
  const { page } = person
  await page.getByRole('link', { name: 'パスワードを忘れた方はコチラ' }).click()
  await lookAround()
  await inEnglish()
  await page.locator('#contractNumber').fill(prosrv.contract)
  await page.locator('#loginId').fill(prosrv.loginId)
  await press(person, 'ご案内を送る')
  await expect(heading(person)).toHaveText('ご案内をお送りしました')
  await lookAround()
  await page.goto(await fromMailTo(program, prosrv.mail, /(https:\/\/\S+\/password-reset\/\S+)/))
  await lookAround()
  await inEnglish()
  await page.locator('#contractNumber').fill(prosrv.contract)
  await page.locator('#loginId').fill(prosrv.loginId)
  await page.locator('#password').fill(nextPassword)
  await page.locator('#passwordAgain').fill(nextPassword)
  await press(person, '再設定')
  await expect(heading(person)).toHaveText('パスワードの再設定完了')
  await lookAround()
})

test('B-20 the login history shows the failure, and every session ends by one button', async () => {
  const { page } = person
  await enter(nextPassword)
  await expect(heading(person)).toHaveText('ホーム')
  await page.getByRole('link', { name: 'ログイン履歴' }).first().click()
  await expect(page.getByRole('table')).toContainText('ログインの失敗')
  await lookAround()
  await inEnglish()
  await shot(page, 'login-history')
  await press(person, 'すべての接続からログアウト')
  await expect(heading(person)).toHaveText('ログアウトしました')
})

test('B-15 an officer publishes terms, and users are asked to accept them', async () => {
  const officer = await personAt(program, 'approver.p12')
  try {
    const { page } = officer
    await toConsole(program, officer)
    await page.getByRole('link', { name: '利用規定' }).first().click()
    await expectAccessible(page)
    await page.getByRole('link', { name: /法人プロサービス/ }).click()
    await expectAccessible(page)
    await page.locator('#textJa').fill('第一条　本規定をご承諾ください。')
    await page.locator('#textEn').fill('Article 1. Please accept these terms.')
    await page.getByRole('button', { name: '公開する' }).click()
    await expect(page.getByText('第1版').first()).toBeVisible()
    await expectAccessible(page)
  } finally {
    await officer.close()
  }
  const { page } = person
  await enter(nextPassword)
  await expect(heading(person)).toHaveText('利用規定の確認')
  await lookAround()
  await inEnglish()
  await press(person, '次へ')
  await expect(page.getByRole('alert')).toContainText('承諾の欄が選択されていません')
  await page.getByLabel('利用規定の内容を承諾します').check()
  await press(person, '次へ')
  await expect(heading(person)).toHaveText('ホーム')
})

test('B-07 wrong passwords at a stranger’s computer keep the owner’s browser out of nothing', async () => {
  const stranger = await personAt(program)
  try {
    const { page } = stranger
    await page.goto(`${program.portalOrigin}/e/prosrv/login/password`)
    for (let guess = 0; guess < 6; guess++) {
      await page.locator('#contractNumber').fill(prosrv.contract)
      await page.locator('#loginId').fill(prosrv.loginId)
      await page.locator('#password').fill(`Machigai${guess}`)
      await page.getByRole('button', { name: 'ログイン', exact: true }).click()
      await expect(ready(stranger).getByRole('alert')).toContainText('15分ほどおいてから')
    }
    expect((await stranger.context.cookies()).map(each => each.name)).not.toContain('__Host-sekisho-browser')
  } finally {
    await stranger.close()
  }
  await enter(nextPassword)
  await expect(heading(person)).toHaveText('再ログイン')
  await press(person, '再ログイン')
  await expect(heading(person)).toHaveText('ホーム')
})

test('B-16 a master user registers with the initial password and the code of a mail', async () => {
  const { page } = person
  const made = await program.sekisho(
    'master:create',
    '3001000000',
    'Shinki01',
    '--name',
    '新規　太郎',
    '--mail',
    'shinki@rokin.sekisho.example',
  )
  expect(made.code, made.output).toBe(0)
  const initial = /initial password\s+(\S+)/.exec(made.output)?.[1] ?? ''
  await page.goto(`${program.portalOrigin}/e/rokin/registration/master`)
  await lookAround()
  await inEnglish()
  await page.locator('#loginId').fill('Shinki01')
  await page.locator('#password').fill(initial)
  await press(person, '次へ')
  await expect(heading(person)).toHaveText('メールアドレスの登録')
  await lookAround()
  await page.locator('#email').fill('jibun@rokin.sekisho.example')
  await page.locator('#emailAgain').fill('jibun@rokin.sekisho.example')
  await press(person, '認証コードを送る')
  await expect(heading(person)).toHaveText('認証コードの入力')
  await lookAround()
  await inEnglish()
  await page
    .locator('#code')
    .fill(await fromMailTo(program, 'jibun@rokin.sekisho.example', /認証コード：(\d{6})/))
  await press(person, '認証')
  await expect(heading(person)).toHaveText('ユーザーID・パスワードの登録')
  await lookAround()
  await shot(page, 'first-registration')
  await page.locator('#loginId').fill('Jibun001')
  await page.locator('#loginIdAgain').fill('Jibun001')
  await page.locator('#password').fill('Aoi-Sora-1')
  await page.locator('#passwordAgain').fill('Aoi-Sora-1')
  await press(person, '登録')
  await expect(heading(person)).toHaveText('初期登録完了')
  await lookAround()
})
