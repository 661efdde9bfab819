import { readFileSync } from 'node:fs'
import { expect, type Page, test } from '@playwright/test'
import { hasPdftotext, wordsOfPdf } from '../support/pdf.ts'
import { expectAccessible } from './support/axe.ts'
import { type Person, personAt } from './support/browser.ts'
import { logIn } from './support/login.ts'
import { type Program, startProgram } from './support/program.ts'
import { goTo, heading } from './support/screen.ts'
import { shot } from './support/screenshot.ts'

/** G-07 and F-01: 「印刷」 and F9 ask, a PDF opens in a screen of its own; the history as CSV and on paper. */
test.describe.configure({ mode: 'serial' })

const administrator = { loginId: '2004000001', password: 'Sekisho2026' }
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

/** A file as this browser gets it, with its certificate and its cookies. */
const fileAt = async (page: Page, href: string): Promise<Buffer> =>
  Buffer.from(
    await page.evaluate<string, string>(
      `(async href => {
        const answer = await fetch(href)
        const bytes = new Uint8Array(await answer.arrayBuffer())
        let text = ''
        for (const byte of bytes) text += String.fromCharCode(byte)
        return btoa(text)
      })(${JSON.stringify(href)})` as never,
      href,
    ),
    'base64',
  )

test('G-07 「印刷」 and F9 ask 「印刷してよろしいですか?」 before the PDF opens', async () => {
  const { page } = admin
  await logIn(program, admin, administrator.password)
  await expect(heading(admin)).toHaveText('ホーム')

  await goTo(admin, '/users')
  await page.getByRole('row', { name: administrator.loginId }).getByRole('link', { name: /^照会/ }).click()
  await expect(heading(admin)).toHaveText('利用者照会')
  const question = page.getByRole('dialog', { name: '印刷してよろしいですか?' })
  await expect(page.getByText('(F9)')).toBeVisible()
  await expectAccessible(page)
  await shot(page, 'enquiry-print')

  await page.keyboard.press('F9')
  await expect(question).toBeVisible()
  await expectAccessible(page)
  await shot(page, 'print-dialog')
  await question.getByRole('button', { name: 'キャンセル' }).click()
  await expect(question).toBeHidden()

  await page.getByRole('link', { name: '印刷' }).click()
  const printed = page.context().waitForEvent('response', {
    predicate: answer => answer.headers()['content-type'] === 'application/pdf',
  })
  const file = question.getByRole('link', { name: 'OK' })
  const href = (await file.getAttribute('href')) ?? ''
  await file.click()
  expect((await printed).status()).toBe(200)
  await expect(question).toBeHidden()

  const pdf = await fileAt(page, href)
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
  if (hasPdftotext) {
    const words = wordsOfPdf(pdf)
    for (const said of ['利用者照会', 'BRSK005', administrator.loginId, 'サービス利用権限'])
      expect(words).toContain(said)
  }
})

test('I-02 without JavaScript the question is a page', async () => {
  const { page } = admin
  await goTo(admin, `${new URL(page.url()).pathname}?print=ask`)
  await expect(page.getByText('印刷してよろしいですか?')).toBeVisible()
  await expectAccessible(page)
  await shot(page, 'print-question')
  await page.getByRole('link', { name: 'キャンセル' }).click()
  await expect(heading(admin)).toHaveText('利用者照会')
})

test('F-01 the history goes out as CSV and PDF, and F-04 says so', async () => {
  const { page } = admin
  await goTo(admin, '/history?operation=page.printed')
  await expectAccessible(page)
  await shot(page, 'history-files')
  const downloading = page.waitForEvent('download')
  await page.getByRole('link', { name: 'CSVダウンロード' }).click()
  const download = await downloading
  expect(download.suggestedFilename()).toBe('操作履歴一覧.csv')
  const csv = readFileSync(await download.path(), 'utf8')
  expect(csv.startsWith('\ufeff履歴番号,操作日時')).toBe(true)
  expect(csv).toContain('画面の印刷')

  if (hasPdftotext) {
    const words = wordsOfPdf(await fileAt(page, '/history?print=pdf'))
    expect(words).toContain('操作履歴の出力')
    expect(words).toContain('履歴の連鎖の先頭')
  }
  await goTo(admin, '/history?operation=history.exported')
  await expect(page.getByRole('row', { name: '操作履歴の出力' }).first()).toBeVisible()
  await goTo(admin, '/history/exports')
  await expectAccessible(page)
})

test('I-01 the same in English on a telephone', async () => {
  const { page } = admin
  await page.setViewportSize({ width: 360, height: 740 })
  await page.getByRole('button', { name: 'English' }).click()
  await goTo(admin, '/history')
  await expect(page.getByRole('link', { name: 'Print (F9)' })).toBeVisible()
  await expectAccessible(page)
  await shot(page, 'history-files-telephone')
  const overflow = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  )
  expect(overflow).toBeLessThanOrEqual(0)
  await page.keyboard.press('F9')
  await expect(page.getByRole('dialog', { name: 'Do you want to print this?' })).toBeVisible()
  await shot(page, 'print-dialog-telephone')
})
