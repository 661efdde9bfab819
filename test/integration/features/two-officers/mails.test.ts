import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { openCase } from '../../../support/cases.ts'
import { sql } from '../../../support/database.ts'
import { newUser } from '../../../support/enrolment.ts'
import { officerAtWork, proofOf } from '../../../support/officers.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'

let portal: Portal
let operator: Visitor
let approver: Visitor
beforeAll(async () => {
  portal = await openPortal()
  // The demo's own officers are away.
  await sql(portal.database.ownerUrl, `UPDATE staff SET state = 'suspended'`)
  operator = await officerAtWork(portal, 'operator', 'mail.op')
  approver = await officerAtWork(portal, 'approver', 'mail.ap')
  await officerAtWork(portal, 'auditor', 'mail.au')
  await officerAtWork(portal, 'editor', 'mail.ed')
})
afterAll(() => portal.close())

beforeEach(() => sql(portal.database.ownerUrl, 'DELETE FROM outbox_mail'))

const mails = async (kind: string) =>
  (
    await portal.deps.db.outboxMail.findMany({
      where: { kind },
      orderBy: { recipient: 'asc' },
      select: { recipient: true, companyId: true, userId: true, params: true },
    })
  ).map(mail => ({ ...mail, params: JSON.stringify(mail.params) }))
const recipients = async (kind: string) => (await mails(kind)).map(({ recipient }) => recipient)

it('H-04 a case that waits is told to whoever may decide it, and to nobody else, without the customer', async () => {
  const user = await newUser(portal)
  await openCase(portal, operator, user.id, 'password-reset')
  expect(await recipients('case.waiting')).toEqual(['mail.ap@bank.sekisho.example'])
  const [mail] = await mails('case.waiting')
  expect(mail).toMatchObject({ companyId: null, userId: null })
  expect(mail?.params).toContain('password_reset')
  expect(mail?.params).toContain('試験　mail.op')
  for (const theirs of [user.loginId, user.id, user.companyId]) expect(mail?.params).not.toContain(theirs)
  expect(await recipients('case.review-due')).toEqual([])
  // Whoever may decide and has prepared it themselves is not told: they can't.
  await sql(portal.database.ownerUrl, 'DELETE FROM outbox_mail')
  await openCase(portal, approver, (await newUser(portal)).id, 'password-reset')
  expect(await recipients('case.waiting')).toEqual([])
})

it('H-04 what one officer has done alone is told to the others who may review it, with its day', async () => {
  const user = await newUser(portal)
  await openCase(portal, operator, user.id, 'lock', { reasonChoice: 'other' })
  expect(operator.page.status).toBe(200)
  expect(await recipients('case.review-due')).toEqual(['mail.ap@bank.sekisho.example'])
  const [mail] = await mails('case.review-due')
  expect(mail?.params).toContain('user_lock')
  expect(mail?.params).not.toContain(user.loginId)
  expect(await recipients('case.waiting')).toEqual([])
})

it('H-08 an officer is told of each change of their own account', async () => {
  const second = await officerAtWork(portal, 'approver', 'mail.second')
  const { id } = await portal.deps.db.staff.findUniqueOrThrow({ where: { loginIdKey: 'mail.au' } })
  await operator.get(`/helpdesk/officers/${id}`)
  const caseId = /name="caseId" value="([^"]*)"/.exec(operator.page.html)?.[1] ?? ''
  await operator.post(`/helpdesk/officers/${id}/cases`, {
    caseId,
    act: 'staff_role',
    role: 'editor',
    reason: '異動のため',
  })
  expect(await recipients('case.waiting')).toEqual([
    'mail.ap@bank.sekisho.example',
    'mail.second@bank.sekisho.example',
  ])
  expect(await recipients('officer.changed')).toEqual([])
  await second.get(`/helpdesk/officers/cases/${caseId}`)
  await second.post(`/helpdesk/officers/cases/${caseId}/approval`, proofOf(second))
  expect(await recipients('officer.changed')).toEqual(['mail.au@bank.sekisho.example'])
  expect((await mails('officer.changed'))[0]?.params).toContain('"officerChange":"role"')
  // A colleague's certificates: the owner hears of it, and the others look at it.
  const owner = await portal.deps.db.staff.findUniqueOrThrow({ where: { loginIdKey: 'mail.ap' } })
  await sql(portal.database.ownerUrl, 'DELETE FROM outbox_mail')
  await operator.get(`/helpdesk/officers/${owner.id}/certificate-revocation`)
  const revocation = /name="caseId" value="([^"]*)"/.exec(operator.page.html)?.[1] ?? ''
  await operator.post(`/helpdesk/officers/${owner.id}/certificate-revocation`, {
    caseId: revocation,
    reason: '紛失のため',
  })
  expect(await recipients('officer.changed')).toEqual(['mail.ap@bank.sekisho.example'])
  expect(await recipients('case.review-due')).toEqual(['mail.second@bank.sekisho.example'])
  await second.get('/helpdesk/password')
  await second.post('/helpdesk/password', {
    current: 'Madoguchi-2026',
    next: 'Aoi-Sora-ni-Kumo-27',
    nextAgain: 'Aoi-Sora-ni-Kumo-27',
  })
  expect(await recipients('officer.changed')).toEqual([
    'mail.ap@bank.sekisho.example',
    'mail.second@bank.sekisho.example',
  ])
})
