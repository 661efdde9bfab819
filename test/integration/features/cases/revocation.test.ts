import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { businessDayOf } from '../../../../src/kernel/business-day.ts'
import { nextWorkingDay } from '../../../../src/policy/working-day.ts'
import { fetchSecret, openCase } from '../../../support/cases.ts'
import { type Enrolled, enrolledUser, operationsOf } from '../../../support/certificates.ts'
import { sql } from '../../../support/database.ts'
import { newUser } from '../../../support/enrolment.ts'
import { userOf } from '../../../support/factors.ts'
import { officerAtWork } from '../../../support/officers.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { atHome } from '../../../support/ways-in.ts'

let portal: Portal
let operator: Visitor
let approver: Visitor
beforeAll(async () => {
  portal = await openPortal({ presets: ['shoko', 'prosrv'], generalUsers: false })
  operator = await officerAtWork(portal, 'operator', 'rev.operator')
  approver = await officerAtWork(portal, 'approver', 'rev.approver')
})
afterAll(() => portal.close())

const rows = <Row extends Record<string, unknown>>(statement: string) =>
  sql<Row>(portal.database.ownerUrl, statement)

const hidden = (visitor: Visitor, name: string) =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(visitor.page.html)?.[1] ?? ''

const ids = (visitor: Visitor) => ({ caseId: hidden(visitor, 'caseId'), seen: hidden(visitor, 'seen') })

const statesOf = async (user: Enrolled) =>
  (
    await rows<{ state: string }>(
      `select state::text from certificate where user_id = '${user.id}' order by requested_at`,
    )
  ).map(each => each.state)

describe('the helpdesk and certificates', () => {
  it('H-03 H-04 one officer revokes at once, without paper; another reviews by the next working day', async () => {
    const user = await enrolledUser(portal)
    const holder = portal.visitor(user.identity)
    await holder.logIn(user.password)
    expect(holder.page.path).toBe('/home')

    const address = `/helpdesk/users/${user.id}/certificate-revocation`
    expect((await operator.get(`/helpdesk/users/${user.id}`)).text).toContain('電子証明書を失効する')
    const form = await operator.get(address)
    expect(form.text).not.toContain('依頼書の受領日')
    const empty = await operator.post(`${address}/confirmation`, { ...ids(operator), reasonText: '' })
    expect(empty.status).toBe(422)
    await operator.get(address)
    const filled = { ...ids(operator), reasonChoice: 'computerLost', reasonText: '' }
    const confirm = await operator.post(`${address}/confirmation`, filled)
    expect(confirm.text).toContain('パソコンの紛失・盗難')
    const done = await operator.post(address, filled)
    expect(done.path).toBe(`/helpdesk/cases/${filled.caseId}`)
    for (const word of ['電子証明書を失効しました', '事後確認の期限', '未確認'])
      expect(done.text).toContain(word)
    expect(await statesOf(user)).toEqual(['revoked'])
    await holder.get('/home')
    expect(holder.page.status).toBe(401)
    expect((await operationsOf(portal, user.loginId)).map(each => each.operation)).toEqual(
      expect.arrayContaining(['certificate.revoked', 'certificate.revocation-case']),
    )

    const [row] = await rows<{ due: string }>(
      `select review_due_on::text as due from helpdesk_case where id = '${filled.caseId}'`,
    )
    expect(row?.due).toBe(nextWorkingDay(businessDayOf(portal.clock.now())))
    expect((await operator.get('/helpdesk/home')).text).toMatch(
      /事後確認を待っている手続き：\d+件（うち期限超過 \d+件）/,
    )
    const own = await operator.get('/helpdesk/reviews')
    expect(own.text).toContain('ご自身の手続き')
    expect((await operator.post(`/helpdesk/cases/${filled.caseId}/review`)).status).toBe(403)
    await approver.get('/helpdesk/reviews')
    const reviewed = await approver.post(`/helpdesk/cases/${filled.caseId}/review`)
    expect(reviewed.path).toBe('/helpdesk/reviews')
    expect(reviewed.text).toContain('事後確認待ちの手続きはありません')
    expect((await approver.post(`/helpdesk/cases/${filled.caseId}/review`, { _csrf: 'x' })).status).toBe(403)
    expect((await operator.get(`/helpdesk/cases/${filled.caseId}`)).text).toContain('が確認')
    expect((await operationsOf(portal, user.loginId)).map(each => each.operation)).toContain('case.reviewed')
  })

  it('H-04 a double click revokes once; who has no certificate has nothing to revoke', async () => {
    const user = await enrolledUser(portal)
    const address = `/helpdesk/users/${user.id}/certificate-revocation`
    await operator.get(address)
    const filled = { ...ids(operator), reasonChoice: 'other', reasonText: '試験' }
    const first = await operator.post(address, filled)
    await operator.get(`/helpdesk/users/${user.id}`)
    expect(first.path).toBe(`/helpdesk/cases/${filled.caseId}`)
    const form = await operator.get(address)
    expect(form.status).toBe(409)
    expect(form.text).toContain('失効できる電子証明書も、取得の途中の手続きもありません')
    expect(
      (await operationsOf(portal, user.loginId)).filter(each => each.operation === 'certificate.revoked'),
    ).toHaveLength(1)
  })

  it('H-03 C-14 revokes where only something is on its way: it ends, and no certificate comes of it', async () => {
    const user = await newUser(portal)
    const address = `/helpdesk/users/${user.id}/certificate-revocation`
    expect((await operator.get(address)).status).toBe(409)
    const caseId = await openCase(portal, operator, user.id, 'acquisition-password')
    expect(await openCase(portal, operator, user.id, 'certificate-revocation')).not.toBe('')
    expect(operator.page.text).toContain('電子証明書を失効しました')
    const unused = await portal.deps.db.acquisitionPassword.findUniqueOrThrow({ where: { id: caseId } })
    expect(unused.voidedAt).not.toBeNull()
    expect((await operator.get(address)).status).toBe(409)
    // Nobody posts a password that opens nothing (H-05).
    expect((await operator.get(`/helpdesk/cases/${caseId}`)).text).toContain('消去されています')
    expect(await fetchSecret(operator, caseId)).toBeUndefined()
    expect((await portal.deps.db.shownOnce.findUniqueOrThrow({ where: { id: caseId } })).sealed).toBeNull()
  })

  it('H-03 B-07 ends every session of the user and forgets their browsers: a login without a certificate, too', async () => {
    const someone = await atHome(portal, 'prosrv', 'administrator')
    const { id } = await userOf(portal, 'prosrv', 'administrator')
    const browsers = () => portal.deps.db.knownBrowser.count({ where: { userId: id } })
    expect(await browsers()).toBe(1)
    await openCase(portal, operator, id, 'acquisition-password')
    const caseId = await openCase(portal, operator, id, 'certificate-revocation', {
      reasonChoice: 'computerLost',
      reasonText: '',
    })
    expect(operator.page.path).toBe(`/helpdesk/cases/${caseId}`)
    expect(operator.page.text).toContain('ログイン中の操作は終了しました')
    expect((await someone.get('/home')).status).toBe(401)
    expect(await browsers()).toBe(0)
  })

  it('C-08 a new computer: on the sealed form, the old certificate ends and a new acquisition password is shown, in one case', async () => {
    const user = await enrolledUser(portal)
    const address = `/helpdesk/users/${user.id}/new-computer`
    const form = await operator.get(address)
    for (const word of ['依頼書の受領日', '届出印']) expect(form.text).toContain(word)
    const filled = {
      ...ids(operator),
      reasonChoice: 'replaced',
      reasonText: '',
      formNumber: 'R8-0008',
      formReceivedOn: businessDayOf(portal.clock.now()),
      sealChecked: 'on',
      delivery: 'post',
    }
    // Without the seal nothing happens.
    const unsealed = await operator.post(`${address}/confirmation`, { ...filled, sealChecked: '' })
    expect(unsealed.status).toBe(422)
    expect(await statesOf(user)).toEqual(['delivered'])
    await operator.get(address)
    const own = { ...filled, ...ids(operator) }
    await operator.post(`${address}/confirmation`, own)
    const done = await operator.post(address, own)
    expect(done.text).toContain('これまでの電子証明書を失効し')
    const password = (await fetchSecret(operator, own.caseId)) ?? ''
    expect(password).toMatch(/^[A-Za-z0-9]{12}$/)
    expect(await statesOf(user)).toEqual(['revoked'])
    expect(
      (await rows<{ kind: string }>(`select kind::text from helpdesk_case where id = '${own.caseId}'`))[0]
        ?.kind,
    ).toBe('new_computer')

    const someone = portal.visitor()
    await someone.get('/enrolment')
    await someone.post('/enrolment', {
      loginId: user.loginId,
      password: user.password,
      acquisitionPassword: password,
    })
    expect(someone.page.path).toMatch(/^\/enrolment\//)
  })

  it('H-01 an auditor sees and touches nothing of it', async () => {
    const user = await enrolledUser(portal)
    const auditor = await officerAtWork(portal, 'auditor', 'rev.auditor')
    for (const page of ['certificate-revocation', 'new-computer'])
      expect((await auditor.get(`/helpdesk/users/${user.id}/${page}`)).status).toBe(403)
    // What nobody has looked at yet is there to be seen, without a button.
    expect((await auditor.get('/helpdesk/reviews')).status).toBe(200)
    expect(auditor.page.html).not.toMatch(/action="[^"]*\/review"/)
    expect((await auditor.post(`/helpdesk/cases/${portal.deps.ids.next()}/review`)).status).toBe(403)
    expect((await auditor.get(`/helpdesk/users/${user.id}`)).text).not.toContain('電子証明書を失効する')
    expect(await statesOf(user)).toEqual(['delivered'])
  })
})
