import { approveCase, fetchSecret, openCase } from '../support/cases.ts'
import { logInAsStaff } from '../support/officers.ts'
import type { Portal } from '../support/portal.ts'
import type { Visitor } from '../support/visitor.ts'

/** An officer of the demo at the console. */
export const officer = async (portal: Portal, file: 'operator' | 'approver'): Promise<Visitor> =>
  logInAsStaff(portal, portal.visitor(await portal.identity(file)))

/** What two officers do on a sealed form, and the password that comes of it. */
export const byTwoOfficers = async (portal: Portal, userId: string, act: string): Promise<string> => {
  const [operator, approver] = [await officer(portal, 'operator'), await officer(portal, 'approver')]
  const caseId = await openCase(portal, operator, userId, act)
  await approveCase(approver, caseId)
  return (await fetchSecret(operator, caseId)) ?? ''
}
