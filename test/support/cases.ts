import { businessDayOf } from '../../src/kernel/business-day.ts'
import { proofOf } from './officers.ts'
import type { Portal } from './portal.ts'
import type { Page, Visitor } from './visitor.ts'

/** The hidden fields of an act's form. */
export const hiddenOf = (page: Page) => {
  const hidden = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(page.html)?.[1] ?? ''
  return { caseId: hidden('caseId'), seen: hidden('seen') }
}

/** The paper of an act, filled in for the form that this page shows. */
export const casePaper = (
  { clock }: Pick<Portal, 'clock'>,
  page: Page,
  fields: Record<string, string> = {},
): Record<string, string> & { caseId: string } => ({
  ...hiddenOf(page),
  reasonChoice: 'other',
  reasonText: '試験のため',
  formNumber: 'R8-0001',
  formReceivedOn: businessDayOf(clock.now()),
  sealChecked: 'on',
  delivery: 'phone',
  ...fields,
})

/**
 * Opens an act's form for a user and sends it, confirm page and all; `page` says where it led: the case, or what stands in
 * the way. Gives the case's id.
 */
export const openCase = async (
  portal: Pick<Portal, 'clock'>,
  officer: Visitor,
  userId: string,
  act: string,
  fields: Record<string, string> = {},
): Promise<string> => {
  const address = `/helpdesk/users/${userId}/${act}`
  if ((await officer.get(address)).status !== 200) return ''
  const filled = casePaper(portal, officer.page, fields)
  await officer.post(`${address}/confirmation`, filled)
  if (officer.page.status === 200) await officer.post(address, filled)
  return filled.caseId
}

/** Approves a prepared case, with the officer's proof. */
export const approveCase = async (officer: Visitor, caseId: string): Promise<Page> => {
  await officer.get(`/helpdesk/cases/${caseId}`)
  return officer.post(`/helpdesk/cases/${caseId}/approval`, proofOf(officer))
}

/** Fetches the secret of a case onto the page, once; undefined where none is shown. */
export const fetchSecret = async (officer: Visitor, caseId: string): Promise<string | undefined> => {
  await officer.get(`/helpdesk/cases/${caseId}`)
  await officer.post(`/helpdesk/cases/${caseId}/secret`, proofOf(officer))
  return shownSecret(officer.page)
}

/** The secret that a page shows; of the signs in it HTML writes one in words. */
export const shownSecret = ({ html }: Page): string | undefined =>
  /id="secret"[^>]*>([^<]+)</.exec(html)?.[1]?.replaceAll('&amp;', '&')
