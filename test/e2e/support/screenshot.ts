import { join } from 'node:path'
import type { Page } from '@playwright/test'

const root = join(import.meta.dirname, '..', '..', '..')

/**
 * A picture of the whole page as `<name>.png`, in test/output/screenshots. With KEEP_SCREENSHOTS=1 it goes to
 * docs/screenshots, where README shows it, so that an ordinary test run leaves the working tree clean.
 */
export const shot = async (page: Page, name: string): Promise<void> => {
  const folder =
    process.env.KEEP_SCREENSHOTS === '1' ? ['docs', 'screenshots'] : ['test', 'output', 'screenshots']
  await page.screenshot({
    path: join(root, ...folder, `${name}.png`),
    fullPage: true,
    animations: 'disabled',
  })
}
