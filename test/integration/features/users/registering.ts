import { versionOn } from '../../../support/forms.ts'
import type { Page, Visitor } from '../../../support/visitor.ts'

type Fields = Record<string, string | string[]>

/** A user as an administrator types one; each test takes a login ID of its own. */
export const basic = (loginId: string, changed: Fields = {}): Fields => ({
  loginId,
  loginIdAgain: loginId,
  loginPassword: 'Hajimete2026',
  loginPasswordAgain: 'Hajimete2026',
  forceChange: 'on',
  name: '佐藤　健一',
  email: 'ken1@example.co.jp',
  emailAgain: 'ken1@example.co.jp',
  role: 'user',
  ...changed,
})

export const permissions: Fields = {
  permissions: ['balance.view', 'transfer.request_new', 'transfer.request_preregistered', 'history.all'],
}

/** `/users/new/<draft>` of the page on screen. */
export const draftOf = (page: Page): string => page.path.split('/').slice(0, 4).join('/')

/** Fills in the page on screen and presses its button. */
export const submit = (admin: Visitor, fields: Fields = {}): Promise<Page> =>
  admin.post(admin.page.path, { version: versionOn(admin.page), ...fields })

export const begin = async (admin: Visitor): Promise<string> => {
  await admin.get('/users')
  return draftOf(await admin.post('/users/new'))
}

/** The ids of the accounts offered on the page on screen. */
export const accountsOn = (page: Page): string[] =>
  [...page.html.matchAll(/name="accounts" value="([^"]+)"/g)].map(([, id = '']) => id)

/** As far as the confirm page. */
export const fillIn = async (admin: Visitor, loginId: string, changed: Fields = {}): Promise<string> => {
  const draft = await begin(admin)
  await submit(admin, basic(loginId, changed))
  await submit(admin, permissions)
  await submit(admin, { accounts: accountsOn(admin.page).slice(0, 1), 'limit-transfer': '1,000,000' })
  if (!admin.page.path.endsWith('/confirm'))
    throw new Error(`not at the confirm page but at ${admin.page.path}: ${admin.page.text}`)
  return draft
}
