import { type Enrolled, enrolledUser } from '../../../support/certificates.ts'
import { sql } from '../../../support/database.ts'
import { textsOn, versionOn } from '../../../support/forms.ts'
import type { Portal } from '../../../support/portal.ts'
import type { Page, Visitor } from '../../../support/visitor.ts'

export type Fields = Record<string, string>

/** What the form on screen is filled in with. */
export const fieldsOn = (page: Page): Fields => ({
  ...textsOn(page),
  ...Object.fromEntries(
    [...page.html.matchAll(/name="(approval-[^"]+)" value="([^"]+)" checked/g)].map(
      ([, name = '', value = '']) => [name, value],
    ),
  ),
})

/** Sends the form on screen with these fields changed. */
export const submit = (admin: Visitor, changed: Fields = {}): Promise<Page> =>
  admin.post(admin.page.path, { version: versionOn(admin.page), ...fieldsOn(admin.page), ...changed })

/** At the form of 企業情報の変更. */
export const begin = async (admin: Visitor): Promise<Page> => {
  await admin.get('/company/information')
  const form = await admin.post('/company/change')
  if (!form.path.endsWith('/settings')) throw new Error(`not at the form but at ${form.path}: ${form.text}`)
  return form
}

/** As far as the confirm page. */
export const change = async (admin: Visitor, changed: Fields): Promise<Page> => {
  await begin(admin)
  const confirm = await submit(admin, changed)
  if (!confirm.path.endsWith('/confirm'))
    throw new Error(`not at the confirm page but at ${confirm.path}: ${confirm.text}`)
  return confirm
}

export const press = (admin: Visitor, confirmationPassword: string): Promise<Page> =>
  admin.post(admin.page.path, { version: versionOn(admin.page), confirmationPassword })

/** A second administrator of the demo's company, logged in by a certificate of their own. */
export const secondAdministrator = async (
  portal: Portal,
): Promise<{ admin: Visitor; person: Enrolled; confirmationPassword: string }> => {
  const person = await enrolledUser(portal)
  await sql(portal.database.ownerUrl, `UPDATE "user" SET role = 'administrator' WHERE id = '${person.id}'`)
  const admin = portal.visitor(person.identity)
  await admin.logIn(person.password)
  if (admin.page.path !== '/home') throw new Error(`the second administrator is at ${admin.page.path}`)
  return { admin, person, confirmationPassword: 'Kakunin2026x' }
}
