import type { Locator, Page } from '@playwright/test'

/** Somebody at a page, whoever they are. */
type AtPage = { page: Page }

/** What the page is called, above everything else on it. */
export const heading = ({ page }: AtPage): Locator => page.getByRole('heading', { level: 1 })

/** Presses the button of exactly this name. */
export const press = ({ page }: AtPage, name: string): Promise<void> =>
  page.getByRole('button', { name, exact: true }).click()

/** To an address of the host that the person is at: of the portal, or of their own certificate. */
export const goTo = async ({ page }: AtPage, path: string): Promise<void> => {
  await page.goto(new URL(path, page.url()).href)
}
