import { readFileSync } from 'node:fs'
import { expect, test } from '@playwright/test'
import type { DemoServiceSettings } from '../../src/demo-service-file.ts'
import { expectAccessible } from './support/axe.ts'
import { type Person, personAt } from './support/browser.ts'
import { logOut } from './support/login.ts'
import { type Program, startProgram } from './support/program.ts'

/** G-04 and G-05: from a tile into the demo service, which runs beside the portal, and out again by both sides. */
test.describe.configure({ mode: 'serial' })

const password = 'Sekisho2026'
const tile = '資金管理サービス（デモ）'
let program: Program
let admin: Person

test.beforeAll(async () => {
  program = await startProgram()
  admin = await personAt(program, 'admin.p12')
})

test.afterAll(async () => {
  await admin?.close()
  await program?.remove()
})

const heading = () => admin.page.getByRole('heading', { level: 1 })

const logIn = async () => {
  const { page } = admin
  await page.getByRole('link', { name: '電子証明書ログイン' }).click()
  await page.getByLabel('パスワード 必須').fill(password)
  await page.getByRole('button', { name: 'ログイン', exact: true }).click()
}

test('G-04 a click on the tile lands in the service, which knows who comes and how', async () => {
  const { page } = admin
  await page.goto(`${program.portalOrigin}/`)
  await logIn()
  await expect(heading()).toHaveText('ホーム')
  const home = page.url()
  await page.getByRole('link', { name: tile }).click()
  await expect(heading()).toHaveText('ようこそ')
  await expect(page.getByText('株式会社関所商事')).toBeVisible()
  await expect(page.getByText('電子証明書とパスワード')).toBeVisible()
  await expectAccessible(page)
  const service = page.url()

  // A logout of the portal is passed on: the service's own page knows it as soon as it was told.
  await page.goto(home)
  await logOut(admin)
  await expect(async () => {
    await page.goto(service)
    await expect(heading()).toHaveText('ログインしていません', { timeout: 500 })
  }).toPass()
  await expectAccessible(page)
})

test('G-04 without a session the login comes first and leads on to the service; a logout there ends the portal’s', async () => {
  const { page } = admin
  await page.goto(`${program.portalOrigin}/services/demo`)
  await logIn()
  await expect(heading()).toHaveText('ようこそ')

  await page.getByRole('button', { name: 'ログアウト' }).click()
  await expect(heading()).toHaveText('ログアウト')
  await expectAccessible(page)
  await page.getByRole('button', { name: 'ログアウト' }).click()
  await expect(heading()).toHaveText('ログインしていません')
  expect(new URL(page.url()).pathname).toBe('/logged-out')
  await page.goto(`${program.portalOrigin}/services/demo`)
  await expect(heading()).toHaveText('ログイン')
})

test('G-05 what a service asks wrongly is answered by pages of ours, in both languages', async () => {
  const { page } = admin
  const asked = {
    '/oidc/auth?client_id=nobody': ['受け付けられない操作です', 'This request cannot be accepted'],
    '/oidc/session/end?id_token_hint=none': ['受け付けられない操作です', 'This request cannot be accepted'],
    '/oidc/session/end': ['ログアウト', 'Log out'],
  }
  for (const [address, [japanese = '', english = '']] of Object.entries(asked)) {
    await page.goto(program.portalOrigin + address)
    await expect(heading()).toHaveText(japanese)
    await expectAccessible(page)
    const there = new URL(page.url())
    there.searchParams.set('lang', 'en')
    await page.goto(there.href)
    await expect(heading()).toHaveText(english)
    await expectAccessible(page)
  }
})

test('G-05 I-02 a service that takes its answer by a form gets it, without a click', async () => {
  const { page } = admin
  const { clients, origin } = JSON.parse(
    readFileSync(`${program.dataDir}/demo/service.json`, 'utf8'),
  ) as DemoServiceSettings
  const asked = new URLSearchParams({
    client_id: clients['2004000000']?.clientId ?? '',
    redirect_uri: `${origin}/callback`,
    response_type: 'code',
    response_mode: 'form_post',
    scope: 'openid',
    code_challenge: 'a'.repeat(43),
    code_challenge_method: 'S256',
  })
  await page.goto(`${program.portalOrigin}/`)
  await logIn()
  await expect(heading()).toHaveText('ホーム')
  // As whoever has no JavaScript sees it.
  await page.route('**/js/goes-on.js', route => route.abort())
  await page.goto(`${program.portalOrigin}/oidc/auth?${asked}`)
  await expect(page.locator('form[data-goes-on]')).toHaveAttribute('action', `${origin}/callback`)
  await expect(heading()).toHaveText('サービスへ移動しています')
  await expectAccessible(page)
  await page.unroute('**/js/goes-on.js')
  // Chrome asks before it sends a form in the clear, as the demo's address is: it is sent to one that is not.
  const secure = `${program.portalOrigin}/form-target`
  await page.route('**/js/goes-on.js', route =>
    route.fulfill({
      contentType: 'text/javascript',
      body: `document.querySelector('form[data-goes-on]').action = '${secure}'\n${readFileSync('public/js/goes-on.js', 'utf8')}`,
    }),
  )
  const posted = page.waitForRequest(secure)
  await page.goto(`${program.portalOrigin}/oidc/auth?${asked}`)
  expect((await posted).postData()).toMatch(/code=/)
})
