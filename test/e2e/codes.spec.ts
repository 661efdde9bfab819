import { expect, type Page, test } from '@playwright/test'
import { Secret, TOTP } from 'otpauth'
import { expectAccessible } from './support/axe.ts'
import { type Person, personAt } from './support/browser.ts'
import { codeAtTelephone } from './support/mailbox.ts'
import { type Program, startProgram } from './support/program.ts'
import { expectReadable, expectReadableInEnglish } from './support/readable.ts'

/**
 * Codes in a real browser, at the demo's companies that use them: a code by SMS and the terms at omakase's; at
 * sevenbank's one-time passwords from their first registration to their suspension, its end, their revocation and a new one.
 */
test.describe.configure({ mode: 'serial' })

const omakase = { loginId: 'omakase02', password: 'Akiko2026', mobile: '+819012345602' }
const administrator = { loginId: 'kanri01', password: 'Tenpo2026', confirmationPassword: 'Kakunin26' }
const user = { loginId: 'riyou01', password: 'Haruko2026' }

let program: Program
/** The administrator's browser and the user's. */
let admin: Person
let person: Person
let clockSeconds = 0
const apps = new Map<string, TOTP>()

test.beforeAll(async () => {
  program = await startProgram()
  admin = await personAt(program)
  person = await personAt(program)
})

test.afterAll(async () => {
  await Promise.all([admin, person].map(each => each?.close()))
  await program?.remove()
})

const heading = (page: Page) => page.getByRole('heading', { level: 1 })
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()

/** The page in both languages. */
const lookAround = async (page: Page) => {
  await expectReadable(page)
  await expectReadableInEnglish(page)
}

/** What the app shows a step later: a code counts once, and the last one may have been shown just now. */
const nextCode = async (loginId: string): Promise<string> => {
  await program.moveClock(30)
  clockSeconds += 30
  return apps.get(loginId)?.generate({ timestamp: Date.now() + clockSeconds * 1000 }) ?? ''
}

/** Six digits that the app shows at none of the steps around now. */
const wrongCode = (loginId: string): string => {
  const near = [-2, -1, 0, 1, 2].map(step =>
    apps.get(loginId)?.generate({ timestamp: Date.now() + (clockSeconds + step * 30) * 1000 }),
  )
  return ['000000', '111111', '222222', '333333', '444444', '555555'].find(code => !near.includes(code)) ?? ''
}

const enter = async (page: Page, entrance: string, who: { loginId: string; password: string }) => {
  await page.goto(`${program.portalOrigin}/e/${entrance}/login/password`)
  await page.locator('#loginId').fill(who.loginId)
  await page.locator('#password').fill(who.password)
  await press(page, 'ログイン')
  await expect(heading(page)).toHaveText('追加の認証')
}

const logOut = async (page: Page) => {
  await page.getByRole('button', { name: 'ログアウト', exact: true }).first().click()
  await page.locator('[data-dialog-accept]').click()
  await expect(heading(page)).toHaveText(/ログアウト/)
}

/** From the page of the second factor to home, by the key that the page shows beside its QR code. */
const register = async (page: Page, loginId: string) => {
  await press(page, 'ワンタイムパスワードを登録する')
  await expect(heading(page)).toHaveText('ワンタイムパスワードの登録')
  const image = page.getByRole('img', { name: /QRコード/ })
  await expect
    .poll(() => image.evaluate(element => 'naturalWidth' in element && element.naturalWidth))
    .toBeGreaterThan(0)
  const key = (await page.locator('#otp-key').textContent()) ?? ''
  apps.set(loginId, new TOTP({ secret: Secret.fromBase32(key.replaceAll(' ', '')) }))
}

const check = async (page: Page, loginId: string) => {
  await page.locator('#oneTimePassword').fill(await nextCode(loginId))
  await press(page, '登録')
}

test('B-18, B-15 a code by SMS from the mailbox, then the terms, then home', async () => {
  const { page } = person
  await enter(page, 'omakase', omakase)
  await lookAround(page)
  await press(page, '認証コードを送る')
  await lookAround(page)
  await page.locator('#code').fill('12345')
  await press(page, '認証する')
  await expect(page.locator('#code-error')).toBeVisible()
  await lookAround(page)
  await page.locator('#code').fill(await codeAtTelephone(program, omakase.mobile))
  await press(page, '認証する')
  await expect(heading(page)).toHaveText('利用規定の確認')
  await lookAround(page)
  await page.getByLabel('利用規定の内容を承諾します').check()
  await press(page, '次へ')
  await expect(heading(page)).toHaveText('ホーム')
  await logOut(page)
})

test('B-17 the first login registers a one-time password by QR code and check code', async () => {
  for (const [{ page }, who] of [
    [person, user],
    [admin, administrator],
  ] as const) {
    await enter(page, 'sevenbank', who)
    if (who === user) await lookAround(page)
    await register(page, who.loginId)
    if (who === user) {
      await lookAround(page)
      await page.locator('#oneTimePassword').fill(wrongCode(who.loginId))
      await press(page, '登録')
      await expect(page.locator('#oneTimePassword-error')).toBeVisible()
    }
    await check(page, who.loginId)
    // The user has no confirmation password yet: one is set before anything else (B-21).
    if (who === user) {
      await expect(heading(page)).toHaveText('確認用パスワードの登録')
      await lookAround(page)
      await page.locator('#next').fill('Kakunin99')
      await page.locator('#nextAgain').fill('Kakunin99')
      await press(page, '登録')
    }
    await expect(heading(page)).toHaveText('ホーム')
  }
  await logOut(person.page)
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
  await press(page, 'ログイン')
  for (let n = 0; n < 5; n++) {
    await page.locator('#oneTimePassword').fill(wrongCode(user.loginId))
    await press(page, '認証する')
    // The page that comes back has an empty field, or at the fifth none.
    if (n < 4) await expect(page.locator('#oneTimePassword')).toHaveValue('')
  }
  await expect(page.getByText('利用停止になっています').first()).toBeVisible()
  await expect(page.locator('#oneTimePassword')).toHaveCount(0)
  await lookAround(page)
})

/** An administrator's act on the user's token, confirmed by both of what this company asks for (B-17, B-21, D-10). */
const administer = async (list: string, choose: string, done: string, look?: typeof lookAround) => {
  const { page } = admin
  await page.goto(`${program.portalOrigin}${list}`)
  await look?.(page)
  await page
    .getByRole('row', { name: new RegExp(user.loginId) })
    .getByRole('button', { name: choose })
    .click()
  await expect(page.locator('#confirmationPassword')).toBeVisible()
  await look?.(page)
  await page.locator('#confirmationPassword').fill(administrator.confirmationPassword)
  await press(page, '実行')
  await expect(page.locator('#oneTimePassword-error')).toBeVisible()
  await page.locator('#confirmationPassword').fill(administrator.confirmationPassword)
  await page.locator('#oneTimePassword').fill(await nextCode(administrator.loginId))
  await press(page, '実行')
  await expect(page.getByText(done)).toBeVisible()
  await look?.(page)
}

test('D-10 the administrator lifts the suspension, by confirmation password and one-time password', async () => {
  await administer(
    '/users/otp-suspensions',
    '解除',
    'ワンタイムパスワードの利用停止を解除しました。',
    lookAround,
  )
  const { page } = person
  await enter(page, 'sevenbank', user)
  await page.locator('#oneTimePassword').fill(await nextCode(user.loginId))
  await press(page, '認証する')
  await expect(heading(page)).toHaveText('ホーム')
  await logOut(page)
})

test('B-17, D-10 a revoked token opens nothing, and another is registered in its place', async () => {
  // Its pages are those of the suspension's end, and were looked at there.
  await administer('/users/otp-tokens', '失効', 'ワンタイムパスワードのトークンを失効しました。')
  const { page } = person
  await enter(page, 'sevenbank', user)
  await expect(page.locator('#oneTimePassword')).toHaveCount(0)
  const lost = apps.get(user.loginId)
  await register(page, user.loginId)
  expect(apps.get(user.loginId)?.secret.base32).not.toBe(lost?.secret.base32)
  await check(page, user.loginId)
  await expect(heading(page)).toHaveText('ホーム')
})
