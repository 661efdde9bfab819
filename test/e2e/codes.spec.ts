import { expect, test } from '@playwright/test'
import { type Authenticator, freshCode, readKey, wrongCode } from './support/authenticator.ts'
import { expectAccessible } from './support/axe.ts'
import { type Person, personAt } from './support/browser.ts'
import { logOut } from './support/login.ts'
import { codeAtTelephone, fromMailTo } from './support/mailbox.ts'
import { type Program, startProgram } from './support/program.ts'
import { expectReadable, expectReadableInEnglish } from './support/readable.ts'
import { heading, press, ready } from './support/screen.ts'

/**
 * Codes in a real browser, at the demo's companies that use them. At omakase's: a code by SMS and the terms, then 個人情報
 * with a new mobile number and a new mail address. At sevenbank's: one-time passwords from their first registration to
 * their suspension, its end, their revocation and a new one.
 */
test.describe.configure({ mode: 'serial' })

const omakase = {
  loginId: 'omakase02',
  password: 'Akiko2026',
  mobile: '+819012345602',
  mail: 'riyou@omakase.sekisho.example',
}
const administrator = { loginId: 'kanri01', password: 'Tenpo2026', confirmationPassword: 'Kakunin26' }
const user = { loginId: 'riyou01', password: 'Haruko2026' }

let program: Program
/** The administrator's browser and the user's. */
let admin: Person
let person: Person
const apps = new Map<string, Authenticator>()

test.beforeAll(async () => {
  program = await startProgram()
  admin = await personAt(program)
  person = await personAt(program)
})

test.afterAll(async () => {
  await Promise.all([admin, person].map(each => each?.close()))
  await program?.remove()
})

/** The page in both languages, on a screen and on a telephone. */
const lookAround = async ({ page }: Person, picture?: string) => {
  await expectReadable(page, picture)
  await expectReadableInEnglish(page, picture)
}

const appOf = (loginId: string): Authenticator => {
  const app = apps.get(loginId)
  if (!app) throw new Error(`${loginId} has registered no one-time password`)
  return app
}

const enter = async (person: Person, entrance: string, who: { loginId: string; password: string }) => {
  const { page } = person
  await page.goto(`${program.portalOrigin}/e/${entrance}/login/password`)
  await page.locator('#loginId').fill(who.loginId)
  await page.locator('#password').fill(who.password)
  await press(person, 'ログイン')
  await expect(heading(person)).toHaveText('追加の認証')
}

/** From the page of the second factor to its check code, by the key that the page shows beside its QR code. */
const register = async (person: Person, loginId: string) => {
  await press(person, 'ワンタイムパスワードを登録する')
  await expect(heading(person)).toHaveText('ワンタイムパスワードの登録')
  apps.set(loginId, await readKey(person))
}

const check = async (person: Person, loginId: string) => {
  await person.page.locator('#oneTimePassword').fill(await freshCode(program, appOf(loginId)))
  await press(person, '登録')
}

test('B-18, B-15 a code by SMS from the mailbox, then the terms, then home', async () => {
  const { page } = person
  await enter(person, 'omakase', omakase)
  await lookAround(person)
  await press(person, '認証コードを送る')
  await lookAround(person)
  await page.locator('#code').fill('12345')
  await press(person, '認証する')
  await expect(page.locator('#code-error')).toBeVisible()
  await lookAround(person)
  await page.locator('#code').fill(await codeAtTelephone(program, omakase.mobile))
  await press(person, '認証する')
  await expect(heading(person)).toHaveText('利用規定の確認')
  await lookAround(person)
  await page.getByLabel('利用規定の内容を承諾します').check()
  await press(person, '次へ')
  await expect(heading(person)).toHaveText('ホーム')
})

test('G-06 a new mobile number counts once the code sent to it is typed, in time', async () => {
  const { page } = person
  await page.getByRole('link', { name: '個人情報', exact: true }).first().click()
  await expect(heading(person)).toHaveText('個人情報')
  await lookAround(person, 'personal-information')
  await press(person, '編集')
  await expect(heading(person)).toHaveText('個人情報編集')
  await page.locator('#mobile').fill('')
  await press(person, '登録')
  await expect(page.getByRole('alert')).toContainText('携帯電話番号が必要です')
  await lookAround(person, 'personal-information-mistake')
  await page.locator('#mobile').fill('０９０－５５５５－０１４１')
  await page.locator('#department').fill('経理部')
  await press(person, '登録')
  await expect(heading(person)).toHaveText('個人情報編集確認')
  await lookAround(person, 'personal-information-confirm')
  await page.locator('#loginPassword').fill(omakase.password)
  await press(person, '実行')
  await expect(heading(person)).toHaveText('個人情報編集結果')
  await lookAround(person, 'personal-information-result')

  await page.getByRole('link', { name: '認証コードの入力へ' }).click()
  await expect(heading(person)).toHaveText('携帯電話番号の変更')
  const code = await codeAtTelephone(program, '+819055550141')
  await page.locator('#code').fill(code === '000000' ? '000001' : '000000')
  await press(person, '変更')
  await expect(page.locator('#code-error')).toContainText('認証コードに誤りがあります')
  await lookAround(person, 'mobile-wrong-code')
  await program.moveClock(10 * 60)
  await page.locator('#code').fill(code)
  await press(person, '変更')
  await expect(page.locator('#code-error')).toContainText('有効期限が切れています')
  await expectReadable(page, 'mobile-late-code')

  // Another code takes another proof of who is there (B-22), and another number.
  await page.getByRole('link', { name: '認証コードを再送する', exact: true }).click()
  await expect(heading(person)).toHaveText('ご本人の再確認')
  await lookAround(person)
  await page.locator('#loginPassword').fill(omakase.password)
  await press(person, '確認')
  await expect(heading(person)).toHaveText('携帯電話番号の変更')
  await lookAround(person, 'mobile-change')
  for (const name of ['address', 'addressAgain']) await page.locator(`#${name}`).fill('090-5555-0142')
  await press(person, '認証コードを送る')
  await page.locator('#code').fill(await codeAtTelephone(program, '+819055550142'))
  await press(person, '変更')
  await expect(heading(person)).toHaveText('個人情報')
  await expect(page.getByText('携帯電話番号を変更しました。')).toBeVisible()
  await expect(page.getByText('090-5555-0142')).toBeVisible()
  await expect(page.getByText('経理部')).toBeVisible()
})

test('D-15 an address that nobody has proved is confirmed by its code, and nothing changes', async () => {
  const { page } = person
  const state = page.locator('.govuk-summary-list__row', { hasText: 'メールアドレス状態' })
  await expect(state).toContainText('未確認')
  await state.getByRole('link', { name: '確認する' }).click()
  await expect(heading(person)).toHaveText('メールアドレスの確認')
  await lookAround(person, 'mail-proof')
  await press(person, '認証コードを送る')
  await lookAround(person, 'mail-proof-code')
  const code = await fromMailTo(program, omakase.mail, /：(\d{6})/)
  await page.locator('#code').fill(code === '000000' ? '000001' : '000000')
  await press(person, '確認')
  await expect(page.locator('#code-error')).toContainText('認証コードに誤りがあります')
  await lookAround(person)
  await page.locator('#code').fill(code)
  await press(person, '確認')
  await expect(heading(person)).toHaveText('個人情報')
  await expect(state).toContainText('有効')
  await expect(page.getByText('メールアドレスを確認しました。')).toBeVisible()
  await lookAround(person, 'mail-proved')
})

test('G-06, B-22 a new mail address counts once its code is typed, and the old one is told', async () => {
  const { page } = person
  const mail = 'akiko@omakase.sekisho.example'
  await page.getByRole('link', { name: /^変更\s*（メールアドレス）/ }).click()
  await expect(heading(person)).toHaveText('メールアドレスの変更')
  await page.locator('#address').fill(mail)
  await page.locator('#addressAgain').fill('akiko@omakase.example')
  await press(person, '認証コードを送る')
  await expect(page.locator('#addressAgain-error')).toBeVisible()
  await lookAround(person, 'mail-change')
  for (const name of ['address', 'addressAgain']) await page.locator(`#${name}`).fill(mail)
  await press(person, '認証コードを送る')
  const code = await fromMailTo(program, mail, /：(\d{6})/)
  await page.locator('#code').fill(code === '000000' ? '000001' : '000000')
  await press(person, '変更')
  await expect(page.locator('#code-error')).toContainText('認証コードに誤りがあります')
  await lookAround(person, 'mail-wrong-code')
  await page.locator('#code').fill(code)
  await press(person, '変更')
  await expect(heading(person)).toHaveText('個人情報')
  await expect(page.getByText('メールアドレスを変更しました。')).toBeVisible()
  await expect(page.getByText(mail)).toBeVisible()
  expect(await fromMailTo(program, omakase.mail, /(メールアドレス)/)).toBeTruthy()
  await logOut(person)
  // The next login’s code goes to the new number (B-18).
  await enter(person, 'omakase', omakase)
  await expect(page.getByText(/0142）へ、SMSで/)).toBeVisible()
})

test('B-17 the first login registers a one-time password by QR code and check code', async () => {
  for (const [someone, who] of [
    [person, user],
    [admin, administrator],
  ] as const) {
    const { page } = someone
    await enter(someone, 'sevenbank', who)
    if (who === user) await lookAround(person)
    await register(someone, who.loginId)
    if (who === user) {
      await lookAround(person)
      await page.locator('#oneTimePassword').fill(wrongCode(program, appOf(who.loginId)))
      await press(someone, '登録')
      await expect(ready(someone).locator('#oneTimePassword-error')).toBeVisible()
    }
    await check(someone, who.loginId)
    // The user has no confirmation password yet: one is set before anything else (B-21).
    if (who === user) {
      await expect(heading(someone)).toHaveText('確認用パスワードの登録')
      await lookAround(person)
      await page.locator('#next').fill('Kakunin99')
      await page.locator('#nextAgain').fill('Kakunin99')
      await press(someone, '登録')
    }
    await expect(heading(someone)).toHaveText('ホーム')
  }
  await logOut(person)
})

test('B-17, B-11 five wrong codes suspend it; the password came from the software keyboard', async () => {
  const { page } = person
  await page.goto(`${program.portalOrigin}/e/sevenbank/login/password`)
  await page.locator('#loginId').fill(user.loginId)
  await page.getByRole('button', { name: /ソフトウェアキーボードを開く/ }).click()
  const keys = page.getByRole('dialog', { name: 'ソフトウェアキーボード' })
  for (const key of user.password) {
    if (/[A-Z]/.test(key)) await keys.getByRole('button', { name: '大文字／小文字' }).first().click()
    await keys.getByRole('button', { name: key, exact: true }).click()
    if (/[A-Z]/.test(key)) await keys.getByRole('button', { name: '大文字／小文字' }).first().click()
  }
  await expectAccessible(page)
  await keys.getByRole('button', { name: '確定' }).click()
  await press(person, 'ログイン')
  for (let n = 0; n < 5; n++) {
    await page.locator('#oneTimePassword').fill(wrongCode(program, appOf(user.loginId)))
    await press(person, '認証する')
    // The page that comes back has an empty field, or at the fifth none.
    if (n < 4) await expect(ready(person).locator('#oneTimePassword')).toHaveValue('')
  }
  await expect(page.getByText('利用停止になっています').first()).toBeVisible()
  await expect(page.locator('#oneTimePassword')).toHaveCount(0)
  await lookAround(person)
})

/** An administrator's act on the user's token, confirmed by both of what this company asks for (B-17, B-21, D-10). */
const administer = async (list: string, choose: string, done: string, look?: typeof lookAround) => {
  const { page } = admin
  await page.goto(`${program.portalOrigin}${list}`)
  await look?.(admin)
  await page
    .getByRole('row', { name: new RegExp(user.loginId) })
    .getByRole('button', { name: choose })
    .click()
  await expect(page.locator('#confirmationPassword')).toBeVisible()
  await look?.(admin)
  await page.locator('#confirmationPassword').fill(administrator.confirmationPassword)
  await press(admin, '実行')
  await expect(ready(admin).locator('#oneTimePassword-error')).toBeVisible()
  await page.locator('#confirmationPassword').fill(administrator.confirmationPassword)
  await page.locator('#oneTimePassword').fill(await freshCode(program, appOf(administrator.loginId)))
  await press(admin, '実行')
  await expect(page.getByText(done)).toBeVisible()
  await look?.(admin)
}

test('D-10 the administrator lifts the suspension, by confirmation password and one-time password', async () => {
  await administer(
    '/users/otp-suspensions',
    '解除',
    'ワンタイムパスワードの利用停止を解除しました。',
    lookAround,
  )
  const { page } = person
  await enter(person, 'sevenbank', user)
  await page.locator('#oneTimePassword').fill(await freshCode(program, appOf(user.loginId)))
  await press(person, '認証する')
  await expect(heading(person)).toHaveText('ホーム')
  await logOut(person)
})

test('B-17, D-10 a revoked token opens nothing, and another is registered in its place', async () => {
  // Its pages are those of the suspension's end, and were looked at there.
  await administer('/users/otp-tokens', '失効', 'ワンタイムパスワードのトークンを失効しました。')
  const { page } = person
  await enter(person, 'sevenbank', user)
  await expect(page.locator('#oneTimePassword')).toHaveCount(0)
  const lost = appOf(user.loginId)
  await register(person, user.loginId)
  expect(appOf(user.loginId).totp.secret.base32).not.toBe(lost.totp.secret.base32)
  await check(person, user.loginId)
  await expect(heading(person)).toHaveText('ホーム')
})
