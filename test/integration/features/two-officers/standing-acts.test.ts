import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  approveContract,
  registrationAddress,
  registrationOf,
  sendContractForm,
} from '../../../support/contracts.ts'
import { sql } from '../../../support/database.ts'
import { textsOn, valueOn, versionOn } from '../../../support/forms.ts'
import { meanwhile } from '../../../support/meanwhile.ts'
import { logInAsStaff, newOfficer, officerAtWork, proofOf } from '../../../support/officers.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Page, Visitor } from '../../../support/visitor.ts'
import { idOn, publish, typed } from '../postings/writing.ts'

// An act that one officer does alone, or fetches a secret by, while two others decide that they do it no more.
let portal: Portal
let operator: Visitor
let officer: Visitor
let staffId: string
beforeAll(async () => {
  portal = await openPortal()
  operator = await officerAtWork(portal, 'operator', 'gyomu.operator')
  const made = await newOfficer(portal, 'approver', 'gyomu.yakuseki')
  staffId = made.staffId
  officer = await logInAsStaff(portal, made.visitor)
})
afterAll(() => portal?.close())

const decided = {
  suspended: `state = 'suspended'`,
  demoted: `role = 'auditor'`,
} as const

/** An act on the page that its officer has before them, and what it must leave as it was. */
type Act = { send: () => Promise<Page>; touched: () => Promise<unknown> }

/**
 * Sends an act while its officer's row is held by those who decide about them, who let go when it waits: it is refused, and
 * nothing is as it would have been; then the officer may again, and it is done.
 */
const overtaken = async (prepare: () => Promise<Act>): Promise<void> => {
  for (const [what, columns] of Object.entries(decided)) {
    const { send, touched } = await prepare()
    const before = await touched()
    await meanwhile(portal, { staffId }, send, `UPDATE staff SET ${columns} WHERE id = '${staffId}'`)
    expect([what, officer.page.status]).toEqual([what, 403])
    expect([what, await touched()]).toEqual([what, before])
    await sql(
      portal.database.ownerUrl,
      `UPDATE staff SET state = 'active', role = 'approver' WHERE id = '${staffId}'`,
    )
  }
  const { send, touched } = await prepare()
  const before = await touched()
  const { status } = await send()
  expect([200, 303]).toContain(status)
  expect(await touched()).not.toEqual(before)
}

const postings = () => portal.deps.db.posting.findMany({ orderBy: { id: 'asc' } })
const services = () => portal.deps.db.portalService.findMany({ orderBy: { code: 'asc' } })

/** Fetches what a case made, by the officer who approved it; `fetched` says whether it is still kept. */
const secretOf = (path: string, caseId: string): Act => ({
  send: async () => {
    const proof = proofOf(officer)
    return officer.post(`${path}/secret`, proof)
  },
  touched: () => portal.deps.db.shownOnce.findUnique({ where: { id: caseId } }),
})

describe('H-04 H-08 an officer who is suspended or demoted meanwhile', () => {
  it('H-06 publishes nothing, nor changes what is published', async () => {
    await overtaken(async () => {
      await officer.get('/helpdesk/information/new')
      const fields = { id: idOn(officer.page), ...typed('追い越された記事'), step: 'execute' }
      return {
        send: () => officer.post('/helpdesk/information/new', fields, { follow: false }),
        touched: postings,
      }
    })
    const id = await publish(officer, 'information', typed('変更される記事'))
    const address = `/helpdesk/information/${id}/change`
    await overtaken(async () => {
      await officer.get(address)
      const version = versionOn(officer.page)
      const fields = { version, ...typed('変更された記事'), step: 'execute' }
      return { send: () => officer.post(address, fields, { follow: false }), touched: postings }
    })
  })

  it('H-06 withdraws nothing', async () => {
    const id = await publish(officer, 'information', typed('取り下げられる記事'))
    await overtaken(async () => {
      await officer.get(`/helpdesk/information/${id}`)
      const version = versionOn(officer.page)
      return {
        send: () => officer.post(`/helpdesk/information/${id}/withdrawal`, { version }, { follow: false }),
        touched: postings,
      }
    })
  })

  it('H-06 changes no word of a service', async () => {
    await overtaken(async () => {
      await officer.get('/helpdesk/services/history/change')
      const fields = {
        ...textsOn(officer.page),
        textJa: '追い越された説明です。',
        textEn: 'Overtaken.',
        version: versionOn(officer.page),
        step: 'execute',
      }
      return {
        send: () => officer.post('/helpdesk/services/history/change', fields, { follow: false }),
        touched: services,
      }
    })
  })

  it('H-07 changes no hours, although the proof was right', async () => {
    await overtaken(async () => {
      await officer.get('/helpdesk/hours')
      const fields = {
        ...{ opensAt: '8:30', closesAt: '19:00', phone: '0120-000-777' },
        ...{ yearlyClosed: '12-31', closedDays: '', version: versionOn(officer.page) },
        ...proofOf(officer),
      }
      return {
        send: () => officer.post('/helpdesk/hours', fields, { follow: false }),
        touched: () => portal.deps.db.helpdeskHours.count(),
      }
    })
  })

  it('H-05 sees no first password of another officer, which stays for who prepared it', async () => {
    await operator.get('/helpdesk/officers/registration')
    const caseId = valueOn(operator.page, 'caseId')
    await operator.post('/helpdesk/officers/registration', {
      ...{ caseId, loginId: 'gyomu.shinnin', name: '新任　花子', role: 'operator' },
      ...{ email: 'gyomu.shinnin@bank.sekisho.example', reason: '増員のため' },
    })
    const path = `/helpdesk/officers/cases/${caseId}`
    await officer.get(path)
    await officer.post(`${path}/approval`, proofOf(officer))
    await overtaken(async () => {
      await officer.get(path)
      return secretOf(path, caseId)
    })
  })

  it('H-05 sees no secret of a contract', async () => {
    const fields = registrationOf(portal, 'shoko', '2004000055', '2004000056')
    const caseId = await sendContractForm(operator, registrationAddress, fields)
    await approveContract(officer, caseId)
    const path = `/helpdesk/contract-cases/${caseId}`
    await overtaken(async () => {
      await officer.get(path)
      return secretOf(path, caseId)
    })
  })
})
