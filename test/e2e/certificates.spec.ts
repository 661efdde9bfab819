import { expect, test } from '@playwright/test'
import { expectAccessible } from './support/axe.ts'
import { type Person, personAt } from './support/browser.ts'
import { logIn } from './support/login.ts'
import { fillOfficerProof, toConsole } from './support/officer.ts'
import { type Program, startProgram } from './support/program.ts'
import { goTo, heading, press } from './support/screen.ts'
import { guidePicture, shot } from './support/screenshot.ts'

/**
 * The life of a certificate in real browsers: enrolled eleven months ago, renewed with the old and the new one in the
 * same store, checked, revoked by an administrator in the middle of the user's work, reported lost by its owner.
 */
test.describe.configure({ mode: 'serial' })

const day = 86_400
/** A calendar year less some days: the certificate is in its last month once the clock is back. */
const ago = 345 * day
const owner = { loginId: '2004000002', password: 'Teiketsu2026' }
const changedPassword = 'Teiketsu2027'
const recommended = {
  admin: { file: 'recommended-admin.p12', password: 'aoi-yama-ni-kumo-26' },
  user: {
    file: 'recommended-user.p12',
    password: 'shiroi-kawa-ni-ishi-7',
    loginId: 'riyou@recommended.sekisho.example',
  },
}

let program: Program
const people: Person[] = []

const newPerson = async (file?: string): Promise<Person> => {
  const person = await personAt(program, file)
  people.push(person)
  return person
}

test.beforeAll(async () => {
  program = await startProgram({ clockSeconds: -ago })
})

test.afterAll(async () => {
  await Promise.all(people.map(person => person.close()))
  await program?.remove()
})

const toCertificateLogin = async (person: Person) => {
  await person.page.goto(`${program.portalOrigin}/login/certificate`)
  await expect(heading(person)).toHaveText('電子証明書ログイン')
}

const downloaded = async ({ page }: Person): Promise<string> => {
  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: 'ダウンロード', exact: true }).click()
  return (await download).path()
}

/** The page as the import guides show it, in both languages (C-17). */
const pictures = async ({ page }: Person, name: string) => {
  const address = new URL(page.url())
  await page.setViewportSize({ width: 900, height: 900 })
  for (const lang of ['en', 'ja'] as const) {
    address.searchParams.set('lang', lang)
    await page.goto(address.href)
    await guidePicture(page, name, lang)
  }
  await page.setViewportSize({ width: 1280, height: 900 })
}

let holder: Person

test('C-02 eleven months ago the user enrols and imports the certificate', async () => {
  const helpdesk = await newPerson('operator.p12')
  const { page } = helpdesk
  await toConsole(program, helpdesk)
  await page.getByLabel(/検索する文字/).fill(owner.loginId)
  await press(helpdesk, '検索')
  await page
    .getByRole('link', { name: new RegExp(owner.loginId) })
    .first()
    .click()
  // The demo's own certificate ends with the old computer, and a new acquisition password is shown, in one case (C-08).
  await page.getByRole('link', { name: 'パソコン変更の手続きをする' }).click()
  await expectAccessible(page)
  await page.getByRole('radio', { name: 'パソコンの入れ替え' }).check()
  await page.getByLabel(/依頼書の番号/).fill('R8-0001')
  await page.getByLabel(/依頼書の受領日/).fill(program.today())
  await page.getByRole('checkbox', { name: /届出印と照合し/ }).check()
  await page.getByRole('radio', { name: /お電話/ }).check()
  await press(helpdesk, '確認へ')
  await press(helpdesk, '実行')
  await fillOfficerProof(program, helpdesk)
  await press(helpdesk, 'パスワードを表示する')
  await expectAccessible(page)
  const acquisitionPassword = (await page.locator('#secret').innerText()).trim()

  holder = await newPerson()
  await holder.page.goto(`${program.portalOrigin}/enrolment`)
  await holder.page.locator('#loginId').fill(owner.loginId)
  await holder.page.locator('#password').fill(owner.password)
  await holder.page.locator('#acquisitionPassword').fill(acquisitionPassword)
  await press(holder, '電子証明書取得')
  await expect(heading(holder)).toHaveText('証明書ダウンロード')
  holder.importCertificate(await downloaded(holder), acquisitionPassword)
  await logIn(program, holder, owner.password)
  await expect(heading(holder)).toHaveText('確認用パスワードの登録')
})

test('C-04, C-05 in its last month it is renewed; old and new are in the store, and the new one logs in', async () => {
  await program.moveClock(ago)
  const { page } = holder
  await logIn(program, holder, owner.password)
  // The password has run out in eleven months: its change comes before anything else (B-08), then the other's (B-21).
  await page.locator('#current').fill(owner.password)
  for (const name of ['next', 'nextAgain']) await page.locator(`#${name}`).fill(changedPassword)
  await press(holder, 'パスワード変更')
  await expect(heading(holder)).toHaveText('確認用パスワードの登録')
  for (const name of ['next', 'nextAgain']) await page.locator(`#${name}`).fill('Kakunin0002')
  await press(holder, '登録')
  await expect(heading(holder)).toHaveText('ホーム')
  await expect(page.getByText(/あと\d+日です/)).toBeVisible()
  await expectAccessible(page)
  await shot(page, 'home-expiring')
  await page.getByRole('link', { name: '私の証明書' }).first().click()
  await expectAccessible(page)
  await shot(page, 'my-certificates')

  await toCertificateLogin(holder)
  const old = await page
    .getByText(/\d{4}年\d+月\d+日 23時59分59秒/)
    .first()
    .innerText()
  await shot(page, 'login-renewal')
  await page.getByRole('link', { name: '証明書更新', exact: true }).click()
  await expectAccessible(page)
  await page.locator('#password').fill(changedPassword)
  await press(holder, '電子証明書取得')
  await expect(heading(holder)).toHaveText('証明書ダウンロード')
  await expectAccessible(page)
  await pictures(holder, 'download')
  holder.importCertificate(await downloaded(holder), changedPassword)
  await toCertificateLogin(holder)
  await expect(page.getByText(/\d{4}年\d+月\d+日 23時59分59秒/).first()).not.toHaveText(old)
  await pictures(holder, 'login')
  await page.locator('#password').fill(changedPassword)
  await press(holder, 'ログイン')
  await expect(heading(holder)).toHaveText(/ホーム|再ログイン/)
})

test('C-07, C-14 an administrator revokes, and the user’s session ends in the middle of the work', async () => {
  const [user, admin] = [await newPerson(recommended.user.file), await newPerson(recommended.admin.file)]
  for (const [person, who] of [
    [user, recommended.user],
    [admin, recommended.admin],
  ] as const) {
    await logIn(program, person, who.password, '/e/recommended')
    await expect(heading(person)).toHaveText('ホーム')
  }
  await goTo(admin, '/administration')
  await admin.page.getByRole('link', { name: /証明書失効/ }).click()
  await expectAccessible(admin.page)
  await shot(admin.page, 'revocation-list')
  await admin.page
    .getByRole('row', { name: new RegExp(recommended.user.loginId) })
    .getByRole('button')
    .click()
  await expect(heading(admin)).toHaveText('証明書失効確認')
  await expectAccessible(admin.page)
  await shot(admin.page, 'revocation-confirm')
  const proof = admin.page.locator('input[type=password]')
  if ((await proof.count()) > 0) await proof.first().fill(recommended.admin.password)
  await press(admin, '実行')
  await expect(heading(admin)).toHaveText('証明書失効結果')
  await expect(admin.page.getByText('失効済み')).toBeVisible()
  await expectAccessible(admin.page)

  await goTo(user, '/certificates')
  await expect(user.page.getByText(/電子証明書が失効した/)).toBeVisible()
  await user.page.goto(`${program.portalOrigin}/e/recommended/login/certificate`)
  await expect(heading(user)).toHaveText('失効した電子証明書です')
  await expectAccessible(user.page)
})

test('C-17 the self-check sees certificate, script and clock; the guides are read without a login', async () => {
  const { page } = holder
  await page.goto(`${program.portalOrigin}/check`)
  await expect(page.getByText('JavaScriptが動作しています。')).toBeVisible()
  await expect(page.getByText('パソコンの時計は合っています。')).toBeVisible()
  await page.getByRole('link', { name: '電子証明書を確かめる' }).click()
  await expect(page.getByText('ご利用になれる電子証明書が提示されました。')).toBeVisible()
  await expectAccessible(page)
  await shot(page, 'self-check')
  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: 'ダウンロードを試す' }).click()
  expect((await download).suggestedFilename()).toBe('sekisho-check.txt')
  for (const guide of ['windows', 'mac', 'firefox', 'deletion'])
    for (const lang of ['ja', 'en']) {
      await page.goto(`${program.portalOrigin}/guide/${guide}?lang=${lang}`)
      await expectAccessible(page)
    }
  await shot(page, 'guide-deletion')
})

test('C-19 its owner reports the computer lost: the certificate in use ends with the session', async () => {
  const { page } = holder
  await logIn(program, holder, changedPassword)
  await expect(heading(holder)).toHaveText(/ホーム|再ログイン/)
  if ((await heading(holder).innerText()) === '再ログイン') await press(holder, '再ログイン')
  await expect(heading(holder)).toHaveText('ホーム')
  await goTo(holder, '/certificates')
  await page
    .getByRole('row', { name: /この画面で使用中/ })
    .getByRole('link', { name: /紛失・盗難の届出/ })
    .click()
  await expectAccessible(page)
  await press(holder, '届け出て失効する')
  await expect(heading(holder)).toHaveText('電子証明書を失効しました')
  await expectAccessible(page)
  await shot(page, 'loss-result')
})
