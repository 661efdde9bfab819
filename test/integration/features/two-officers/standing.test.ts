import { afterAll, beforeAll, expect, it } from 'vitest'
import { businessDayOf } from '../../../../src/kernel/business-day.ts'
import { approveCase, casePaper, fetchSecret, openCase, shownSecret } from '../../../support/cases.ts'
import { sql } from '../../../support/database.ts'
import { newUser } from '../../../support/enrolment.ts'
import { meanwhile } from '../../../support/meanwhile.ts'
import { logInAsStaff, newOfficer, officerAtWork, proofOf } from '../../../support/officers.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'

// What two others have decided about an officer holds for the form that the officer has just sent.
let portal: Portal
let operator: Visitor
beforeAll(async () => {
  portal = await openPortal()
  operator = await officerAtWork(portal, 'operator', 'standing.operator')
})
afterAll(() => portal.close())

type Officer = { staffId: string; visitor: Visitor }

const atWork = async (role: 'operator' | 'approver' | 'editor', loginId: string): Promise<Officer> => {
  const { staffId, visitor } = await newOfficer(portal, role, loginId)
  await logInAsStaff(portal, visitor)
  return { staffId, visitor }
}

const suspended = ({ staffId }: Officer) => `UPDATE staff SET state = 'suspended' WHERE id = '${staffId}'`
const demoted = ({ staffId }: Officer) => `UPDATE staff SET role = 'auditor' WHERE id = '${staffId}'`

const prepared = async () => {
  const user = await newUser(portal)
  return { user, caseId: await openCase(portal, operator, user.id, 'password-reset') }
}

const caseRow = (id: string) => portal.deps.db.helpdeskCase.findUnique({ where: { id } })

/** Why decisions of a case were refused, as the history has it. */
const refusals = async (caseId: string) =>
  (
    await sql<{ reason: string }>(
      portal.database.ownerUrl,
      `SELECT reason FROM history WHERE operation = 'case.decision-refused' AND details LIKE '%${caseId}%'`,
    )
  ).map(({ reason }) => reason)

it('H-04 H-08 an approval or a no of an officer who is suspended or demoted meanwhile decides nothing', async () => {
  for (const [decision, ends, loginId] of [
    ['approval', suspended, 'standing.gone'],
    ['approval', demoted, 'standing.less'],
    ['rejection', demoted, 'standing.no'],
  ] as const) {
    const { user, caseId } = await prepared()
    const officer = await atWork('approver', loginId)
    await officer.visitor.get(`/helpdesk/cases/${caseId}`)
    const form = decision === 'approval' ? proofOf(officer.visitor) : { decisionNote: '届出印の相違' }
    await meanwhile(
      portal,
      user.id,
      () => officer.visitor.post(`/helpdesk/cases/${caseId}/${decision}`, form),
      ends(officer),
    )
    expect(officer.visitor.page.status, `${decision} of ${loginId}`).toBe(403)
    expect(await caseRow(caseId)).toMatchObject({ state: 'prepared', approvedById: null })
    expect(await refusals(caseId)).toEqual(['access.forbidden'])
  }
})

it('H-04 H-08 nor is a case prepared, or taken back, by one who is no officer any more', async () => {
  const user = await newUser(portal)
  const address = `/helpdesk/users/${user.id}/password-reset`
  const officer = await atWork('operator', 'standing.preparer')
  await officer.visitor.get(address)
  const paper = casePaper(portal, officer.visitor.page)
  await officer.visitor.post(`${address}/confirmation`, paper)
  await meanwhile(portal, user.id, () => officer.visitor.post(address, paper), demoted(officer))
  expect(officer.visitor.page.status).toBe(403)
  expect(await caseRow(paper.caseId)).toBeNull()

  const other = await atWork('operator', 'standing.taker')
  const caseId = await openCase(portal, other.visitor, user.id, 'password-reset')
  await other.visitor.get(`/helpdesk/cases/${caseId}`)
  await meanwhile(
    portal,
    user.id,
    () => other.visitor.post(`/helpdesk/cases/${caseId}/withdrawal`),
    suspended(other),
  )
  expect(other.visitor.page.status).toBe(403)
  expect(await caseRow(caseId)).toMatchObject({ state: 'prepared' })
})

it('H-05 H-08 a secret is shown to nobody who is suspended while they fetch it, and stays for the other officer', async () => {
  const { caseId } = await prepared()
  const officer = await atWork('approver', 'standing.fetcher')
  await approveCase(officer.visitor, caseId)
  await officer.visitor.get(`/helpdesk/cases/${caseId}`)
  const proof = proofOf(officer.visitor)
  await meanwhile(
    portal,
    { staffId: officer.staffId },
    () => officer.visitor.post(`/helpdesk/cases/${caseId}/secret`, proof),
    suspended(officer),
  )
  expect(officer.visitor.page.status).toBe(403)
  expect(shownSecret(officer.visitor.page)).toBeUndefined()
  expect(await fetchSecret(operator, caseId)).toBeDefined()
})

it('H-04 H-06 H-08 nor is a case reviewed, or terms published, by one who may not any more', async () => {
  const user = await newUser(portal)
  const caseId = await openCase(portal, operator, user.id, 'lock')
  const reviewer = await atWork('approver', 'standing.reviewer')
  await reviewer.visitor.get('/helpdesk/reviews')
  await meanwhile(
    portal,
    { staffId: reviewer.staffId },
    () => reviewer.visitor.post(`/helpdesk/cases/${caseId}/review`),
    suspended(reviewer),
  )
  expect(reviewer.visitor.page.status).toBe(403)
  expect(await caseRow(caseId)).toMatchObject({ state: 'done', reviewedAt: null })

  const editor = await atWork('editor', 'standing.editor')
  const versions = () => portal.deps.db.terms.count({ where: { entrance: { slug: 'shoko' } } })
  const before = await versions()
  await editor.visitor.get('/helpdesk/terms/shoko')
  await meanwhile(
    portal,
    { staffId: editor.staffId },
    () =>
      editor.visitor.post('/helpdesk/terms/shoko', {
        textJa: '第1条　試験',
        textEn: '1. Test',
        mustAccept: 'yes',
        effectiveOn: businessDayOf(portal.clock.now()),
      }),
    demoted(editor),
  )
  expect(editor.visitor.page.status).toBe(403)
  expect(await versions()).toBe(before)
})
