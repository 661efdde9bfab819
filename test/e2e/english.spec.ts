import { expect, test } from '@playwright/test'
import { expectAccessible } from './support/axe.ts'
import { type Person, personAt } from './support/browser.ts'
import { officerPassword, registerOfficer } from './support/officer.ts'
import { type Program, startProgram } from './support/program.ts'

/** I-03: the main pages for somebody who has chosen English, on a screen and on a telephone. */
test.describe.configure({ mode: 'serial' })

let program: Program
let admin: Person
let officer: Person

test.beforeAll(async () => {
  program = await startProgram()
  admin = await personAt(program, 'admin.p12', 'en-US')
  officer = await personAt(program, 'operator.p12', 'en-US')
})

test.afterAll(async () => {
  await Promise.all([admin, officer].map(person => person?.close()))
  await program?.remove()
})

/** English, said to be so, and nothing for axe to find. What stays Japanese are names and what people have typed. */
const expectEnglish = async ({ page }: Person, heading: RegExp) => {
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(heading)
  await expect(page.locator('html')).toHaveAttribute('lang', 'en')
  await expectAccessible(page)
}

const logIn = async ({ page }: Person, entrance: string, password: string) => {
  await page.goto(program.portalOrigin + entrance)
  await page.getByRole('link', { name: /^(Log in with a certificate|Certificate login)/ }).click()
  await page.locator('#password').fill(password)
}

test('I-03 entry, enrolment and login', async () => {
  const { page } = admin
  await page.goto(`${program.portalOrigin}/`)
  await page.getByRole('button', { name: 'English' }).click()
  await expectEnglish(admin, /Log in/)
  await page.goto(`${program.portalOrigin}/enrolment`)
  await expectEnglish(admin, /[Cc]ertificate/)
  await logIn(admin, '/', 'Sekisho2026')
  await expectEnglish(admin, /[Ll]og ?in/)
  await page.keyboard.press('Enter')
  await expectEnglish(admin, /^Home$/)
})

test('I-03 users, a step of the wizard, and the history, also on a telephone', async () => {
  const { page } = admin
  const at = (path: string) => page.goto(new URL(path, page.url()).href)
  await at('/users')
  await expectEnglish(admin, /Users/)
  await page.getByRole('button', { name: 'Register', exact: false }).click()
  await expectEnglish(admin, /Register a user/)
  await at('/history')
  await expectEnglish(admin, /^Operation history$/)

  // An ID is on one line, however many columns there are beside it.
  const lines = await page.evaluate<number>(`(() => {
    const cell = document.querySelector('tbody [data-label="For"]')
    const text = [...cell.childNodes].find(node => node.textContent.includes('2004000001'))
    const range = document.createRange()
    const start = text.textContent.indexOf('2004000001')
    range.setStart(text, start)
    range.setEnd(text, start + '2004000001'.length)
    return range.getClientRects().length
  })()`)
  expect(lines).toBe(1)

  for (const path of ['/history', '/users']) {
    await page.setViewportSize({ width: 360, height: 800 })
    await at(path)
    const table = page.locator('.table-scroll')
    // Rows are blocks: nothing lies beyond the edge, no word is cut into letters.
    expect(await table.evaluate(each => each.scrollWidth - each.clientWidth)).toBeLessThanOrEqual(0)
    const widths = await page
      .locator('tbody .govuk-table__cell:visible')
      .evaluateAll(cells => cells.map(cell => cell.getBoundingClientRect().width))
    expect(Math.min(...widths)).toBeGreaterThan(250)
    await expectAccessible(page)
  }
})

test('I-03 the helpdesk’s search', async () => {
  const { page } = officer
  await page.goto(`${program.portalOrigin}/helpdesk`)
  await page.getByRole('button', { name: 'English' }).click()
  await logIn(officer, '/helpdesk', officerPassword)
  await page.keyboard.press('Enter')
  await page.waitForURL(/registration$/)
  await expectEnglish(officer, /one-time password/)
  await registerOfficer(program, officer)
  await expectEnglish(officer, /[Cc]ustomer/)
  await page.locator('#q').fill('2004000001')
  await page.keyboard.press('Enter')
  await expect(page.getByText('管理　太郎').first()).toBeVisible()
  await expectEnglish(officer, /[Cc]ustomer/)
})
