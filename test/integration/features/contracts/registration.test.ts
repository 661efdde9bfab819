import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMaster } from '../../../../src/features/company/index.ts'
import { system } from '../../../../src/kernel/actor.ts'
import { renewalOf } from '../../../support/certificates.ts'
import { lastSealed } from '../../../support/codes.ts'
import {
  approveContract,
  fetchContractSecrets,
  newAccount,
  registrationAddress,
  registrationOf,
  sendContractForm,
} from '../../../support/contracts.ts'
import { logInAsStaff, officerAtWork, proofOf } from '../../../support/officers.ts'
import { openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'

let portal: Portal
let operator: Visitor
let approver: Visitor
beforeAll(async () => {
  portal = await openPortal({ presets: ['shoko', 'rokin'], generalUsers: false })
  operator = await logInAsStaff(portal, portal.visitor(await portal.identity('operator')))
  approver = await logInAsStaff(portal, portal.visitor(await portal.identity('approver')))
})
afterAll(() => portal.close())

const companyOf = (contractNumber: string) =>
  portal.deps.db.company.findUnique({ where: { contractNumber }, include: { users: true, accounts: true } })

/** Prepares a registration; gives the case's id, and what was typed. */
const prepare = async (
  contractNumber: string,
  preset: string,
  loginId: string,
  fields: Record<string, string | string[]> = {},
  officer = operator,
) => {
  const form = { ...registrationOf(portal, preset, contractNumber, loginId), ...fields }
  return sendContractForm(officer, registrationAddress, form)
}

describe('企業の登録', () => {
  it('H-06 refuses every mistake at once, each at its field, and stores nothing', async () => {
    const cases = await portal.deps.db.helpdeskCase.count()
    await prepare('', 'shoko', '', {
      name: '',
      nameKana: '株式会社',
      entrance: 'nowhere',
      services: [],
      'ceiling-bulk_transfer': '1',
      'branchCode-1': '12',
      'number-1': '12345678',
      'ceilingTotal-1': '1000000000000000',
      'ceilingEach-1': '',
      email: 'nobody',
      emailAgain: 'somebody',
      mobile: '03-1234',
      delivery: '',
      reasonText: '',
      formNumber: '',
      formReceivedOn: '昨日',
      sealChecked: '',
    })
    expect(operator.page.status).toBe(422)
    for (const words of [
      'ご契約番号が入力されていません',
      '企業名が入力されていません',
      '全角カタカナで入力してください',
      '入口が見つかりません',
      '利用可能業務が選択されていません',
      '選択していない業務の上限額が入力されています（総合振込）',
      '店番に誤りがあります（口座1）',
      '口座番号に誤りがあります（口座1）',
      '上限額に誤りがあります（口座1の振込振替（合計））。半角数字15桁以内',
      '上限額が入力されていません（口座1の振込振替（都度指定））',
      'メールアドレスの形式に誤りがあります',
      '理由が入力されていません',
      '届出印',
    ])
      expect(operator.page.text).toContain(words)
    expect(await portal.deps.db.helpdeskCase.count()).toBe(cases)
  })

  it.each([
    ['contractNumber', '1'.repeat(20), true],
    ['contractNumber', '1'.repeat(21), false],
    ['name', '髙'.repeat(60), true],
    ['name', '髙'.repeat(61), false],
    ['nameKana', 'ア'.repeat(60), true],
    ['nameKana', 'ア'.repeat(61), false],
    ['ceiling-bulk_transfer', '9'.repeat(12), true],
    ['ceiling-bulk_transfer', '9'.repeat(13), false],
    ['ceilingPreregistered-1', '100000000', true],
    ['ceilingPreregistered-1', '100000001', false],
    ['branchName-1', '店'.repeat(20), true],
    ['branchName-1', '店'.repeat(21), false],
  ])('H-06 takes %s at its bound and not one past it: %s → %s', async (field, value, taken) => {
    const { page } = operator
    await operator.get(registrationAddress)
    const caseId = /name="caseId" value="([^"]*)"/.exec(operator.page.html)?.[1] ?? ''
    const form = { ...registrationOf(portal, 'shoko', '2004000099', 'bounds'), caseId, [field]: value }
    await operator.post(`${registrationAddress}/confirmation`, form)
    expect(operator.page.status).toBe(taken ? 200 : 422)
    operator.page = page
  })

  it('H-06 H-04 shows the approver all that will be made, and the company begins: by certificate (shoko)', async () => {
    const caseId = await prepare('2004000010', 'shoko', '2004000011')
    expect(operator.page.path).toBe(`/helpdesk/contract-cases/${caseId}`)
    expect(await companyOf('2004000010')).toBeNull()
    await approver.get('/helpdesk/approvals')
    expect(approver.page.text).toContain('企業の新規登録')
    await approver.get(`/helpdesk/cases/${caseId}`)
    expect(approver.page.path).toBe(`/helpdesk/contract-cases/${caseId}`)
    for (const words of [
      '2004000010',
      '株式会社試験工業',
      'カブシキガイシャシケンコウギョウ',
      '商工型（shoko）',
      '総合振込',
      '500,000,000円',
      '渋谷支店',
      '100,000,000円',
      '2004000011',
      '最初　一郎',
      'first-2004000010@shiken.sekisho.example',
      'R8-1000',
    ])
      expect(approver.page.text).toContain(words)
    await approveContract(approver, caseId)
    expect(approver.page.text).toContain('企業を登録しました')
    const company = await companyOf('2004000010')
    expect(company).toMatchObject({ name: '株式会社試験工業', version: 0 })
    expect(company?.users[0]).toMatchObject({ loginId: '2004000011', role: 'administrator' })
    // Nobody of the company has registered its administrator: what they get, and whom they ask, is the bank.
    const mails = await portal.deps.db.outboxMail.findMany({
      where: { recipient: 'first-2004000010@shiken.sekisho.example' },
    })
    expect(mails).toMatchObject([
      { kind: 'user.first-registered', params: { delivery: 'post', need: 'certificate' } },
    ])

    const { login = '', acquisition = '' } = await fetchContractSecrets(operator, caseId)
    expect(await fetchContractSecrets(approver, caseId)).toEqual({})
    expect(approver.page.text).toContain('取得済みです')
    const someone = portal.visitor()
    await someone.get('/enrolment')
    await someone.post('/enrolment', {
      loginId: '2004000011',
      password: login,
      acquisitionPassword: acquisition,
    })
    expect(someone.page.text).toContain('電子証明書を発行中です')
    const file = await renewalOf(portal, someone)
    const master = portal.visitor({ pfx: file, passphrase: acquisition })
    await master.logIn(login)
    expect(master.page.path).toBe('/password')
    await master.post('/password', {
      current: login,
      next: 'Hajimari2026',
      nextAgain: 'Hajimari2026',
    })
    await master.get('/company/information')
    for (const words of ['株式会社試験工業', '総合振込', '渋谷支店'])
      expect(master.page.text).toContain(words)
    await master.get('/history')
    expect(master.page.text).toContain('企業の登録')
    expect(master.page.text).toContain('銀行が作成したパスワードの取得')
  })

  it('H-06 B-16 the company begins by 初期登録 with a letter’s password (rokin)', async () => {
    const caseId = await prepare('3001000010', 'rokin', 'Master77')
    await approveContract(approver, caseId)
    await approver.get(`/helpdesk/contract-cases/${caseId}`)
    await approver.post(`/helpdesk/contract-cases/${caseId}/secret`, { ...proofOf(approver), letter: '1' })
    expect(approver.page.headers['content-type']).toBe('application/pdf')
    // A second case's letter is read as a page, for its password.
    const other = await prepare('3001000020', 'rokin', 'Master78')
    await approveContract(approver, other)
    const { initial = '', acquisition } = await fetchContractSecrets(operator, other)
    expect(acquisition).toBeUndefined()
    const master = portal.visitor()
    await master.get(`${portal.settings.portalOrigin}/e/rokin/registration/master`)
    await master.post('/e/rokin/registration/master', { loginId: 'Master78', password: initial })
    expect(master.page.path).toBe('/registration')
    const email = 'own@shiken.sekisho.example'
    await master.post('/registration/mail', { email, emailAgain: email })
    const { code = '' } = await lastSealed(portal, email)
    await master.post('/registration/code', { code })
    await master.post('/registration', {
      loginId: 'Hajime001',
      loginIdAgain: 'Hajime001',
      password: 'Aoi-Sora-1',
      passwordAgain: 'Aoi-Sora-1',
    })
    expect(master.page.text).toContain('初期登録が完了しました')
  })

  it('H-04 takes another officer, of the right role, and only once', async () => {
    const caseId = await prepare('2004000030', 'shoko', '2004000031', {}, approver)
    const address = `/helpdesk/contract-cases/${caseId}`
    await approver.get(address)
    expect(approver.page.text).not.toContain('承認して実行する')
    await approver.post(`${address}/approval`, proofOf(approver))
    expect(approver.page.text).toContain('ご自身が準備した手続きは承認できません')
    await operator.get(address)
    expect((await operator.post(`${address}/approval`, proofOf(operator))).status).toBe(403)
    const auditor = await officerAtWork(portal, 'auditor', 'auditor1')
    expect((await auditor.get(address)).status).toBe(200)
    expect((await auditor.get(registrationAddress)).status).toBe(403)
    expect((await auditor.post(`${address}/approval`)).status).toBe(403)
    const editor = await officerAtWork(portal, 'editor', 'editor1')
    for (const page of [address, '/helpdesk/companies', registrationAddress])
      expect((await editor.get(page)).status).toBe(403)
    expect(await companyOf('2004000030')).toBeNull()

    const second = await officerAtWork(portal, 'approver', 'approver2')
    await second.get(address)
    const proof = proofOf(second)
    const answers = await Promise.all([1, 2, 3].map(() => second.post(`${address}/approval`, proof)))
    expect(answers.map(({ status }) => status).filter(status => status >= 500)).toEqual([])
    expect(await portal.deps.db.company.count({ where: { contractNumber: '2004000030' } })).toBe(1)
  })

  it('H-06 refuses what is taken: at the form, while another waits, and at the approval', async () => {
    await prepare('2004000000', 'shoko', '2004000041')
    expect(operator.page.status).toBe(422)
    expect(operator.page.text).toContain('ご契約番号はすでに登録されています')
    await prepare('2004000040', 'shoko', '2004000001')
    expect(operator.page.text).toContain('このログインIDは既に使用されています')
    const account = { ...newAccount(), 'branchCode-1': '001', 'number-1': '0253226' }
    await prepare('2004000040', 'shoko', '2004000041', account)
    expect(operator.page.text).toContain('すでにご契約口座として登録されています')

    const caseId = await prepare('2004000040', 'shoko', '2004000041')
    await prepare('2004000040', 'shoko', '2004000042')
    expect(operator.page.text).toContain('承認待ちの手続きがあります')
    // The command line is faster than the approver.
    const taken = await createMaster(portal.deps, system('test'), '2004000000', {
      loginId: '2004000041',
      name: '先着　次郎',
      email: 'first@demo.sekisho.example',
      loginPassword: 'Sakichaku2026',
      forceChange: false,
    })
    expect(taken.ok).toBe(true)
    await approveContract(approver, caseId)
    expect(approver.page.status).toBe(409)
    expect(approver.page.text).toContain('このログインIDは既に使用されています')
    expect(await companyOf('2004000040')).toBeNull()
    expect(await portal.deps.db.shownOnce.findUnique({ where: { id: caseId } })).toBeNull()
    await approver.get(`/helpdesk/contract-cases/${caseId}`)
    await approver.post(`/helpdesk/contract-cases/${caseId}/rejection`, { decisionNote: 'IDが重複' })
    expect(approver.page.text).toContain('差し戻されました')
  })

  it('H-06 the same form sent twice prepares once; a case of somebody else’s id is not found', async () => {
    const fields = registrationOf(portal, 'shoko', '2004000050', '2004000051')
    const caseId = await sendContractForm(operator, registrationAddress, fields)
    const again = { ...fields, caseId }
    await operator.get(registrationAddress)
    await operator.post(registrationAddress, again)
    expect(operator.page.path).toBe(`/helpdesk/contract-cases/${caseId}`)
    await operator.get(registrationAddress)
    await operator.post(registrationAddress, { ...again, name: '訂正した企業名' })
    expect(operator.page.status).toBe(409)
    expect(operator.page.text).toContain('変更する前のものがすでに登録されています')
    expect(operator.page.html).toContain(`href="/helpdesk/contract-cases/${caseId}"`)
    await approver.get(registrationAddress)
    expect((await approver.post(registrationAddress, again)).status).toBe(404)
    for (const forged of ['nothing', portal.deps.ids.next()])
      expect((await operator.get(`/helpdesk/contract-cases/${forged}`)).status).toBe(404)
  })
})

describe('企業一覧', () => {
  it('H-02 H-06 finds companies by number, name and kana, and shows one with its contract', async () => {
    await operator.get('/helpdesk/companies')
    for (const words of ['2004000000', '株式会社関所商事', '関所団体連合会'])
      expect(operator.page.text).toContain(words)
    await operator.get('/helpdesk/companies?q=3001000000')
    expect(operator.page.text).toContain('関所団体連合会')
    expect(operator.page.text).not.toContain('株式会社関所商事')
    await operator.get(`/helpdesk/companies?${new URLSearchParams({ q: 'ショウジ' })}`)
    expect(operator.page.text).toContain('株式会社関所商事')
    await operator.get('/helpdesk/companies?q=%25&page=999999999')
    expect(operator.page.text).toContain('該当する企業はありません')
    const company = await companyOf('2004000000')
    const looks = () =>
      portal.deps.db.history.count({
        where: { chainId: company?.id ?? '', operation: 'staff.customer-viewed', subjectKind: 'company' },
      })
    const before = await looks()
    await operator.get(`/helpdesk/companies/${company?.id}`)
    for (const words of [
      'カブシキガイシャセキショショウジ',
      '新宿支店',
      '管理　太郎',
      '上限額：999,999,999,999円',
      'セキュリティポリシー',
    ])
      expect(operator.page.text).toContain(words)
    // F-04: the company sees who looked.
    expect(await looks()).toBe(before + 1)
  })
})
