import { expect, type Locator, type Page } from '@playwright/test'

/** Somebody at a page, whoever they are. */
type AtPage = { page: Page }

/**
 * The page once its script has run: the summary of mistakes takes the focus then, and what was being typed elsewhere
 * would be lost. Headings and fields are looked for in here wherever somebody goes on typing at once.
 */
export const ready = ({ page }: AtPage): Locator => page.locator('body.js-enabled')

/** What the page is called, above everything else on it, as soon as the page is ready. */
export const heading = (at: AtPage): Locator => ready(at).getByRole('heading', { level: 1 })

/** The page says that something is missing or wrong, and leads there. */
export const expectMistakes = async ({ page }: AtPage): Promise<void> => {
  await expect(page).toHaveTitle(/^エラー：/)
  await expect(page.locator('.govuk-error-summary')).toBeFocused()
}

/** Presses the button of exactly this name. */
export const press = ({ page }: AtPage, name: string): Promise<void> =>
  page.getByRole('button', { name, exact: true }).click()

/** To an address of the host that the person is at: of the portal, or of their own certificate. */
export const goTo = async ({ page }: AtPage, path: string): Promise<void> => {
  await page.goto(new URL(path, page.url()).href)
}
