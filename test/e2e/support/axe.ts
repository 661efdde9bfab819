import { AxeBuilder } from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'

/**
 * Fails with every finding of axe on the page as it stands: rule, what is wrong, and the elements concerned. Our pages
 * have no frames, so axe runs in the page itself (its legacy mode) and needs no second, blank one to put frames together.
 */
export const expectAccessible = async (page: Page): Promise<void> => {
  // Half a page has no main part, and links to what has not come yet.
  await page.waitForLoadState()
  expect(page.frames(), `frames of ${page.url()}`).toHaveLength(1)
  const { violations } = await new AxeBuilder({ page })
    .setLegacyMode()
    .options({ resultTypes: ['violations'] })
    .analyze()
  const findings = violations.map(
    ({ id, help, nodes }) => `${id}: ${help}\n${nodes.map(node => `    ${node.html}`).join('\n')}`,
  )
  expect(findings, `axe on ${page.url()}`).toEqual([])
}
