import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { revokeOfficerCertificates } from '../../../../src/features/staff/certificates.ts'
import type { StaffActor } from '../../../../src/kernel/actor.ts'
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

const prepare = async (act: string, fields: Record<string, string> = {}, officer = operator) => {
  await officer.get(`/helpdesk/officers/${subjectId}`)
  const caseId = caseIdOf(officer.page)
  await officer.post(`/helpdesk/officers/${subjectId}/cases`, {
    caseId,
    act,
    reason: '試験のため',
    ...fields,
  })
  return { caseId, path: `/helpdesk/officers/cases/${caseId}` }
}

const stateOf = async (caseId: string) =>
  (await portal.deps.db.helpdeskCase.findUniqueOrThrow({ where: { id: caseId } })).state

const toldOfCases = async () =>
  (
    await portal.deps.db.outboxMail.findMany({
      where: { kind: 'case.waiting' },
      select: { recipient: true },
    })
  ).map(({ recipient }) => recipient)

/** Whether an officer is shown this case, wherever cases are shown. */
const sees = async (officer: Visitor, { caseId, path }: { caseId: string; path: string }) => {
  const shown: boolean[] = []
  for (const page of [
    '/helpdesk/approvals',
    '/helpdesk/home',
    '/helpdesk/officers',
    `/helpdesk/officers/${subjectId}`,
  ])
    shown.push((await officer.get(page)).html.includes(caseId))
  for (const page of [path, `/helpdesk/cases/${caseId}`]) shown.push((await officer.get(page)).status === 200)
  return shown
}
const everywhere = (shown: boolean) => Array.from({ length: 6 }, () => shown)

/** The form of a revocation, filled in; sends it. */
const revocationBy = async (officer: Visitor, staffId: string) => {
  const address = `/helpdesk/officers/${staffId}/certificate-revocation`
  await officer.get(address)
  const caseId = caseIdOf(officer.page)
  const fields = { caseId, _csrf: officer.csrfToken() ?? '', reason: '紛失のため' }
  return { caseId, send: () => officer.post(address, fields, { follow: false }) }
}
const certificateOf = async (staffId: string) =>
  (await portal.deps.db.certificate.findFirstOrThrow({ where: { staffId } })).state

describe('a case about oneself', () => {
  it.each([
    ['staff_suspension', {}],
    ['staff_role', { role: 'auditor' }],
    ['staff_recovery', {}],
  ])('H-04 H-08 %s: its subject sees nothing of it, and says neither no nor yes', async (act, fields) => {
    const prepared = await prepare(act, fields)
    const { caseId, path } = prepared
    expect(await sees(subject, prepared)).toEqual(everywhere(false))
    expect(await sees(approver, prepared)).toEqual(everywhere(true))
    expect(await toldOfCases()).toContain('jishin.ap@bank.sekisho.example')
    expect(await toldOfCases()).not.toContain('jishin.self@bank.sekisho.example')
    // Whoever knows its number gets no further.
    await subject.get('/helpdesk/home')
    const _csrf = subject.csrfToken() ?? ''
    for (const [decision, body] of [
      ['rejection', { decisionNote: '不要です' }],
      ['approval', proofOf(subject)],
      ['withdrawal', {}],
    ] as const)
      expect((await subject.post(`${path}/${decision}`, { ...body, _csrf })).status).toBe(404)
    expect(await stateOf(caseId)).toBe('prepared')
    const tried = await portal.deps.db.history.findMany({
      where: { operation: 'case.decision-refused', details: { contains: caseId } },
    })
    expect(tried.map(({ reason }) => reason)).toEqual(['staff.own', 'staff.own', 'staff.own'])

    // Another 役席者 says no to it as before; its subject does not learn of what came to nothing either.
    await approver.get(path)
    await approver.post(`${path}/rejection`, { decisionNote: '試験の終わり' })
    expect(await stateOf(caseId)).toBe('rejected')
    expect((await subject.get(path)).status).toBe(404)
  })

  it('H-08 what was carried out is there for its subject to read', async () => {
    const { path } = await prepare('staff_role', { role: 'operator' })
    await approver.get(path)
    await approver.post(`${path}/approval`, proofOf(approver))
    expect((await subject.get(path)).text).toContain('完了')
    const back = await prepare('staff_role', { role: 'approver' })
    await approver.get(back.path)
    await approver.post(`${back.path}/approval`, proofOf(approver))
    expect(await stateOf(back.caseId)).toBe('done')
  })

  it('H-04 H-08 whoever is to be suspended revokes nobody’s certificates until that is decided', async () => {
    const { staffId } = await newOfficer(portal, 'operator', 'jishin.other')
    const revoke = async () => {
      const answer = await (await revocationBy(subject, staffId)).send()
      return [answer.status, await certificateOf(staffId)]
    }
    const { path } = await prepare('staff_suspension')
    expect(await revoke()).toEqual([422, 'delivered'])
    // Why, the history says; they do not learn of it here.
    expect(subject.page.text).toContain('いまご自身では行えません')
    expect(subject.page.text).not.toContain('利用停止の手続き')
    await approver.get(path)
    await approver.post(`${path}/rejection`, { decisionNote: '誤りのため' })
    expect(await revoke()).toEqual([303, 'revoked'])
  })

  it('H-08 a suspension that nobody may approve any more, its preparer being out, bars its subject from nothing', async () => {
    const { staffId } = await newOfficer(portal, 'operator', 'jishin.other2')
    const out = await officerAtWork(portal, 'operator', 'jishin.out')
    const { caseId, path } = await prepare('staff_suspension', {}, out)
    expect((await (await revocationBy(subject, staffId)).send()).status).toBe(422)
    await portal.deps.db.staff.update({ where: { loginIdKey: 'jishin.out' }, data: { state: 'suspended' } })
    expect((await (await revocationBy(subject, staffId)).send()).status).toBe(303)
    expect(await certificateOf(staffId)).toBe('revoked')
    // It waits on to be given back, and until then for no other about the same officer.
    expect(await stateOf(caseId)).toBe('prepared')
    expect((await operator.get(`/helpdesk/officers/${subjectId}`)).html).toContain(path)
    await approver.get(path)
    await approver.post(`${path}/rejection`, { decisionNote: '準備した行員の利用停止' })
    expect(await stateOf(caseId)).toBe('rejected')
  })

  it('H-08 C-14 a revocation at the moment of one’s own suspension revokes nothing, however the two meet', async () => {
    const { staffId } = await newOfficer(portal, 'operator', 'jishin.last')
    const { caseId, path } = await prepare('staff_suspension')
    const forms = [await revocationBy(subject, staffId), await revocationBy(subject, staffId)]
    await approver.get(path)
    const proof = proofOf(approver)
    const [approval, ...revocations] = await Promise.all([
      approver.post(`${path}/approval`, proof, { follow: false }),
      ...forms.map(({ send }) => send()),
    ])
    expect([approval.status, await stateOf(caseId)]).toEqual([303, 'done'])
    // Before it, while it waits; after it, as one that is out; or after the end of the session.
    for (const { status } of revocations) expect([401, 403, 422]).toContain(status)

    // One that had passed the guard before, and waited for its turn until the suspension was done.
    const { id, loginId, name } = await portal.deps.db.staff.findUniqueOrThrow({ where: { id: subjectId } })
    const asBefore: StaffActor = { kind: 'staff', id, loginId, name, role: 'approver', origin: {} }
    const form = { caseId: portal.deps.ids.next(), officerId: staffId, reason: '紛失のため', sent: '' }
    expect(await revokeOfficerCertificates(portal.deps, asBefore, form)).toEqual({
      ok: false,
      reason: 'access.forbidden',
    })
    const refused = await portal.deps.db.history.findFirstOrThrow({
      where: { operation: 'staff.case-refused' },
      orderBy: { seq: 'desc' },
    })
    expect(refused).toMatchObject({ reason: 'access.forbidden', actorLoginId: 'jishin.self' })
    expect(await certificateOf(staffId)).toBe('delivered')
  })
})
