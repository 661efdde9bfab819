import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renewStatus } from '../../../../src/features/authorities/index.ts'
import {
  createContractFrom,
  endDueContracts,
  readContractFile,
  settleEndedContracts,
} from '../../../../src/features/contracts/index.ts'
import { system } from '../../../../src/kernel/actor.ts'
import { businessDayOf, lastSecondOf, plusDays } from '../../../../src/kernel/business-day.ts'
import { plusSeconds } from '../../../../src/kernel/clock.ts'
import { approveContract, contractPaper, newAccount, registrationOf } from '../../../support/contracts.ts'
import { valueOn } from '../../../support/forms.ts'
import { logInAsStaff, newOfficer, officerAtWork } from '../../../support/officers.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import { codeFor, contractFor, redeem, userinfo } from '../../../support/services.ts'
import type { Visitor } from '../../../support/visitor.ts'

type Fields = Record<string, string>

const actor = system('test')
let portal: Portal
let operator: Visitor
let approver: Visitor
let admin: Visitor
let companyId: string
let otherId: string

const idOf = async (contractNumber: string) =>
  (await portal.deps.db.company.findUniqueOrThrow({ where: { contractNumber } })).id

beforeAll(async () => {
  portal = await openPortal({ presets: ['shoko', 'sevenbank'], generalUsers: false })
  operator = await logInAsStaff(portal, portal.visitor(await portal.identity('operator')))
  approver = await logInAsStaff(portal, portal.visitor(await portal.identity('approver')))
  admin = await portal.administrator()
  companyId = await idOf('2004000000')
  otherId = await idOf('7001000000')
})
afterAll(() => portal?.close())

const today = () => businessDayOf(portal.clock.now())
const companyHref = () => `/helpdesk/companies/${companyId}`
const hrefOf = (noun: string, id = companyId) => `/helpdesk/companies/${id}/${noun}`
const companyRow = (id = companyId) => portal.deps.db.company.findUniqueOrThrow({ where: { id } })

/** Opens a form, fills it in and sends it, confirm page and all; gives the case's id, blank where the form does not open. */
const send = async (noun: string, fields: Fields, id = companyId): Promise<string> => {
  await operator.get(hrefOf(noun, id))
  if (operator.page.status !== 200) return ''
  const [caseId, basis] = [valueOn(operator.page, 'caseId'), valueOn(operator.page, 'basis')]
  const filled = { ...contractPaper(portal), ...{ lastDay: '', caseId, basis }, ...fields }
  await operator.post(`${hrefOf(noun, id)}/confirmation`, filled)
  if (operator.page.status === 200) await operator.post(hrefOf(noun, id), filled)
  return caseId
}

const mailsOf = async (change: string) =>
  (await portal.deps.db.outboxMail.findMany({ where: { kind: 'contract.end' } })).filter(
    ({ params }) => (params as { change?: string }).change === change,
  )

const historyOf = (operation: string, chainId = companyId) =>
  portal.deps.db.history.findMany({ where: { chainId, operation }, orderBy: { seq: 'asc' } })

describe('解約の予定', () => {
  it('H-06 H-04 refuses a form that says nothing, a day that is none, and whoever may not', async () => {
    for (const [fields, words] of [
      [{}, '解約の時期が選択されていません'],
      [{ when: 'onDay' }, '最終利用日が入力されていません'],
      [{ when: 'onDay', lastDay: '2026-02-30' }, '最終利用日に誤りがあります'],
      [{ when: 'onDay', lastDay: plusDays(today(), -1) }, '過去の日付'],
      [{ when: 'onDay', lastDay: plusDays(today(), 400) }, '最終利用日が先すぎます'],
      [{ when: 'atOnce', sealChecked: '' }, '届出印'],
      [{ when: 'atOnce', formNumber: '' }, '依頼書'],
    ] as const) {
      await send('contract-end', fields)
      expect([words, operator.page.status]).toEqual([words, 422])
      expect(operator.page.text).toContain(words)
    }
    expect(await portal.deps.db.helpdeskCase.count({ where: { companyId } })).toBe(0)
    await send('contract-end-withdrawal', {})
    expect(operator.page.status).toBe(409)
    expect(operator.page.text).toContain('取りやめる解約の予定がありません')
    const auditor = await officerAtWork(portal, 'auditor', 'kansa9')
    await auditor.get(hrefOf('contract-end'))
    expect(auditor.page.status).toBe(403)
  })

  it('H-06 until its last day nothing changes; its administrators are told, and it may be withdrawn by two', async () => {
    const lastDay = plusDays(today(), 30)
    const caseId = await send('contract-end', { when: 'onDay', lastDay: lastDay.replaceAll('-', '/') })
    expect(operator.page.path).toBe(`/helpdesk/contract-cases/${caseId}`)
    // Another form that gives waits behind it: one case at a time.
    await operator.get(hrefOf('contract-extension'))
    expect(operator.page.status).toBe(409)
    expect((await companyRow()).lastDay).toBeNull()
    await approveContract(approver, caseId)
    expect(approver.page.text).toContain('解約の予定を登録しました')
    expect((await companyRow()).contractEndedAt).toBeNull()
    expect(await mailsOf('planned')).toMatchObject([
      { params: { until: lastSecondOf(lastDay).toISOString() } },
    ])
    await admin.get('/home')
    expect(admin.page.status).toBe(200)
    await operator.get(companyHref())
    for (const words of ['解約予定', '最終利用日', '新しいご契約のため'])
      expect(operator.page.text).toContain(words)
    await send('contract-end', { when: 'atOnce' })
    expect([operator.page.status, operator.page.text]).toEqual([409, expect.stringContaining('解約の予定')])
    expect(await endDueContracts(portal.deps, actor)).toBe(0)

    const withdrawal = await send('contract-end-withdrawal', {})
    await approveContract(approver, withdrawal)
    expect(approver.page.text).toContain('解約を取りやめました')
    expect((await companyRow()).lastDay).toBeNull()
    expect(await mailsOf('withdrawn')).toHaveLength(1)
    expect(await historyOf('company.contract-end-planned')).toHaveLength(1)
    const [withdrawn] = await historyOf('company.contract-end-withdrawn')
    await admin.get(`/history/${withdrawn?.id}`)
    const [year, month, day] = lastDay.split('-').map(Number)
    for (const words of ['解約の取りやめ', `${year}年${month}月${day}日`])
      expect(admin.page.text).toContain(words)
  })
})

describe('解約', () => {
  it('H-06 C-14 G-05 as soon as it is approved nobody is in any more, nobody comes in, and services are told', async () => {
    const service = await contractFor(portal, { contractNumber: '2004000000' })
    await admin.get('/home')
    const home = admin.page.url
    const { answer } = await redeem(portal, service, await codeFor(portal, admin, service))
    const userCase = portal.deps.ids.next()
    const administrator = await portal.deps.db.user.findFirstOrThrow({
      where: { companyId, role: 'administrator' },
    })
    const { id: preparedById } = await portal.deps.db.staff.findFirstOrThrow({ where: { role: 'operator' } })
    await portal.deps.db.helpdeskCase.create({
      data: {
        ...{ id: userCase, companyId, userId: administrator.id, kind: 'email_correction', state: 'prepared' },
        ...{ reason: '誤り', preparedById, preparedAt: portal.clock.now() },
        expiresAt: plusSeconds(portal.clock.now(), 86_400),
      },
    })
    const caseId = await send('contract-end', { when: 'atOnce' })
    for (const words of ['元に戻せません', '承認後、ただちに', '資金管理サービス', '0253226'])
      expect(operator.page.text).toContain(words)
    await approveContract(operator, caseId)
    expect(operator.page.status).toBe(403)
    await admin.get(home)
    expect(admin.page.text).toContain('資金管理サービス')

    await approveContract(approver, caseId)
    expect(approver.page.text).toContain('解約しました')
    await admin.get(home)
    expect([admin.page.status, admin.page.text]).toEqual([
      401,
      expect.stringContaining('貴社のご契約が終了したため'),
    ])
    expect((await userinfo(portal, answer.access_token)).status).toBe(401)
    expect(await portal.deps.db.serviceEntry.count({ where: { companyId, nextTryAt: null } })).toBe(0)
    const again = portal.visitor(await portal.identity('admin'))
    await again.logIn(demo.administrator.password)
    expect(again.page.text).toContain('ご契約は終了しています')
    // The case that waited about a user can't be carried out any more.
    await approver.get(`/helpdesk/cases/${userCase}`)
    expect(approver.page.text).toContain('期限を過ぎ')

    await operator.get(companyHref())
    for (const words of ['解約済み', '新しいご契約のため']) expect(operator.page.text).toContain(words)
    for (const noun of ['contract-extension', 'contract-reduction', 'service-contract', 'contract-end']) {
      expect(operator.page.html).not.toContain(`${hrefOf(noun)}"`)
    }
    for (const noun of ['contract-extension', 'contract-reduction', 'service-contract', 'contract-end']) {
      await operator.get(hrefOf(noun))
      expect([noun, operator.page.status]).toEqual([noun, 409])
    }
    const [entry] = await historyOf('company.contract-ended')
    expect(JSON.parse(entry?.details ?? '{}')).toMatchObject({ caseId, usersTouched: 1, lastDay: today() })
  })

  it('C-13 C-14 D-09 each user’s certificates, passkeys and way back end, and they are told', async () => {
    const { db } = portal.deps
    const user = await db.user.findFirstOrThrow({ where: { companyId, role: 'administrator' } })
    // Between the end and its job nobody gives anything back.
    await operator.get(`/helpdesk/users/${user.id}`)
    expect(operator.page.text).toContain('解約済み')
    expect(operator.page.html).not.toContain('resumption')
    expect(await settleEndedContracts(portal.deps, actor)).toBe(1)
    expect(await settleEndedContracts(portal.deps, actor)).toBe(0)
    expect(await db.user.findUniqueOrThrow({ where: { id: user.id } })).toMatchObject({
      serviceState: 'deleted',
      deletedAt: (await companyRow()).contractEndedAt,
    })
    const certificates = await db.certificate.findMany({ where: { userId: user.id } })
    expect(certificates.map(({ state, endReason }) => [state, endReason])).toEqual([
      ['revoked', 'contractEnded'],
    ])
    await renewStatus(portal.deps)
    expect(await mailsOf('ended')).toMatchObject([{ recipient: user.email }])
    await expect(
      db.user.update({ where: { id: user.id }, data: { serviceState: 'available' } }),
    ).rejects.toThrow()

    const auditor = await officerAtWork(portal, 'auditor', 'kansa10')
    await auditor.get(companyHref())
    for (const words of ['解約済み', '利用可能業務', demo.administrator.loginId, '削除済み'])
      expect(auditor.page.text).toContain(words)
    await auditor.get(`/helpdesk/users/${user.id}`)
    for (const words of ['解約済み', '電子証明書の失効']) expect(auditor.page.text).toContain(words)
    await auditor.get('/helpdesk/companies?q=2004000000')
    expect(auditor.page.text).toContain('解約済み')
  })

  it('H-06 an account of an ended contract may be another company’s', async () => {
    const closed = await portal.deps.db.account.findFirstOrThrow({ where: { companyId } })
    expect(closed.closedAt).not.toBeNull()
    const fields = {
      ...newAccount(),
      ...{ 'branchCode-1': closed.branchCode, 'branchName-1': closed.branchName },
      ...{ 'kind-1': closed.kind, 'number-1': closed.number },
    }
    const address = '/helpdesk/companies/registration'
    await operator.get(address)
    const filled = {
      ...registrationOf(portal, 'shoko', '2004000900', '2004000901'),
      ...fields,
      caseId: valueOn(operator.page, 'caseId'),
      seen: valueOn(operator.page, 'seen'),
    }
    await operator.post(`${address}/confirmation`, filled)
    expect([operator.page.status, operator.page.text]).toEqual([
      200,
      expect.not.stringContaining('すでにご契約口座'),
    ])
  })

  it('H-06 a contract from a file has its accounts to itself, too', async () => {
    const made = async (companyOf: string, contractNumber: string) => {
      const { branchCode, branchName, kind, number } = await portal.deps.db.account.findFirstOrThrow({
        where: { companyId: companyOf },
        orderBy: { number: 'asc' },
      })
      const limits = { total: 0, each: 0, preregistered: 0 }
      const file = readContractFile(
        JSON.stringify({
          ...{ contractNumber, name: '株式会社最初', nameKana: 'カブシキガイシャサイショ' },
          entrance: { slug: 'shoko', name: '関所', preset: 'shoko' },
          services: [{ code: 'transfer' }],
          accounts: [{ branchCode, branchName, kind, number, limits }],
        }),
      )
      if (!file.ok) throw new Error(file.mistakes.join())
      return createContractFrom(portal.deps, actor, file.value)
    }
    expect(await made(otherId, '2004000991')).toMatchObject({ reason: 'contract.account.taken' })
    expect(await made(companyId, '2004000992')).toMatchObject({ ok: true })
    expect(await made(companyId, '2004000993')).toMatchObject({ reason: 'contract.account.taken' })
    expect(await made(otherId, '2004000000')).toMatchObject({ reason: 'company.contractNumberTaken' })
  })

  it('H-06 on the last day it goes on until midnight; a day that has passed while its case waited is refused', async () => {
    const lastDay = today()
    const late = await send('contract-end', { when: 'onDay', lastDay }, otherId)
    const midnight = plusSeconds(lastSecondOf(lastDay), 1)
    // Somebody who is not at work yet, however short before midnight the test runs.
    const { visitor: officer } = await newOfficer(portal, 'approver', 'yonaka1')
    portal.clock.goTo(midnight)
    await logInAsStaff(portal, officer)
    await approveContract(officer, late)
    expect(officer.page.status).toBe(409)
    expect(officer.page.text).toContain('最終利用日が過ぎました')
    expect((await companyRow(otherId)).lastDay).toBeNull()
    await portal.deps.db.helpdeskCase.update({ where: { id: late }, data: { state: 'done' } })
    await portal.deps.db.company.update({
      where: { id: otherId },
      data: { lastDay: new Date(`${lastDay}T00:00:00Z`) },
    })
    await portal.clock.standAt(lastSecondOf(lastDay), async () => {
      expect(await endDueContracts(portal.deps, actor)).toBe(0)
    })
    await portal.clock.standAt(midnight, async () => {
      const ended = await Promise.all([
        endDueContracts(portal.deps, actor),
        endDueContracts(portal.deps, actor),
      ])
      expect(ended.toSorted()).toEqual([0, 1])
    })
    expect((await companyRow(otherId)).contractEndedAt).toEqual(midnight)
    expect(await historyOf('company.contract-ended', otherId)).toHaveLength(1)
  })
})
