import { chmodSync, existsSync, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { type Copy, startCopy } from '../support/copies.ts'
import { type RunningNginx, startNginx } from '../support/nginx.ts'
import { freePorts } from '../support/ports.ts'
import { expectAccessible } from './support/axe.ts'
import { openBrowser, type Person } from './support/browser.ts'
import { removeFolder } from './support/folder.ts'
import { logOut } from './support/login.ts'
import { placeDemo } from './support/program.ts'

/** The demo behind nginx, as a browser sees it; what nginx passes on and what not is test/integration/front. */
test.describe('behind nginx', () => {
  test.describe.configure({ mode: 'serial' })
  let base: string
  let dataDir: string
  let copy: Copy
  let nginx: RunningNginx
  let person: Person
  let origin: string

  test.beforeAll(async () => {
    base = mkdtempSync(join(tmpdir(), 'sekisho-e2e-nginx-'))
    chmodSync(base, 0o755)
    dataDir = join(base, 'data')
    placeDemo(dataDir)
    const frontFolder = join(base, 'front')
    mkdirSync(frontFolder, { mode: 0o750 })
    const [httpsPort, httpPort, plainPort, mailboxPort] = await freePorts(4)
    if (!httpsPort || !httpPort) throw new Error('no port')
    origin = `https://localhost:${httpsPort}`
    copy = await startCopy(
      ['serve'],
      {
        DATA_DIR: dataDir,
        FRONT_SOCKET: join(frontFolder, 'a.sock'),
        PORTAL_ORIGIN: origin,
        HTTP_PORT: String(plainPort),
        MAILBOX_PORT: String(mailboxPort),
      },
      printed => printed.includes(origin) && existsSync(join(frontFolder, 'crl.pem')),
    )
    nginx = await startNginx({
      ...{ frontFolder, httpsPort, httpPort, folder: join(base, 'nginx'), tlsFolder: join(dataDir, 'tls') },
      ...{ portalHost: 'localhost', certDomain: 'cert.localhost' },
    })
    person = await openBrowser({ authority: join(dataDir, 'demo', 'ca.pem'), certPort: httpsPort })
  })

  test.afterAll(async () => {
    await person?.close()
    await nginx?.stop()
    await copy?.stop()
    if (base) removeFolder(base)
  })

  test('B-02 without a certificate, the page says what to do', async () => {
    const { page } = person
    await page.goto(`${origin}/`)
    await page.getByRole('link', { name: '電子証明書ログイン' }).first().click()
    await expect(page.getByRole('heading', { level: 1 })).toContainText('電子証明書')
    await expectAccessible(page)
  })

  test('B-01 to B-03 with one, the login leads home and out again', async () => {
    const { page } = person
    person.importCertificate(join(dataDir, 'demo', 'admin.p12'), 'DemoShutoku2026')
    await page.goto(`${origin}/`)
    await page.getByRole('link', { name: '電子証明書ログイン' }).first().click()
    await page.getByLabel('パスワード 必須').fill('Sekisho2026')
    await page.getByRole('button', { name: 'ログイン', exact: true }).click()
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('ホーム')
    await expectAccessible(page)
    expect(new URL(page.url()).hostname).toMatch(/^[0-9a-f]{20}\.cert\.localhost$/)
    await logOut(person)
    await page.goBack()
    await page.reload()
    await expect(page.getByRole('heading', { level: 1 })).not.toHaveText('ホーム')
  })
})
