import { expect } from '@playwright/test'
import type { Person } from './browser.ts'
import type { Program } from './program.ts'
import { heading } from './screen.ts'

/** 電子証明書ログイン as far as the password leads; `entrance` as it is in the address, `/e/rokin` or `/helpdesk`. */
export const logIn = async (
  program: Program,
  { page }: Person,
  password: string,
  entrance = '',
): Promise<void> => {
  await page.goto(`${program.portalOrigin}${entrance}/login/certificate`)
  await page.locator('#password').fill(password)
  await page.locator('#password').press('Enter')
}

/** 「ログアウト」 at the top of a page, and yes to the question that follows. */
export const logOut = async (person: Person): Promise<void> => {
  const { page } = person
  // Before the page's script has run there is no question: the button logs out at once.
  const asking = page.locator('[aria-haspopup=dialog]')
  await page
    .locator('header')
    .getByRole('button', { name: /^(ログアウト|Log out)$/ })
    .and(asking)
    .click()
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^(ログアウトする|Log out)$/ })
    .click()
  await expect(heading(person)).toHaveText(/^(ログアウトしました|You are logged out)$/)
}
