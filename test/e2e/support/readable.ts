import { expect, type Page } from '@playwright/test'
import { expectAccessible } from './axe.ts'
import { shot } from './screenshot.ts'

/** The page as it stands: nothing for axe to find, and on a telephone nothing that runs out at the side. */
export const expectReadable = async (page: Page, picture?: string): Promise<void> => {
  await expectAccessible(page)
  if (picture) await shot(page, picture)
  await page.setViewportSize({ width: 360, height: 740 })
  const over = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth')
  expect(over, `${page.url()} at 360 px`).toBeLessThanOrEqual(0)
  if (picture) await shot(page, `${picture}-360`)
  await page.setViewportSize({ width: 1280, height: 900 })
}

/** The same in English, and back. */
export const expectReadableInEnglish = async (page: Page, picture?: string): Promise<void> => {
  await page.getByRole('button', { name: 'English', exact: true }).click()
  await expect(page.locator('html[lang=en] body.js-enabled')).toBeAttached()
  await expectReadable(page, picture && `${picture}-en`)
  await page.getByRole('button', { name: '日本語', exact: true }).click()
  await expect(page.locator('html[lang=ja] body.js-enabled')).toBeAttached()
}
