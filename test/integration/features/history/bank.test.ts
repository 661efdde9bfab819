import { afterAll, beforeAll, expect, it } from 'vitest'
import { createStaff } from '../../../../src/features/staff/index.ts'
import { system } from '../../../../src/kernel/actor.ts'
import { newUser } from '../../../support/enrolment.ts'
import { versionOn } from '../../../support/forms.ts'
import { officerAtWork, proofOf } from '../../../support/officers.ts'
import { hasPdftotext, wordsOfPdf } from '../../../support/pdf.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'

// The bank's own chain: what its officers did, and what nobody's company was refused.
let portal: Portal
let auditor: Visitor
let approver: Visitor
let administrator: Visitor
beforeAll(async () => {
  portal = await openPortal()
  auditor = await officerAtWork(portal, 'auditor', 'rekishi.kansa')
  approver = await officerAtWork(portal, 'approver', 'rekishi.yakuseki')
  administrator = await portal.administrator()
})
afterAll(() => portal.close())

const bankChain = '00000000-0000-0000-0000-000000000000'

const newest = (operation: string) =>
  portal.deps.db.history.findFirstOrThrow({
    where: { chainId: bankChain, operation },
    orderBy: { seq: 'desc' },
  })

/** The rows of the list that is shown, as text. */
const rows = ({ page }: Visitor): string[] => {
  const body = /<tbody[\s\S]*<\/tbody>/.exec(page.html)?.[0] ?? ''
  return body.split('</tr>').slice(0, -1)
}

it('H-01 F-01 auditors and 役席者 find the bank’s own history in their menu; operators, editors and customers don’t', async () => {
  for (const officer of [auditor, approver]) {
    expect((await officer.get('/helpdesk/home')).html).toContain('href="/helpdesk/history"')
    expect((await officer.get('/helpdesk/history')).status).toBe(200)
  }
  const { id } = await newest('staff.login.succeeded')
  const addresses = ['/helpdesk/history', `/helpdesk/history/${id}`, '/helpdesk/history/entries.csv']
  for (const role of ['operator', 'editor'] as const) {
    const officer = await officerAtWork(portal, role, `rekishi.${role}`)
    expect((await officer.get('/helpdesk/home')).html).not.toContain('/helpdesk/history')
    for (const address of addresses) expect((await officer.get(address)).status, address).toBe(403)
  }
  for (const address of addresses) expect((await administrator.get(address)).status, address).toBe(403)
})

it('F-01 F-02 tells when which officer did what, from where and with which certificate, and nothing of a customer’s chain', async () => {
  const page = await auditor.get('/helpdesk/history?operation=staff.login.succeeded')
  expect(page.text).toMatch(
    /\d{4}\/\d{2}\/\d{2} \d{2}:\d{2}:\d{2}.*銀行担当者 試験　rekishi\.yakuseki rekishi\.yakuseki .*完了 127\.0\.0\.1 [0-9A-F]{16,}/,
  )
  expect(page.text).not.toContain(demo.administrator.loginId)
  const { companyId } = await portal.deps.db.user.findFirstOrThrow({
    where: { loginId: demo.administrator.loginId },
  })
  const theirs = await portal.deps.db.history.findFirstOrThrow({ where: { chainId: companyId } })
  for (const id of [theirs.id, 'x', '01900000-0000-7000-8000-000000000000'])
    expect((await auditor.get(`/helpdesk/history/${id}`)).status, id).toBe(404)
})

it('F-01 is searched by days, officer, operation and outcome', async () => {
  const made = await createStaff(portal.deps, system('test'), {
    loginId: 'rekishi.kensaku',
    name: '検索　花子',
    email: 'rekishi.kensaku@bank.sekisho.example',
    role: 'editor',
    password: demo.staffPassword,
  })
  expect(made.ok).toBe(true)
  await approver.get('/helpdesk/services/registration')
  await auditor.get('/helpdesk/terms/shoko')
  await auditor.post('/helpdesk/terms/shoko', { textJa: '第1条' })
  const search = async (query: string) => {
    await auditor.get(`/helpdesk/history?${query}`)
    expect(auditor.page.status, query).toBe(200)
    return rows(auditor)
  }
  const logins = await search('operation=staff.login.succeeded&user=REKISHI.KANSA')
  expect(logins).toHaveLength(1)
  expect(logins[0]).toContain('rekishi.kansa')
  // Who it was about is found, too: by the beginning of the name.
  expect(await search(`user=${encodeURIComponent('検索　花')}`)).toHaveLength(1)
  const refused = await search('outcome=refused&user=rekishi.kansa&operation=access.refused')
  expect(refused[0]).toContain('この操作を行う権限がありません')
  for (const row of refused) expect(row).toMatch(/rekishi\.kansa[\s\S]*拒否/)
  expect(await search('outcome=done&user=rekishi.kansa&operation=access.refused')).toHaveLength(1)
  expect(auditor.page.text).toContain('該当する操作はありません')
  await search('from=2020-01-01&to=2020-01-31')
  expect(auditor.page.text).toContain('該当する操作はありません')
  expect(await search(`user=${demo.administrator.loginId}`)).toHaveLength(1)
  expect(auditor.page.text).toContain('該当する操作はありません')
  const mistaken = await auditor.get('/helpdesk/history?from=2026-02-30&operation=foo.bar')
  expect(mistaken.status).toBe(422)
  expect(mistaken.text).toContain('日付が正しくありません')
  expect(mistaken.html).not.toContain('<tbody')
})

it('F-02 H-07 an entry shows what was before and after, and leads back to the list as it was searched', async () => {
  await approver.get('/helpdesk/hours')
  const version = versionOn(approver.page)
  const form = {
    opensAt: '9:00',
    closesAt: '18:00',
    phone: '0120-555-111',
    yearlyClosed: '12-31',
    closedDays: '',
  }
  await approver.post('/helpdesk/hours', { ...form, version, ...proofOf(approver) })
  expect(approver.page.text).toContain('受付時間を登録しました')
  const page = await auditor.get('/helpdesk/history?operation=helpdesk.hours-changed')
  const link = /href="(\/helpdesk\/history\/[^"]+)"/.exec(page.html)?.[1]?.replaceAll('&amp;', '&') ?? ''
  const entry = await auditor.get(link)
  expect(entry.text).toContain('0120-555-111')
  expect(entry.text).toMatch(/変更前/)
  expect(entry.html).toContain('href="/helpdesk/history?operation=helpdesk.hours-changed"')
  expect(entry.text).not.toMatch(/[{}]|undefined|null/)
})

it('F-01 F-03 F-04 gives the entries out as CSV and as a PDF with the chain’s head, and records that', async () => {
  const { companyId } = await newUser(portal)
  const csv = await auditor.get('/helpdesk/history/entries.csv?operation=staff.login.succeeded')
  expect(csv.status).toBe(200)
  expect(csv.headers['content-type']).toContain('text/csv')
  const lines = csv.body.toString().trim().split('\r\n')
  expect(lines[0]).toContain('操作日時')
  expect(lines.some(line => line.includes('rekishi.yakuseki') && line.includes('127.0.0.1'))).toBe(true)
  const exported = await newest('history.exported')
  expect(exported.actorLoginId).toBe('rekishi.kansa')
  expect(JSON.parse(exported.details)).toEqual({
    fileFormat: 'csv',
    entries: lines.length - 1,
    searchedOperation: 'staff.login.succeeded',
  })
  const head = await portal.deps.db.historyChain.findUniqueOrThrow({ where: { id: bankChain } })
  const pdf = await auditor.get('/helpdesk/history?operation=staff.login.succeeded&print=pdf')
  expect(pdf.headers['content-type']).toBe('application/pdf')
  if (hasPdftotext) {
    const words = wordsOfPdf(pdf.body).replaceAll(/\s/g, '')
    expect(words).toContain(`${head.seq}番${Buffer.from(head.hash).toString('hex')}`)
    expect(words).toContain('当行の操作履歴一覧')
  }
  expect(JSON.parse((await newest('history.exported')).details)).toMatchObject({ fileFormat: 'pdf' })
  expect(
    await portal.deps.db.history.count({ where: { chainId: companyId, operation: 'history.exported' } }),
  ).toBe(0)
  const mistaken = await auditor.get('/helpdesk/history/entries.csv?from=x', { follow: false })
  expect([mistaken.status, mistaken.headers.location]).toEqual([303, '/helpdesk/history?from=x'])
})

it('I-01 speaks English to whoever asks for it', async () => {
  await auditor.get('/helpdesk/history')
  await auditor.post('/language', { lang: 'en', back: '/helpdesk/history' })
  const page = await auditor.get('/helpdesk/history')
  expect(page.text).toContain('Operation history of the bank')
  expect(page.text).not.toMatch(/history\.\w+|[{}]/)
})
