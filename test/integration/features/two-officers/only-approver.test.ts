import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { businessDayOf } from '../../../../src/kernel/business-day.ts'
import { casePaper } from '../../../support/cases.ts'
import { contractPaper, newAccount, registrationAddress, registrationOf } from '../../../support/contracts.ts'
import { newUser } from '../../../support/enrolment.ts'
import { textsOn, valueOn } from '../../../support/forms.ts'
import { newOfficer, officerAtWork } from '../../../support/officers.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import { newService } from '../../../support/services.ts'
import type { Page, Visitor } from '../../../support/visitor.ts'

/** A bank with one 役席者, for whom nobody approves anything. */
let portal: Portal
let approver: Visitor
let approverId: string
let operator: Visitor
let companyId: string
beforeAll(async () => {
  portal = await openPortal({ presets: ['shoko'], generalUsers: false })
  approver = await officerAtWork(portal, 'approver', 'hitori.ap')
  operator = await officerAtWork(portal, 'operator', 'hitori.op')
  const { db } = portal.deps
  approverId = (await db.staff.findUniqueOrThrow({ where: { loginIdKey: 'hitori.ap' } })).id
  await db.staff.updateMany({
    where: { role: 'approver', id: { not: approverId } },
    data: { state: 'suspended' },
  })
  companyId = (await db.company.findFirstOrThrow()).id
})
afterAll(() => portal?.close())

const words = 'この手続きを承認できる役席者が、現在ほかにいません'
/** The page on which each kind of case is about to be prepared. */
const pages: [string, (officer: Visitor) => Promise<Page>][] = [
  [
    'an act for a customer',
    async officer => {
      const address = `/helpdesk/users/${(await newUser(portal)).id}/password-reset`
      return officer.post(`${address}/confirmation`, casePaper(portal, await officer.get(address)))
    },
  ],
  [
    'a change of policy',
    async officer => {
      const address = `/helpdesk/companies/${companyId}/policy`
      const page = await officer.get(address)
      return officer.post(`${address}/confirmation`, {
        caseId: valueOn(page, 'caseId'),
        baseVersion: valueOn(page, 'baseVersion'),
        entrance: /<option value="([\w-]+)" selected>/.exec(page.html)?.[1] ?? '',
        passwordMinimum: '6',
      })
    },
  ],
  [
    'a service, an account or a ceiling',
    async officer => {
      const address = `/helpdesk/companies/${companyId}/contract-extension`
      const page = await officer.get(address)
      return officer.post(`${address}/confirmation`, {
        ...textsOn(page),
        basis: valueOn(page, 'basis'),
        caseId: valueOn(page, 'caseId'),
        accountRows: '1',
        ...contractPaper(portal),
        ...newAccount(),
      })
    },
  ],
  [
    'a company’s registration',
    async officer =>
      officer.post(`${registrationAddress}/confirmation`, {
        caseId: valueOn(await officer.get(registrationAddress), 'caseId'),
        ...registrationOf(portal, 'shoko', '2004000066', '2004000067'),
      }),
  ],
  [
    'standard fees',
    async officer => {
      const address = '/helpdesk/standard-fees/transfer'
      const page = await officer.get(address)
      return officer.post(address, {
        caseId: valueOn(page, 'caseId'),
        baseVersion: valueOn(page, 'baseVersion'),
        effectiveOn: businessDayOf(portal.clock.now()),
        'from-1': '1',
        'same_branch-1': '0',
        'own_bank-1': '100',
        'other_bank-1': '300',
        reason: '料金改定のため',
      })
    },
  ],
  [
    'a service on home',
    async officer => {
      const address = '/helpdesk/services/registration'
      return officer.post(address, { ...newService, caseId: valueOn(await officer.get(address), 'caseId') })
    },
  ],
  ['an officer’s registration', officer => officer.get('/helpdesk/officers/registration')],
]

describe('where nobody else approves', () => {
  it.each(pages)(
    'H-04 says so before %s is prepared, to the only 役席者 and to no other',
    async (_name, open) => {
      for (const [officer, alone] of [
        [approver, true],
        [operator, false],
      ] as const) {
        const page = await open(officer)
        expect([page.status, page.text.includes(words), page.html.includes('caseId')]).toEqual([
          200,
          alone,
          true,
        ])
      }
    },
  )

  it('H-04 H-08 of a case about the only 役席者 it says so before and after: it can only be withdrawn', async () => {
    const address = `/helpdesk/officers/${approverId}`
    const form = await operator.get(address)
    expect(form.text).toContain(words)
    const caseId = valueOn(form, 'caseId')
    const path = `/helpdesk/officers/cases/${caseId}`
    await operator.post(`${address}/cases`, { caseId, act: 'staff_recovery', reason: '端末の故障のため' })
    expect([operator.page.path, operator.page.text.includes(words)]).toEqual([path, true])
    expect(operator.page.html).toContain(`${path}/withdrawal`)
    // Until there is another.
    const { staffId } = await newOfficer(portal, 'approver', 'hitori.second')
    expect((await operator.get(path)).text).not.toContain(words)
    await portal.deps.db.staff.update({ where: { id: staffId }, data: { state: 'suspended' } })
    expect((await operator.get(path)).text).toContain(words)
    await operator.post(`${path}/withdrawal`)
    expect(operator.page.text).toContain('取り下げ')
    expect(operator.page.text).not.toContain(words)
    // About anybody else the same officer is not alone.
    const { staffId: other } = await newOfficer(portal, 'editor', 'hitori.ed')
    expect((await operator.get(`/helpdesk/officers/${other}`)).text).not.toContain(words)
    expect((await approver.get(`/helpdesk/officers/${other}`)).text).toContain(words)
  })
})
