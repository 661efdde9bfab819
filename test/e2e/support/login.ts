import { expect } from '@playwright/test'
import type { Person } from './browser.ts'
import type { Program } from './program.ts'
import { heading, press } from './screen.ts'

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
  await person.page.getByRole('button', { name: 'ログアウト', exact: true }).first().click()
  await press(person, 'ログアウトする')
  await expect(heading(person)).toHaveText(/ログアウト/)
}
