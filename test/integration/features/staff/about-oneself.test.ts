import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newOfficer, officerAtWork, proofOf } from '../../../support/officers.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'

let portal: Portal
let operator: Visitor
let approver: Visitor
/** A 役席者 about whom the cases are. */
let subject: Visitor
let subjectId: string
beforeAll(async () => {
  portal = await openPortal()
  operator = await officerAtWork(portal, 'operator', 'jishin.op')
  approver = await officerAtWork(portal, 'approver', 'jishin.ap')
  subject = await officerAtWork(portal, 'approver', 'jishin.self')
  subjectId = (await portal.deps.db.staff.findUniqueOrThrow({ where: { loginIdKey: 'jishin.self' } })).id
})
afterAll(() => portal.close())

const caseIdOf = ({ html }: { html: string }) => /name="caseId" value="([^"]*)"/.exec(html)?.[1] ?? ''

const prepare = async (act: string, fields: Record<string, string> = {}) => {
  await operator.get(`/helpdesk/officers/${subjectId}`)
  const caseId = caseIdOf(operator.page)
  await operator.post(`/helpdesk/officers/${subjectId}/cases`, {
    caseId,
    act,
    reason: '試験のため',
    ...fields,
  })
  return { caseId, path: `/helpdesk/officers/cases/${caseId}` }
}

const stateOf = async (caseId: string) =>
  (await portal.deps.db.helpdeskCase.findUniqueOrThrow({ where: { id: caseId } })).state

const words = 'ご自身についての手続きは、準備・承認・差し戻しのいずれもできません'

const toldOfCases = async () =>
  (
    await portal.deps.db.outboxMail.findMany({
      where: { kind: 'case.waiting' },
      select: { recipient: true },
    })
  ).map(({ recipient }) => recipient)

describe('a case about oneself', () => {
  it.each([
    ['staff_suspension', {}],
    ['staff_role', { role: 'auditor' }],
    ['staff_recovery', {}],
  ])(
    'H-04 H-08 %s: its subject neither says no nor yes to it, and no mail tells them of it',
    async (act, fields) => {
      const { caseId, path } = await prepare(act, fields)
      await subject.get(path)
      expect(subject.page.text).toContain(words)
      for (const decision of ['approval', 'rejection', 'withdrawal'])
        expect(subject.page.html).not.toContain(`${path}/${decision}`)
      await subject.post(`${path}/rejection`, { decisionNote: '不要です' })
      expect(subject.page.text).toContain(words)
      await subject.post(`${path}/approval`, proofOf(subject))
      expect(subject.page.text).toContain(words)
      expect(await stateOf(caseId)).toBe('prepared')

      expect(await toldOfCases()).toContain('jishin.ap@bank.sekisho.example')
      expect(await toldOfCases()).not.toContain('jishin.self@bank.sekisho.example')
      // Another 役席者 says no to it as before.
      await approver.get(path)
      expect(approver.page.text).not.toContain(words)
      await approver.post(`${path}/rejection`, { decisionNote: '試験の終わり' })
      expect(await stateOf(caseId)).toBe('rejected')
    },
  )

  it('H-04 H-08 whoever is to be suspended revokes nobody’s certificates until that is decided', async () => {
    const { staffId } = await newOfficer(portal, 'operator', 'jishin.other')
    const revoke = async () => {
      await subject.get(`/helpdesk/officers/${staffId}/certificate-revocation`)
      await subject.post(`/helpdesk/officers/${staffId}/certificate-revocation`, {
        caseId: caseIdOf(subject.page),
        reason: '紛失のため',
      })
      return (await portal.deps.db.certificate.findFirstOrThrow({ where: { staffId } })).state
    }
    const { path } = await prepare('staff_suspension')
    expect(await revoke()).toBe('delivered')
    expect(subject.page.status).toBe(422)
    expect(subject.page.text).toContain('ご自身の利用停止の手続きが承認を待っているあいだ')
    await approver.get(path)
    await approver.post(`${path}/rejection`, { decisionNote: '誤りのため' })
    expect(await revoke()).toBe('revoked')
  })
})
