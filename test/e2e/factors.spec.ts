import { type CDPSession, expect, test } from '@playwright/test'
import { freshCode, readKey } from './support/authenticator.ts'
import { expectAccessible } from './support/axe.ts'
import { type Person, personAt } from './support/browser.ts'
import { logOut } from './support/login.ts'
import { fromMailTo } from './support/mailbox.ts'
import { type Program, startProgram } from './support/program.ts'
import { expectReadable, expectReadableInEnglish } from './support/readable.ts'
import { heading, press } from './support/screen.ts'

/**
 * Factors in a real browser: the software keyboard at the login, a one-time password by its key, a passkey of a virtual
 * authenticator made on the portal's origin from a certificate session, recovery codes, and a login by passkey.
 */
test.describe.configure({ mode: 'serial' })

const demo = {
  loginId: 'kanri@recommended.sekisho.example',
  password: 'aoi-yama-ni-kumo-26',
  file: 'recommended-admin.p12',
}

/** The administrator's from the forgotten one on. */
const password = 'kiiroi-umi-to-sora-88'

let program: Program
let person: Person
let authenticator: { cdp: CDPSession; id: string }
let recoveryCode = ''
/** One that is used up where the telephone is not at hand. */
let spareCode = ''
/** What the browser was kept from fetching, on any page of this walk. */
const blocked: string[] = []

test.beforeAll(async () => {
  program = await startProgram()
  person = await personAt(program, demo.file)
  person.page.on('requestfailed', request => {
    const why = request.failure()?.errorText ?? ''
    if (why.includes('BLOCKED')) blocked.push(`${request.url()} ${why}`)
  })
  const cdp = await person.context.newCDPSession(person.page)
  await cdp.send('WebAuthn.enable')
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  authenticator = { cdp, id: authenticatorId }
})

test.afterAll(async () => {
  await person?.close()
  await program?.remove()
})

const lookAround = () => expectReadable(person.page)

test('B-11 the password is typed on the shuffled software keyboard, without a mouse', async () => {
  const { page } = person
  await page.goto(`${program.portalOrigin}/e/recommended/login/certificate`)
  await expect(page.locator('#password')).toBeVisible()
  const opener = page.getByRole('button', { name: /ソフトウェアキーボードを開く/ })
  await opener.focus()
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: 'ソフトウェアキーボード' })
  await expect(dialog).toBeVisible()
  await lookAround()
  const order = await dialog.locator('.hg-button').allTextContents()
  await dialog.getByRole('button', { name: 'x', exact: true }).click()
  await dialog.getByRole('button', { name: 'キャンセル' }).click()
  await expect(page.locator('#password')).toHaveValue('')
  await opener.click()
  await expect(dialog).toBeVisible()
  expect(await dialog.locator('.hg-button').allTextContents()).not.toEqual(order)
  for (const letter of demo.password) {
    await dialog.getByRole('button', { name: letter, exact: true }).focus()
    await page.keyboard.press('Space')
  }
  await expect(dialog.locator('.keyboard__echo')).toHaveText('●'.repeat(demo.password.length))
  await dialog.getByRole('button', { name: '確定' }).click()
  await expect(page.locator('#password')).toHaveValue(demo.password)
  await expect(page.locator('#password')).toBeFocused()
  await press(person, 'ログイン')
  await expect(heading(person)).toHaveText('ホーム')
})

test('B-17, B-22 a one-time password is registered after the password was asked again', async () => {
  const { page } = person
  await page.getByRole('link', { name: 'セキュリティ設定' }).first().click()
  await expect(heading(person)).toHaveText('セキュリティ設定')
  await lookAround()
  await press(person, 'ワンタイムパスワードを登録する')
  await expect(heading(person)).toHaveText('ご本人の再確認')
  await lookAround()
  await page.locator('#loginPassword').fill(demo.password)
  await press(person, '確認')
  await expect(heading(person)).toHaveText('セキュリティ設定')
  await press(person, 'ワンタイムパスワードを登録する')
  await expect(heading(person)).toHaveText('ワンタイムパスワードの登録')
  const app = await readKey(person)
  await lookAround()
  await page.locator('#oneTimePassword').fill(await freshCode(program, app))
  await press(person, '登録')
  await expect(page.getByText('ワンタイムパスワードを登録しました。')).toBeVisible()
})

test('B-19 a passkey is made on the portal’s own origin, from a session on a certificate host', async () => {
  const { page } = person
  const certificateHost = new URL(page.url()).host
  expect(certificateHost).toContain('.cert.localhost')
  await press(person, 'パスキーを追加する')
  await expect(heading(person)).toHaveText('パスキーの登録')
  expect(new URL(page.url()).origin).toBe(program.portalOrigin)
  await lookAround()
  await page.getByLabel(/パスキーの名前/).fill('会社のノートパソコン')
  await press(person, 'パスキーを登録する')
  await expect(heading(person)).toHaveText('パスキーの登録完了')
  await expectAccessible(page)
  const { credentials } = await authenticator.cdp.send('WebAuthn.getCredentials', {
    authenticatorId: authenticator.id,
  })
  expect(credentials).toHaveLength(1)
  expect(credentials[0]?.rpId).toBe('localhost')
  const used = page.url()
  await page.getByRole('link', { name: 'セキュリティ設定へ戻る' }).click()
  await page.waitForURL(({ host }) => host === certificateHost)
  await expect(page.getByText('会社のノートパソコン').first()).toBeVisible()
  await page.goto(used)
  await expect(heading(person)).toHaveText('パスキーを登録できません')
  await page.goto(`https://${certificateHost}/security`)
})

test('B-19 recovery codes are shown once', async () => {
  const { page } = person
  await press(person, 'リカバリーコードを発行する')
  await expect(heading(person)).toHaveText('リカバリーコードの発行')
  await lookAround()
  const codes = await page.locator('.recovery-codes code').allTextContents()
  expect(codes).toHaveLength(10)
  recoveryCode = codes[4] ?? ''
  spareCode = codes[7] ?? ''
  await page.getByRole('link', { name: '控えました' }).click()
  await expect(page.getByText('残り10個')).toBeVisible()
  await logOut(person)
})

test('B-15 a forgotten password: the mailed link, a recovery code in place of the app, and the passkey', async () => {
  const { page } = person
  await page.goto(`${program.portalOrigin}/e/recommended/forgotten-password`)
  await page.locator('#loginId').fill(demo.loginId)
  await press(person, 'ご案内を送る')
  await page.goto(await fromMailTo(program, demo.loginId, /(https:\/\/\S+\/password-reset\/\S+)/))
  await expect(page.locator('#oneTimePassword')).toBeVisible()
  await lookAround()
  await expectReadableInEnglish(page)
  const fill = async (code: string) => {
    await page.locator('#loginId').fill(demo.loginId)
    await page.locator('#password').fill(password)
    await page.locator('#passwordAgain').fill(password)
    await page.locator('#recoveryCode').fill(code)
    await press(person, 'パスキーで認証して再設定')
  }
  await fill('9-abcd-abcd-abcd-abcd')
  await expect(page.locator('#recoveryCode-error')).toBeVisible()
  await lookAround()
  await fill(spareCode)
  await expect(heading(person)).toHaveText('パスワードの再設定完了')
  await expectAccessible(page)
})

test('B-19 the passkey stands in for the certificate: ID, password, passkey', async () => {
  const { page } = person
  await page.goto(`${program.portalOrigin}/e/recommended/login/password`)
  await page.locator('#loginId').fill(demo.loginId)
  await page.locator('#password').fill(password)
  await press(person, 'ログイン')
  await expect(heading(person)).toHaveText('追加の認証')
  await lookAround()
  await page.goto(`${program.portalOrigin}/home`)
  await expect(heading(person)).toHaveText('追加の認証')
  // A device that does not know its user's finger opens nothing.
  await authenticator.cdp.send('WebAuthn.setUserVerified', {
    authenticatorId: authenticator.id,
    isUserVerified: false,
  })
  await press(person, 'パスキーで認証する')
  await expect(page.locator('#passkey-error')).toBeVisible()
  await authenticator.cdp.send('WebAuthn.setUserVerified', {
    authenticatorId: authenticator.id,
    isUserVerified: true,
  })
  await press(person, 'パスキーで認証する')
  await expect(heading(person)).toHaveText('ホーム')
  expect(new URL(page.url()).origin).toBe(program.portalOrigin)
})

test('B-22 on the portal the passkey, or the one-time password, proves anew who is there', async () => {
  const { page } = person
  await page.goto(`${program.portalOrigin}/security`)
  await press(person, 'リカバリーコードを発行し直す')
  await expect(heading(person)).toHaveText('ご本人の再確認')
  await expect(page.locator('#oneTimePassword')).toBeVisible()
  await expect(page.locator('#loginPassword')).toHaveCount(0)
  await press(person, 'パスキーで認証する')
  await expect(heading(person)).toHaveText('セキュリティ設定')
  await page.goto(`${program.portalOrigin}/users/certificates`)
  await page.getByRole('button', { name: /利用.冬子/ }).click()
  await expect(heading(person)).toHaveText(/失効確認/)
  await lookAround()
  await press(person, 'パスキーで認証して実行する')
  await expect(page.getByText('失効済み').first()).toBeVisible()
  await page.goto(`${program.portalOrigin}/security?lang=en`)
  await expect(heading(person)).toHaveText('Security settings')
  await lookAround()
  await logOut(person)
})

test('A-01 the passkey stands in for the acquisition password: ID, password, passkey, certificate', async () => {
  const { page } = person
  const withPasskey = page.getByRole('button', { name: 'パスキーで確認して電子証明書取得' })
  // Before its script has come, or without any, the button would send a form that nobody has signed (I-02).
  await page.route('**/js/passkey.js', route => route.abort())
  await page.goto(`${program.portalOrigin}/e/recommended/enrolment`)
  await expect(heading(person)).toHaveText(/証明書/)
  await expect(withPasskey).toBeHidden()
  await page.unroute('**/js/passkey.js')
  await page.reload()
  await expect(withPasskey).toBeVisible()
  await lookAround()
  await expectReadableInEnglish(page)
  await page.locator('#loginId').fill(demo.loginId)
  await page.locator('#password').fill('machigaeta-kotoba-26')
  await press(person, 'パスキーで確認して電子証明書取得')
  await expect(page.getByRole('alert').first()).toContainText('取得できませんでした')
  await lookAround()
  await page.locator('#loginId').fill(demo.loginId)
  await page.locator('#password').fill(password)
  await press(person, 'パスキーで確認して電子証明書取得')
  // The waiting page goes on by itself.
  await expect(page.getByRole('button', { name: 'ファイルのパスワードを表示する' })).toBeVisible()
  await lookAround()
  await press(person, 'ファイルのパスワードを表示する')
  await expect(page.locator('#file-password')).toBeVisible()
  await lookAround()
})

test('B-19 a lost passkey: a recovery code opens the portal once', async () => {
  const { page } = person
  await authenticator.cdp.send('WebAuthn.clearCredentials', { authenticatorId: authenticator.id })
  for (const works of [true, false]) {
    await page.goto(`${program.portalOrigin}/e/recommended/login/password`)
    await page.locator('#loginId').fill(demo.loginId)
    await page.locator('#password').fill(password)
    await press(person, 'ログイン')
    await expect(heading(person)).toHaveText('追加の認証')
    await page.locator('#recoveryCode').fill(recoveryCode)
    await press(person, 'リカバリーコードで認証する')
    if (works) {
      await expect(heading(person)).toHaveText('ホーム')
      await logOut(person)
    } else await expect(page.locator('#recoveryCode-error')).toBeVisible()
  }
})

test('B-03 style sheets, fonts, scripts and images reach the pages of every host', async () => {
  expect(blocked).toEqual([])
})
