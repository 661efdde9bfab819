import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '../../../support/database.ts'
import {
  logInAsStaff,
  newOfficer,
  officerAtWork,
  proofOf,
  withNewCertificate,
} from '../../../support/officers.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'

let portal: Portal
let operator: Visitor
let approver: Visitor
beforeAll(async () => {
  portal = await openPortal()
  operator = await officerAtWork(portal, 'operator', 'shikkou.op')
  approver = await officerAtWork(portal, 'approver', 'shikkou.ap')
})
afterAll(() => portal.close())

const statesOf = async (staffId: string) =>
  (await portal.deps.db.certificate.findMany({ where: { staffId }, orderBy: { requestedAt: 'asc' } })).map(
    ({ state }) => state,
  )

const atTheDoor = async (visitor: Visitor) =>
  (await visitor.get(`${portal.settings.portalOrigin}/helpdesk/login/certificate`)).text

const revocationForm = async (officer: Visitor, staffId: string) => {
  await officer.get(`/helpdesk/officers/${staffId}/certificate-revocation`)
  return {
    caseId: /name="caseId" value="([^"]+)"/.exec(officer.page.html)?.[1] ?? '',
    reason: '業務用パソコンの盗難',
  }
}

const revoke = (officer: Visitor, staffId: string, fields: Record<string, string>) =>
  officer.post(`/helpdesk/officers/${staffId}/certificate-revocation`, fields)

const ofStaffId = async (loginId: string) =>
  (await portal.deps.db.staff.findUniqueOrThrow({ where: { loginIdKey: loginId } })).id

describe('the certificates of officers', () => {
  it('C-14 H-04 one officer revokes another’s at once, however many there are; a third reviews it', async () => {
    const { staffId, visitor: thief } = await newOfficer(portal, 'operator', 'nusumi')
    await logInAsStaff(portal, thief)
    await withNewCertificate(portal, staffId)
    await operator.get(`/helpdesk/officers/${staffId}`)
    const serials = await portal.deps.db.certificate.findMany({
      where: { staffId },
      select: { serial: true },
    })
    expect(serials).toHaveLength(2)
    for (const { serial } of serials) expect(operator.page.text).toContain(serial)

    const form = await revocationForm(operator, staffId)
    for (const [reason, words] of [
      [' ', '理由が入力されていません'],
      ['a\x07', '使用できない文字'],
      ['長'.repeat(501), '500文字以内'],
    ] as const) {
      expect((await revoke(operator, staffId, { ...form, reason })).status).toBe(422)
      expect(operator.page.text).toContain(words)
    }
    expect(await statesOf(staffId)).toEqual(['active', 'delivered'])

    const _csrf = operator.csrfToken() ?? ''
    const clicks = await Promise.all(
      [1, 2, 3].map(() =>
        operator.post(
          `/helpdesk/officers/${staffId}/certificate-revocation`,
          { ...form, _csrf },
          { follow: false },
        ),
      ),
    )
    expect(clicks.map(({ status }) => status)).toEqual([303, 303, 303])
    expect(await statesOf(staffId)).toEqual(['revoked', 'revoked'])
    expect((await thief.get('/helpdesk/home')).status).toBe(401)
    expect(await atTheDoor(thief)).toContain('失効した電子証明書です')
    const entries = await sql<{ subject_label: string; details: string }>(
      portal.database.ownerUrl,
      "SELECT subject_label, details::text FROM history WHERE operation = 'staff.certificates-revoked' AND outcome = 'done'",
    )
    expect(entries).toHaveLength(1)
    expect(entries[0]?.subject_label).toBe('nusumi')
    expect(JSON.parse(entries[0]?.details ?? '')).toMatchObject({ certificates: 2, caseReason: form.reason })

    // Done once; a new form finds nothing to revoke.
    const again = await revocationForm(operator, staffId)
    expect((await revoke(operator, staffId, again)).text).toContain('失効できる電子証明書がありません')
    await operator.get('/helpdesk/reviews')
    expect(operator.page.text).toContain('ご自身の手続き')
    await approver.get('/helpdesk/reviews')
    expect(approver.page.text).toContain('nusumi')
    await approver.post(`/helpdesk/cases/${form.caseId}/review`)
    await approver.get(`/helpdesk/cases/${form.caseId}`)
    expect(approver.page.path).toBe(`/helpdesk/officers/cases/${form.caseId}`)
    expect(approver.page.text).toContain('試験　shikkou.ap が確認')
  })

  it('H-04 nobody revokes their own, reviews what was done about themselves, or revokes nobody’s', async () => {
    const own = await ofStaffId('shikkou.op')
    await operator.get(`/helpdesk/officers/${own}`)
    expect(operator.page.html).not.toContain('certificate-revocation')
    const form = await revocationForm(operator, own)
    expect((await revoke(operator, own, form)).text).toContain('ご自身についての手続き')
    expect(await statesOf(own)).toEqual(['active'])
    expect((await revoke(operator, portal.deps.ids.next(), form)).status).toBe(404)
    expect((await revoke(operator, 'x', form)).status).toBe(404)
    const auditor = await officerAtWork(portal, 'auditor', 'shikkou.au')
    await auditor.get(`/helpdesk/officers/${own}`)
    expect((await revoke(auditor, own, form)).status).toBe(403)
    // Officers are the helpdesk, and of no company: whom to ask is said in their words (I-03).
    expect(auditor.page.text).toContain('役席者またはシステム管理者')
    for (const customers of ['貴社', '受付時間：', 'お問い合わせ先'])
      expect(auditor.page.text).not.toContain(customers)

    const { staffId, visitor } = await newOfficer(portal, 'operator', 'jibun')
    const about = await revocationForm(operator, staffId)
    await revoke(operator, staffId, about)
    const renewed = await withNewCertificate(portal, staffId)
    await logInAsStaff(portal, renewed)
    await renewed.get('/helpdesk/reviews')
    expect((await renewed.post(`/helpdesk/cases/${about.caseId}/review`)).status).toBe(403)
    expect(await atTheDoor(visitor)).toContain('失効した電子証明書です')
  })

  it('H-01 a recovery after a theft revokes by the same two; one after a forgotten password does not', async () => {
    const recover = async (staffId: string, fields: Record<string, string>) => {
      await operator.get(`/helpdesk/officers/${staffId}`)
      const caseId = /name="caseId" value="([^"]+)"/.exec(operator.page.html)?.[1] ?? ''
      await operator.post(`/helpdesk/officers/${staffId}/cases`, {
        caseId,
        act: 'staff_recovery',
        reason: '試験のため',
        ...fields,
      })
      await approver.get(`/helpdesk/officers/cases/${caseId}`)
      const { text } = approver.page
      await approver.post(`/helpdesk/officers/cases/${caseId}/approval`, proofOf(approver))
      return text
    }
    const stolen = await newOfficer(portal, 'operator', 'nusumareta')
    expect(await recover(stolen.staffId, { certificates: 'revoked' })).toContain('電子証明書も失効する')
    expect(await statesOf(stolen.staffId)).toEqual(['revoked'])
    expect(await atTheDoor(stolen.visitor)).toContain('失効した電子証明書です')
    const forgetful = await newOfficer(portal, 'operator', 'wasureta')
    expect(await recover(forgetful.staffId, {})).toContain('引き続き使用する')
    expect(await statesOf(forgetful.staffId)).toEqual(['delivered'])
  })

  it('H-01 C-05 the first login with the next certificate ends all that were before it', async () => {
    const { staffId, visitor: before } = await newOfficer(portal, 'editor', 'koukan')
    await logInAsStaff(portal, before)
    await withNewCertificate(portal, staffId)
    const next = await withNewCertificate(portal, staffId)
    expect((await before.get('/helpdesk/home')).status).toBe(200)
    expect(await statesOf(staffId)).toEqual(['active', 'delivered', 'delivered'])
    // The entry page names nobody's session in the way once the one before is closed.
    await before.post('/helpdesk/logout')
    await logInAsStaff(portal, next)
    expect(next.page.path).toBe('/helpdesk/home')
    expect(await statesOf(staffId)).toEqual(['superseded', 'superseded', 'active'])
    expect(await atTheDoor(before)).toContain('更新前の電子証明書です')
  })
})
