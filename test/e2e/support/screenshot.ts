import { join } from 'node:path'
import type { Page } from '@playwright/test'

const root = join(import.meta.dirname, '..', '..', '..')

/**
 * A picture of the whole page as `<name>.png`, in test/output/screenshots. With KEEP_SCREENSHOTS=1 what the window shows
 * of it goes to docs/screenshots for the README, so that an ordinary test run leaves the working tree clean.
 */
export const shot = async (page: Page, name: string): Promise<void> => {
  const kept = process.env.KEEP_SCREENSHOTS === '1'
  const folder = kept ? ['docs', 'screenshots'] : ['test', 'output', 'screenshots']
  await page.screenshot({
    path: join(root, ...folder, `${name}.png`),
    fullPage: !kept,
    animations: 'disabled',
  })
}

/**
 * A picture of what a page says, for the import guides: `<name>-<lang>.png` below public/img/guide when they are renewed
 * (KEEP_SCREENSHOTS=1), else beside the other pictures of a run.
 */
export const guidePicture = async (page: Page, name: string, lang: 'ja' | 'en'): Promise<void> => {
  const folder =
    process.env.KEEP_SCREENSHOTS === '1' ? ['public', 'img', 'guide'] : ['test', 'output', 'screenshots']
  const box = await page.locator('main').boundingBox()
  if (!box) throw new Error(`${page.url()} has no main part to be pictured`)
  // What the guide speaks of is at the top of the page.
  await page.screenshot({
    path: join(root, ...folder, `${name}-${lang}.png`),
    clip: { ...box, height: Math.min(box.height, 720) },
    animations: 'disabled',
  })
}
