import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { expectAccessible } from './support/axe.ts'
import { openBrowser, type Person } from './support/browser.ts'
import { type Program, startProgram } from './support/program.ts'

test.describe('the program as npm start runs it', () => {
  let program: Program
  let person: Person
  test.beforeAll(async () => {
    program = await startProgram({ emptyData: true })
    person = await openBrowser({
      authority: join(program.dataDir, 'demo', 'ca.pem'),
      certPort: program.certPort,
    })
  })
  test.afterAll(async () => {
    await person?.close()
    await program?.remove()
  })

  test('B-01 shows the entry page in Japanese, and axe finds nothing on it', async () => {
    await person.page.goto(program.portalOrigin)
    await expect(person.page.locator('html')).toHaveAttribute('lang', 'ja')
    await expect(person.page.getByText('電子証明書ログイン').first()).toBeVisible()
    await expectAccessible(person.page)
  })

  test('starts again on the same data', async () => {
    await program.restart()
    await person.page.goto(program.portalOrigin)
    await expect(person.page.getByText('電子証明書取得').first()).toBeVisible()
  })

  test('the doctor finds it running, and looks at what it runs on', async () => {
    const beside = await program.sekisho('doctor')
    expect(beside.code, beside.output).toBe(0)
    for (const words of [
      `✔ The portal runs at ${program.portalOrigin}, and serves`,
      `✔ Port ${program.certPort} (CERT_PORT) is the running portal's`,
      '✔ The database is up to date',
      "✔ The clock is the database's",
      'is good until',
    ])
      expect(beside.output).toContain(words)
    await program.stop()
    const alone = await program.sekisho('doctor')
    expect(alone.output).toContain(`✔ Port ${program.certPort} (CERT_PORT) is free`)
    expect(alone.output).not.toContain('The portal runs')
  })
})
