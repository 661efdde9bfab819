import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'

const root = join(import.meta.dirname, '..', '..', '..')
const renewing = process.env.KEEP_SCREENSHOTS === '1'
/** A picture is half a second's work, and nobody looks at most of them: they are taken when asked for. */
const looking = process.env.SCREENSHOTS === '1'

/**
 * Where a picture goes, if it is wanted. With KEEP_SCREENSHOTS=1 those that lie in `folder` already are renewed there,
 * with SCREENSHOTS=1 all go to test/output/screenshots; an ordinary run takes none.
 */
const pathOf = (folder: string[], name: string): string | undefined => {
  const kept = join(root, ...folder, name)
  if (renewing && existsSync(kept)) return kept
  return looking ? join(root, 'test', 'output', 'screenshots', name) : undefined
}

/** A picture as `<name>.png`: of the whole page, or for the README of what the window shows of it. */
export const shot = async (page: Page, name: string): Promise<void> => {
  const path = pathOf(['docs', 'screenshots'], `${name}.png`)
  if (!path) return
  if (renewing) await page.evaluate('window.scrollTo(0, 0)')
  await page.screenshot({ path, fullPage: !renewing, animations: 'disabled' })
}

/** A picture of what a page says, for the import guides: `<name>-<lang>.png` below public/img/guide. */
export const guidePicture = async (page: Page, name: string, lang: 'ja' | 'en'): Promise<void> => {
  const path = pathOf(['public', 'img', 'guide'], `${name}-${lang}.png`)
  if (!path) return
  const box = await page.locator('main').boundingBox()
  if (!box) throw new Error(`${page.url()} has no main part to be pictured`)
  // What the guide speaks of is at the top of the page.
  await page.screenshot({
    path,
    clip: { ...box, height: Math.min(box.height, 720) },
    animations: 'disabled',
  })
}
