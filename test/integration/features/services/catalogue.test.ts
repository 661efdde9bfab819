import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { approveContract, contractPaper } from '../../../support/contracts.ts'
import { sql } from '../../../support/database.ts'
import { textsOn, valueOn } from '../../../support/forms.ts'
import { logInAsStaff, officerAtWork, proofOf } from '../../../support/officers.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import { codeFor, contractFor, redeem, newService as service, userinfo } from '../../../support/services.ts'
import { until } from '../../../support/until.ts'
import type { Page, Visitor } from '../../../support/visitor.ts'

type Fields = Record<string, string>

let portal: Portal
let operator: Visitor
let approver: Visitor
let editor: Visitor
let admin: Visitor

beforeAll(async () => {
  portal = await openPortal()
  operator = await logInAsStaff(portal, portal.visitor(await portal.identity('operator')))
  approver = await logInAsStaff(portal, portal.visitor(await portal.identity('approver')))
  editor = await officerAtWork(portal, 'editor', 'henshu1')
  admin = await portal.administrator()
})
afterAll(() => portal?.close())

const base = '/helpdesk/services'
const row = (code = 'expenses') => portal.deps.db.portalService.findUnique({ where: { code } })

/** Opens a form, fills it in and sends it, confirm page and all; gives the case's id, blank where the form does not open. */
const send = async (officer: Visitor, noun: string, fields: Fields): Promise<string> => {
  await officer.get(`${base}/${noun}`)
  if (officer.page.status !== 200) return ''
  const caseId = valueOn(officer.page, 'caseId')
  await officer.post(`${base}/${noun}`, { ...fields, caseId })
  if (officer.page.status === 200)
    await officer.post(`${base}/${noun}`, { ...fields, caseId, step: 'execute' })
  return caseId
}

const approve = async (caseId: string) => {
  await approver.get(`/helpdesk/service-cases/${caseId}`)
  await approver.post(`/helpdesk/service-cases/${caseId}/approval`, proofOf(approver))
}

const bankEntries = async (operation: string) =>
  (await portal.deps.db.history.findMany({ where: { operation } })).map(({ details }) => ({
    details: JSON.parse(details ?? '{}'),
  }))

describe('サービスの登録', () => {
  it('H-06 refuses every mistake at its field, and stores nothing', async () => {
    for (const [fields, words] of [
      [{ code: 'Expenses' }, 'サービスコードに誤りがあります'],
      [{ code: 'registration' }, 'サービスコードに誤りがあります'],
      [{ nameJa: '' }, '入力されていません'],
      [{ nameEn: 'x'.repeat(61) }, '長すぎます'],
      [{ textJa: '経費\u202e精算' }, '使用できない文字'],
      [{ sort: '0' }, '表示順に誤りがあります'],
      [{ target: '' }, '移動先が選択されていません'],
      [{ target: 'address', address: 'http://service.example/', permission: '' }, 'リンクのアドレスに誤り'],
      [{ target: 'address', address: 'javascript:alert(1)', permission: '' }, 'リンクのアドレスに誤り'],
      [{ target: 'address', address: 'https://service.example/' }, '必要な権限を指定できません'],
      [{ permission: 'balance.everything' }, '画面にない値'],
      [{ forWhom: 'nobody' }, '表示の対象が選択されていません'],
      [{ reason: ' ' }, '理由が入力されていません'],
    ] as const) {
      await send(operator, 'registration', { ...service, ...fields })
      expect([words, operator.page.status]).toEqual([words, 422])
      expect(operator.page.text).toContain(words)
    }
    expect(await row()).toBeNull()
    expect(await portal.deps.db.helpdeskCase.count()).toBe(0)
  })

  it('H-04 H-06 is by two officers; then companies may contract it, and it stands on home in its place', async () => {
    const caseId = await send(operator, 'registration', service)
    expect(operator.page.path).toBe(`/helpdesk/service-cases/${caseId}`)
    expect(await row()).toBeNull()
    // The same form once more is the same case; another one about the same service waits for it.
    await operator.post(`${base}/registration`, { ...service, caseId, step: 'execute' })
    expect(operator.page.path).toBe(`/helpdesk/service-cases/${caseId}`)
    await operator.post(`${base}/registration`, { ...service, sort: '80', caseId, step: 'execute' })
    expect(operator.page.status).toBe(409)
    await send(approver, 'registration', service)
    expect([approver.page.status, approver.page.text]).toEqual([409, expect.stringContaining('承認待ち')])
    await operator.post(`/helpdesk/service-cases/${caseId}/approval`, proofOf(operator))
    expect(operator.page.status).toBe(403)
    await approver.get('/helpdesk/approvals')
    expect(approver.page.text).toContain('サービスの登録・再開・停止')
    await approver.get(`/helpdesk/cases/${caseId}`)
    for (const words of ['経費精算サービス', 'Expenses', '残高照会', '提供を始めるため'])
      expect(approver.page.text).toContain(words)
    await approve(caseId)
    expect(approver.page.text).toContain('サービスを登録しました')
    expect(await row()).toMatchObject({
      ...{ sort: 70, href: '/services/expenses', singleSignOn: true, permissionService: 'balance' },
    })
    expect(await bankEntries('service.registered')).toMatchObject([
      {
        details: { caseId, after: { serviceCode: 'expenses', permission: 'balance.view' } },
      },
    ])
    await send(operator, 'registration', service)
    expect([operator.page.status, operator.page.text]).toEqual([
      422,
      expect.stringContaining('すでに使われています'),
    ])

    await admin.get('/home')
    expect(admin.page.text).not.toContain('経費精算サービス')
    const { id } = await portal.deps.db.company.findUniqueOrThrow({ where: { contractNumber: '2004000000' } })
    await operator.get(`/helpdesk/companies/${id}/service-contract`)
    const filled = {
      ...contractPaper(portal),
      ...{ service: 'expenses', loginUri: 'https://expenses.example/login' },
      ...{ redirectUris: 'https://expenses.example/callback' },
      ...{ caseId: valueOn(operator.page, 'caseId'), basis: valueOn(operator.page, 'basis') },
    }
    await operator.post(`/helpdesk/companies/${id}/service-contract`, filled)
    await approveContract(approver, filled.caseId)
    await admin.get('/home')
    expect(admin.page.text).toContain('経費を申請し、承認します。')
  })

  it('H-06 an address stands on every home that it is for', async () => {
    const link = {
      ...service,
      ...{ code: 'rates', nameJa: '為替相場', sort: '1', permission: '', target: 'address' },
      ...{ address: 'https://rates.example/today', forWhom: 'administrators' },
    }
    await approve(await send(operator, 'registration', link))
    await admin.get('/home')
    expect(admin.page.html).toContain('href="https://rates.example/today"')
    expect(admin.page.text.indexOf('為替相場')).toBeLessThan(admin.page.text.indexOf('経費精算サービス'))
  })
})

describe('表示の変更', () => {
  it('H-06 is an editor’s, of words and place alone, and tells two of them of each other', async () => {
    await editor.get(`${base}/expenses/change`)
    const version = valueOn(editor.page, 'version')
    const words = {
      nameJa: '経費クラウド',
      nameEn: 'Expenses',
      textJa: service.textJa,
      textEn: service.textEn,
    }
    const change = { ...words, sort: '71', version } as Fields
    await editor.post(`${base}/expenses/change`, { ...change, href: 'https://evil.example/' })
    expect(editor.page.status).toBe(200)
    expect(editor.page.text).toContain('経費精算サービス')
    await editor.post(`${base}/expenses/change`, { ...change, step: 'execute' })
    expect(editor.page.path).toBe(base)
    expect(editor.page.text).toContain('経費クラウド')
    expect(await row()).toMatchObject({ nameJa: '経費クラウド', sort: 71, href: '/services/expenses' })
    // Sent twice, it finds what it wanted; another one from the old page is told.
    await editor.post(`${base}/expenses/change`, { ...change, step: 'execute' })
    expect(editor.page.path).toBe(base)
    await editor.post(`${base}/expenses/change`, { ...change, sort: '72', step: 'execute' })
    expect(editor.page.status).toBe(409)
    expect(await bankEntries('service.changed')).toMatchObject([
      { details: { before: { serviceName: '経費精算サービス', place: 70 }, after: { place: 71 } } },
    ])
    await editor.get(`${base}/expenses/change`)
    await editor.post(`${base}/expenses/change`, {
      ...change,
      version: valueOn(editor.page, 'version'),
      step: 'execute',
    })
    expect(editor.page.status).toBe(422)
    await admin.get('/home')
    expect(admin.page.text).toContain('経費クラウド')
  })

  it('H-06 two officers who change a service at the same moment take turns: the second is told of the first', async () => {
    const officers = [editor, approver]
    for (const officer of officers) await officer.get(`${base}/history/change`)
    const changes = officers.map(({ page }, n) => ({
      ...textsOn(page),
      ...{ nameJa: `操作履歴${n}`, version: valueOn(page, 'version'), step: 'execute' },
    }))
    const waiting = async () =>
      (
        await sql(
          portal.database.ownerUrl,
          `SELECT DISTINCT pid FROM pg_locks JOIN pg_stat_activity USING (pid)
            WHERE datname = current_database() AND NOT granted`,
        )
      ).length
    const before = await row('history')
    let sent: Promise<Page[]> | undefined
    await portal.deps.db.$transaction(
      async tx => {
        await tx.$queryRaw`SELECT code FROM portal_service WHERE code = 'history' FOR UPDATE`
        sent = Promise.all(
          officers.map((officer, n) => officer.post(`${base}/history/change`, changes[n], { follow: false })),
        )
        await until(async () => (await waiting()) === 2)
      },
      { timeout: 60_000 },
    )
    const statuses = (await sent)?.map(({ status }) => status)
    expect(statuses?.sort()).toEqual([303, 409])
    expect(await row('history')).toMatchObject({ version: (before?.version ?? 0) + 1 })
  })

  it('H-01 each officer sees the services, and may do with them what their role does', async () => {
    const auditor = await officerAtWork(portal, 'auditor', 'kansa11')
    await auditor.get(base)
    expect(auditor.page.text).toContain('経費クラウド')
    expect(auditor.page.html).not.toContain(`${base}/expenses/`)
    for (const [officer, noun] of [
      [auditor, 'expenses/change'],
      [auditor, 'expenses/suspension'],
      [editor, 'registration'],
      [editor, 'expenses/suspension'],
      [operator, 'expenses/change'],
    ] as const) {
      await officer.get(`${base}/${noun}`)
      expect([noun, officer.page.status]).toEqual([noun, 403])
    }
    for (const noun of ['nothing/change', 'nothing/suspension']) {
      await approver.get(`${base}/${noun}`)
      expect([noun, approver.page.status]).toEqual([noun, 404])
    }
  })
})

describe('サービスの停止', () => {
  it('H-04 G-05 is by one at once: whoever is in it is out and nobody comes in, until two resume it', async () => {
    const cash = await contractFor(portal, { contractNumber: '2004000000' })
    await admin.get('/home')
    const home = admin.page.url
    const { answer } = await redeem(portal, cash, await codeFor(portal, admin, cash))
    expect((await userinfo(portal, answer.access_token)).status).toBe(200)

    await operator.get(`${base}/cash/suspension`)
    expect(operator.page.text).toContain('利用中の利用者 1名')
    const caseId = await send(operator, 'cash/suspension', { reason: '不正な接続のおそれ' })
    expect(operator.page.text).toContain('サービスを停止しました')
    expect((await userinfo(portal, answer.access_token)).status).toBe(401)
    await admin.get(home)
    expect(admin.page.text).not.toContain('資金管理サービス')
    await admin.get(`${new URL(home).origin}/services/cash`)
    expect([admin.page.status, admin.page.text]).toEqual([409, expect.stringContaining('停止しています')])
    await admin.get(`${portal.settings.portalOrigin}/sso/entry/${cash.clientId}`)
    expect(admin.page.status).toBe(404)
    await approver.get('/helpdesk/reviews')
    expect(approver.page.html).toContain(caseId)
    await approver.post(`/helpdesk/cases/${caseId}/review`, {})
    expect(await portal.deps.db.helpdeskCase.findUnique({ where: { id: caseId } })).toMatchObject({
      reviewedAt: expect.any(Date),
    })
    await send(operator, 'cash/suspension', { reason: 'もう一度' })
    expect(operator.page.status).toBe(409)

    const resumption = await send(operator, 'cash/resumption', { reason: '確認を終えたため' })
    expect(await row('cash')).toMatchObject({ suspendedAt: expect.any(Date) })
    await approve(resumption)
    expect(approver.page.text).toContain('サービスを再開しました')
    await admin.get(home)
    expect(admin.page.text).toContain('資金管理サービス')
    for (const operation of ['service.suspended', 'service.resumed'])
      expect(await bankEntries(operation)).toMatchObject([{ details: { serviceCode: 'cash' } }])
  })

  it('H-04 H-06 nobody contracts it meanwhile, although the case was prepared before', async () => {
    await portal.deps.db.portalService.create({
      data: {
        ...{ code: 'advice', sort: 90, href: '/services/advice', forWhom: 'everyone', singleSignOn: true },
        ...{ nameJa: '経営相談', nameEn: 'Advice', textJa: '相談できます。', textEn: 'Ask us.' },
      },
    })
    const { id } = await portal.deps.db.company.findUniqueOrThrow({ where: { contractNumber: '2004000000' } })
    const address = `/helpdesk/companies/${id}/service-contract`
    await operator.get(address)
    const filled = {
      ...contractPaper(portal),
      ...{ service: 'advice', loginUri: 'https://advice.example/login' },
      ...{ redirectUris: 'https://advice.example/callback' },
      ...{ caseId: valueOn(operator.page, 'caseId'), basis: valueOn(operator.page, 'basis') },
    }
    await operator.post(address, filled)
    expect(operator.page.path).toBe(`/helpdesk/contract-cases/${filled.caseId}`)
    await send(operator, 'advice/suspension', { reason: '不正な接続のおそれ' })
    await approveContract(approver, filled.caseId)
    expect(approver.page.text).toContain('このサービスは見つかりません')
    expect(await portal.deps.db.serviceClient.count({ where: { serviceCode: 'advice' } })).toBe(0)
    expect(await portal.deps.db.helpdeskCase.findUnique({ where: { id: filled.caseId } })).toMatchObject({
      state: 'prepared',
    })
    expect(await portal.deps.db.shownOnce.count({ where: { id: filled.caseId } })).toBe(0)
    await operator.get(address)
    expect(operator.page.html).not.toContain('value="advice"')
  })

  it('H-06 the portal’s own pages are renamed, and never suspended', async () => {
    await operator.get(base)
    expect(operator.page.html).not.toContain(`${base}/administration/suspension`)
    await operator.get(`${base}/administration/suspension`)
    expect(operator.page.status).toBe(409)
  })
})
