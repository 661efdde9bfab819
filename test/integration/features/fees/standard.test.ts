import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { businessDayOf, plusDays } from '../../../../src/kernel/business-day.ts'
import { logInAsStaff, officerAtWork, proofOf } from '../../../support/officers.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Page, Visitor } from '../../../support/visitor.ts'

let portal: Portal
let operator: Visitor
let approver: Visitor
beforeAll(async () => {
  portal = await openPortal()
  operator = await officerAtWork(portal, 'operator', 'tesuryo1')
  approver = await officerAtWork(portal, 'approver', 'tesuryo2')
})
afterAll(() => portal.close())

type Fields = Record<string, string>
const base = '/helpdesk/standard-fees'
const today = () => businessDayOf(portal.clock.now())

const valueOn = ({ html }: Page, name: string) =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1] ?? ''

const wanted = (changed: Fields = {}): Fields => ({
  effectiveOn: plusDays(today(), 1),
  'from-1': '1',
  'to-1': '50,000',
  'same_branch-1': '0',
  'own_bank-1': '100',
  'other_bank-1': '300',
  'from-2': '50,000',
  'to-2': '',
  'same_branch-2': '0',
  'own_bank-2': '200',
  'other_bank-2': '600',
  reason: '料金改定のため',
  ...changed,
})

/** Fills in the form of a function, as far as `step` says. */
const propose = async (
  officer: Visitor,
  service: string,
  changed: Fields = {},
  step = 'execute',
): Promise<Page> => {
  await officer.get(`${base}/${service}`)
  const { page } = officer
  return officer.post(`${base}/${service}`, {
    caseId: valueOn(page, 'caseId'),
    baseVersion: valueOn(page, 'baseVersion'),
    ...wanted(changed),
    step,
  })
}
const decide = (officer: Visitor, casePath: string, noun: string, fields: Fields = {}) =>
  officer.post(`${casePath}/${noun}`, { ...proofOf(officer), ...fields })
const versions = (service: string) => portal.deps.db.standardFee.count({ where: { serviceCode: service } })

describe('基準手数料', () => {
  it('H-06 one officer proposes, another approves, and companies that follow them see them from their day on', async () => {
    await propose(operator, 'transfer', {}, 'confirm')
    expect(operator.page.text).toMatch(/使用する契約のお客様は、現在\d+社/)
    expect(operator.page.text).toMatch(/50,000円以上 変更 変更後： .*他行宛 600円/)
    await propose(operator, 'transfer')
    const casePath = operator.page.path
    expect(casePath).toMatch(/\/standard-fees\/cases\//)
    expect(operator.page.text).toContain('承認を待っています')
    expect(await versions('transfer')).toBe(1)
    // It stands in the one queue, and its row there leads here.
    await approver.get('/helpdesk/approvals')
    expect(approver.page.text).toContain('基準手数料の変更')
    await approver.get(`/helpdesk/cases/${casePath.split('/').at(-1)}`)
    expect(approver.page.path).toBe(casePath)
    await decide(approver, casePath, 'approval', { officerPassword: 'Chigau-2026' })
    expect(approver.page.status).toBe(422)
    expect(await versions('transfer')).toBe(1)
    await decide(approver, casePath, 'approval')
    expect(approver.page.text).toContain('承認され、登録されました')
    expect(await versions('transfer')).toBe(2)

    const admin = await portal.administrator()
    const fee = async (visitor: Visitor) => {
      await visitor.get('/company/fees/payee-transfer?amount=60000&pattern=other_bank')
      return /手数料の負担.*? 手数料 ([\d,]+)円/.exec(visitor.page.text)?.[1]
    }
    expect(await fee(admin)).toBe('550')
    portal.clock.move(86_400)
    expect(await fee(await portal.administrator())).toBe('600')
    for (const officer of [operator, approver]) await logInAsStaff(portal, officer)
    const operations = await portal.deps.db.history.findMany({
      where: { operation: { in: ['standard-fees.proposed', 'standard-fees.published', 'case.approved'] } },
      orderBy: { at: 'desc' },
      select: { actorLoginId: true, operation: true },
    })
    expect(operations).toEqual(
      expect.arrayContaining([
        { actorLoginId: 'tesuryo1', operation: 'standard-fees.proposed' },
        { actorLoginId: 'tesuryo2', operation: 'standard-fees.published' },
      ]),
    )
  })

  it('H-04 nobody approves what they proposed; a second proposal waits its turn; of ten approvals one publishes', async () => {
    await propose(approver, 'bulk_transfer')
    const own = approver.page.path
    await decide(approver, own, 'approval')
    expect(approver.page.status).not.toBe(200)
    await approver.get(own)
    await decide(approver, own, 'withdrawal')
    expect(approver.page.text).toContain('取り下げられました')

    await propose(operator, 'bulk_transfer')
    const casePath = operator.page.path
    await propose(approver, 'bulk_transfer', { reason: '別の改定' })
    expect(approver.page.text).toContain('承認を待っている変更がすでにあります')
    const before = await versions('bulk_transfer')
    await approver.get(casePath)
    const { page } = approver
    const proof = proofOf(approver)
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => {
        approver.page = page
        return approver.post(`${casePath}/approval`, proof, { follow: false })
      }),
    )
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1)
    expect(await versions('bulk_transfer')).toBe(before + 1)
  })

  it('H-06 the same form sent twice proposes once; a corrected one is refused and leads to the case', async () => {
    await operator.get(`${base}/transfer`)
    const [caseId, baseVersion] = [valueOn(operator.page, 'caseId'), valueOn(operator.page, 'baseVersion')]
    const send = (changed: Fields = {}) =>
      operator.post(`${base}/transfer`, { caseId, baseVersion, ...wanted(changed), step: 'execute' })
    for (const _click of ['first', 'second']) {
      await send()
      expect(operator.page.path).toBe(`${base}/cases/${caseId}`)
    }
    const corrections = [
      { 'other_bank-2': '700' },
      { effectiveOn: plusDays(today(), 2) },
      { reason: '訂正した理由' },
    ]
    for (const corrected of corrections) {
      await send(corrected)
      expect([corrected, operator.page.status]).toEqual([corrected, 409])
      expect(operator.page.text).toContain('変更する前のものがすでに登録されています')
      expect(operator.page.html).toContain(`href="${base}/cases/${caseId}"`)
    }
    await operator.post(`${base}/cases/${caseId}/withdrawal`)
    expect(operator.page.text).toContain('取り下げられました')
  })

  it('H-04 a proposal that was overtaken, or whose day is over, is not carried out', async () => {
    await propose(operator, 'transfer', { effectiveOn: today() })
    const casePath = operator.page.path
    portal.clock.move(86_400)
    for (const officer of [operator, approver]) await logInAsStaff(portal, officer)
    const before = await versions('transfer')
    await approver.get(casePath)
    await decide(approver, casePath, 'approval')
    expect(approver.page.text).toContain('適用開始日が過ぎています')
    await approver.get(casePath)
    await decide(approver, casePath, 'rejection', { decisionNote: '日付を改めてください' })
    expect(approver.page.text).toContain('日付を改めてください')
    expect(await versions('transfer')).toBe(before)
  })

  it('H-06 what is wrong is said at its field, and nothing waits', async () => {
    const cases: [string, Fields, string][] = [
      ['effectiveOn', { effectiveOn: plusDays(today(), -1) }, '適用開始日が過ぎています'],
      ['effectiveOn', { effectiveOn: '2026-02-30' }, '適用開始日に誤り'],
      ['reason', { reason: ' ' }, '変更の理由が入力されていません'],
      ['reason', { reason: 'あ'.repeat(401) }, '400文字以内'],
      ['from-2', { 'from-2': '50,001' }, '2行目の「以上」を50,000円に'],
      ['to-2', { 'to-2': '99,999' }, '最後の範囲'],
      ['other_bank-1', { 'other_bank-1': '100000' }, '半角数字5桁以内'],
    ]
    for (const [field, changed, message] of cases) {
      await propose(operator, 'transfer', changed)
      expect([changed, operator.page.status]).toEqual([changed, 422])
      expect(operator.page.text).toContain(message)
      expect(operator.page.html).toContain(`href="#${field}"`)
    }
    expect(await portal.deps.db.helpdeskCase.count({ where: { state: 'prepared' } })).toBe(0)
    await operator.get(`${base}/nosuch`)
    expect(operator.page.status).toBe(404)
  })

  it('H-01 editors see nothing of it, auditors look and change nothing', async () => {
    const editor = await officerAtWork(portal, 'editor', 'tesuryo3')
    expect((await editor.get(base)).status).toBe(403)
    const auditor = await officerAtWork(portal, 'auditor', 'tesuryo4')
    expect((await auditor.get(base)).status).toBe(200)
    expect(auditor.page.html).not.toContain(`href="${base}/transfer"`)
    expect((await auditor.get(`${base}/transfer`)).status).toBe(403)
  })
})
