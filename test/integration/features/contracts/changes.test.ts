import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tellServices } from '../../../../src/features/services/index.ts'
import {
  approveContract,
  contractPaper,
  fetchContractSecrets,
  newAccount,
} from '../../../support/contracts.ts'
import { logInAsStaff, officerAtWork, proofOf } from '../../../support/officers.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import { claimsIn, codeFor, contractFor, redeem, userinfo } from '../../../support/services.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { change, press } from '../company/changing.ts'

type Fields = Record<string, string | string[]>

let portal: Portal
let operator: Visitor
let approver: Visitor
let admin: Visitor
let companyId: string
/** By number: 当座 0104711, 普通 0253226, 普通 1180452. */
let accounts: Map<string, string>
/** What a service has been told of logouts. */
const told: Record<string, unknown>[] = []
const listener = createServer(async (request, response) => {
  told.push(claimsIn(new URLSearchParams(await text(request)).get('logout_token') ?? ''))
  response.writeHead(200).end()
})

beforeAll(async () => {
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  portal = await openPortal({ presets: ['shoko', 'sevenbank'], generalUsers: false })
  operator = await logInAsStaff(portal, portal.visitor(await portal.identity('operator')))
  approver = await logInAsStaff(portal, portal.visitor(await portal.identity('approver')))
  admin = await portal.administrator()
  const company = await portal.deps.db.company.findUniqueOrThrow({
    where: { contractNumber: '2004000000' },
    include: { accounts: true },
  })
  companyId = company.id
  accounts = new Map(company.accounts.map(({ number, id }) => [number, id]))
})
afterAll(async () => {
  await portal?.close()
  listener.close()
})

const hrefOf = (noun: string, id = companyId) => `/helpdesk/companies/${id}/${noun}`
const idOf = (number: string): string => accounts.get(number) ?? ''

/** The form as it is opened: its own values, which a browser would send back. */
const valuesOn = ({ page }: Visitor): Fields => ({
  ...Object.fromEntries(
    [...page.html.matchAll(/<input class="govuk-input[^>]*value="([^"]*)"[^>]* name="([^"]+)"/g)].map(
      ([, value = '', name = '']) => [name, value],
    ),
  ),
  basis: /name="basis" value="([^"]*)"/.exec(page.html)?.[1] ?? '',
  caseId: /name="caseId" value="([^"]*)"/.exec(page.html)?.[1] ?? '',
})

/** Opens a form, changes some of its fields and sends it; gives the case's id. */
const send = async (officer: Visitor, noun: string, fields: Fields, id = companyId): Promise<string> => {
  await officer.get(hrefOf(noun, id))
  const own = valuesOn(officer)
  const filled = { ...own, accountRows: '1', ...contractPaper(portal), ...fields }
  await officer.post(`${hrefOf(noun, id)}/confirmation`, filled)
  if (officer.page.status === 200) await officer.post(hrefOf(noun, id), filled)
  return String(own.caseId)
}

const contract = () =>
  portal.deps.db.company.findUniqueOrThrow({
    where: { id: companyId },
    include: { services: true, accounts: true, limits: true },
  })

/** Sends a form that says something else than the case under its number. */
const refusedAsOther = async (address: string, casePath: string, fields: Fields) => {
  await operator.post(address, fields)
  expect([address, operator.page.status]).toEqual([address, 409])
  expect(operator.page.text).toContain('変更する前のものがすでに登録されています')
  expect(operator.page.html).toContain(`href="${casePath}"`)
}

const historyOf = async (operation: string) =>
  portal.deps.db.history.findMany({ where: { chainId: companyId, operation }, orderBy: { seq: 'asc' } })

describe('ご契約の追加・引き上げ', () => {
  it('H-06 H-04 E-04 adds services and accounts, raises ceilings and changes the name once a second officer approves', async () => {
    const before = await contract()
    const caseId = await send(operator, 'contract-extension', {
      name: '株式会社関所ホールディングス',
      nameKana: 'カブシキガイシャセキショホールディングス',
      ...newAccount(),
    })
    expect(operator.page.path).toBe(`/helpdesk/contract-cases/${caseId}`)
    expect(await contract()).toEqual(before)
    await approver.get(`/helpdesk/cases/${caseId}`)
    for (const words of [
      '株式会社関所商事',
      '株式会社関所ホールディングス',
      '渋谷支店',
      '100,000,000円',
      'R8-1000',
    ])
      expect(approver.page.text).toContain(words)
    await approveContract(approver, caseId)
    expect(approver.page.text).toContain('ご契約を変更しました')
    const after = await contract()
    expect(after).toMatchObject({ name: '株式会社関所ホールディングス', version: before.version + 1 })
    expect(after.accounts).toHaveLength(before.accounts.length + 1)
    const [entry] = await historyOf('company.contract-extended')
    expect(JSON.parse(entry?.details ?? '{}')).toMatchObject({
      caseId,
      before: { companyName: '株式会社関所商事' },
      after: {
        companyName: '株式会社関所ホールディングス',
        contractAccounts: [{ accountNumber: expect.any(String) }],
      },
    })
    await admin.get('/company/information')
    for (const words of ['株式会社関所ホールディングス', '渋谷支店', '0円'])
      expect(admin.page.text).toContain(words)
    await admin.get(`/history/${entry?.id}`)
    for (const words of ['ご契約の追加・引き上げ', '上限額（合計） 100,000,000円'])
      expect(admin.page.text).toContain(words)
  })

  it('H-06 takes no less, nothing at all, and no account twice', async () => {
    await send(operator, 'contract-extension', { 'ceiling-bulk_transfer': '1' })
    expect(operator.page.status).toBe(422)
    expect(operator.page.text).toContain('現在の上限額より低い金額が入力されています（総合振込）')
    await send(operator, 'contract-extension', {})
    expect(operator.page.text).toContain('変更された項目がありません')
    const same = {
      'branchCode-1': '001',
      'branchName-1': '本店',
      'kind-1': 'ordinary',
      'number-1': '0700341',
    }
    await send(operator, 'contract-extension', { ...newAccount(), ...same })
    expect(operator.page.text).toContain('すでにご契約口座として登録されています')
    await send(operator, 'contract-extension', { services: ['transfer'] })
    expect(operator.page.text).toContain('画面にない値が指定されました')
  })

  it('H-04 is not approved by who prepared it, nor after the contract has changed; one case waits at a time', async () => {
    const caseId = await send(approver, 'contract-extension', { ...newAccount() })
    const address = `/helpdesk/contract-cases/${caseId}`
    await approver.get(address)
    await approver.post(`${address}/approval`, proofOf(approver))
    expect(approver.page.text).toContain('ご自身が準備した手続きは承認できません')
    await operator.get(hrefOf('contract-extension'))
    expect(operator.page.status).toBe(409)
    expect(operator.page.text).toContain('承認待ちの手続きがあります')
    // What takes away waits for nobody.
    await send(operator, 'contract-reduction', { services: ['fx'] })
    expect(operator.page.text).toContain('ご契約を終了・引き下げました')
    const second = await officerAtWork(portal, 'approver', 'approver2')
    await approveContract(second, caseId)
    expect(second.page.status).toBe(409)
    expect(second.page.text).toContain('ご契約が変更されました')
    await approver.get(address)
    await approver.post(`${address}/withdrawal`)
    expect(approver.page.text).toContain('取り下げられました')
  })

  it('D-12 of two officers on the same company at once the second is told, and so is its administrator', async () => {
    await change(admin, { 'company-direct_debit': '999,999,999,999' })
    const edited = admin.page
    await operator.get(hrefOf('contract-reduction'))
    const stale = {
      ...valuesOn(operator),
      reasonText: '試験のため',
      'ceiling-direct_debit': '900,000,000,000',
    }
    await send(approver, 'contract-reduction', { 'ceiling-direct_debit': '999,999,999,998' })
    expect(approver.page.text).toContain('ご契約を終了・引き下げました')
    await operator.post(hrefOf('contract-reduction'), stale)
    expect(operator.page.status).toBe(409)
    expect(operator.page.text).toContain('画面を開いた後に、この企業のご契約が変更されました')
    admin.page = edited
    await press(admin, demo.administrator.confirmationPassword)
    expect(admin.page.text).toContain('999,999,999,998')
    const { limits } = await contract()
    expect(limits.find(({ kind }) => kind === 'direct_debit')).toMatchObject({
      amount: 100_000_000n,
      ceiling: 999_999_999_998n,
    })
  })

  it('H-01 I-05 is the officers’: an auditor looks, and another company’s account is refused and recorded', async () => {
    const auditor = await officerAtWork(portal, 'auditor', 'auditor1')
    await auditor.get(`/helpdesk/companies/${companyId}`)
    expect(auditor.page.text).not.toContain('契約を追加・引き上げる')
    for (const noun of ['contract-extension', 'contract-reduction', 'service-contract'])
      expect((await auditor.get(hrefOf(noun))).status).toBe(403)
    const foreign = await portal.deps.db.account.findFirstOrThrow({ where: { number: '0700341' } })
    await send(operator, 'contract-reduction', { accounts: [foreign.id] })
    expect(operator.page.status).toBe(404)
    await send(operator, 'contract-reduction', { [`ceilingTotal-${foreign.id}`]: '1' })
    expect(operator.page.status).toBe(404)
    const refused = (await historyOf('case.refused')).map(({ reason }) => reason)
    expect(refused.filter(reason => reason === 'company.account.notFound')).toHaveLength(2)
    expect((await operator.get(hrefOf('contract-extension', portal.deps.ids.next()))).status).toBe(404)
  })
})

describe('ご契約の終了・引き下げ', () => {
  it('E-04 a lowered ceiling holds at once; limits above it stay, and are shown as capped', async () => {
    const id = idOf('0253226')
    const caseId = await send(operator, 'contract-reduction', {
      'ceiling-bulk_transfer': '300000000',
      [`ceilingTotal-${id}`]: '40,000,000',
      [`ceilingEach-${id}`]: '40000000',
      [`ceilingPreregistered-${id}`]: '40000000',
    })
    expect(operator.page.text).toContain('ご契約を終了・引き下げました')
    const kept = await portal.deps.db.accountLimit.findMany({ where: { companyId, accountId: id } })
    expect(kept.map(({ kind, amount, ceiling }) => [kind, amount, ceiling]).toSorted()).toEqual([
      ['each', 50_000_000n, 40_000_000n],
      ['preregistered', 100_000_000n, 40_000_000n],
      ['total', 100_000_000n, 40_000_000n],
    ])
    await admin.get('/company/information')
    expect(admin.page.text).toContain('ご契約の上限額（40,000,000円）を超えています')
    expect(admin.page.text).toContain('ご契約の上限額（300,000,000円）を超えています')
    const question = { operation: 'transfer.request_preregistered', account: id, amount: '40000001' }
    await admin.get(`/obstacles?${new URLSearchParams(question)}`)
    expect(admin.page.text).toContain('40,000,000円')
    await send(operator, 'contract-reduction', { [`ceilingTotal-${id}`]: '30000000' })
    expect(operator.page.text).toContain('合計の上限額を超えています')
    await send(operator, 'contract-reduction', { 'ceiling-bulk_transfer': '300000001' })
    expect(operator.page.text).toContain('現在の上限額より高い金額')
    // H-04: another officer looks at it; who did it can't.
    await operator.get('/helpdesk/reviews')
    await operator.post(`/helpdesk/cases/${caseId}/review`)
    expect(operator.page.status).toBe(403)
    await approver.get('/helpdesk/reviews')
    expect(approver.page.text).toContain('契約内容の変更')
    await approver.post(`/helpdesk/cases/${caseId}/review`)
    await approver.get(`/helpdesk/contract-cases/${caseId}`)
    expect(approver.page.text).toMatch(/役席　一郎 が確認/)
  })

  it('H-06 G-05 an ended service takes permissions and limits along, and who is in a service by it is out', async () => {
    const { port } = listener.address() as AddressInfo
    const service = await contractFor(portal, {
      contractNumber: '2004000000',
      backchannelLogoutUri: `http://127.0.0.1:${port}/told`,
    })
    await admin.get('/home')
    expect(admin.page.text).toContain('資金管理サービス')
    const { answer } = await redeem(portal, service, await codeFor(portal, admin, service))
    await operator.get(hrefOf('contract-reduction'))
    const filled = { ...valuesOn(operator), reasonText: 'ご解約のため', services: ['statement', 'payroll'] }
    await operator.post(`${hrefOf('contract-reduction')}/confirmation`, filled)
    expect(operator.page.text).toContain('権限を持つ利用者 1名')
    expect(operator.page.text).toContain('利用中の利用者 1名')
    // Sent twice, by two tabs: one effect, and both come to the case.
    await operator.post(hrefOf('contract-reduction'), filled)
    const first = operator.page.path
    await operator.post(hrefOf('contract-reduction'), filled)
    expect(operator.page.path).toBe(first)
    // Gone back to and corrected: it is not the case that was carried out, and its officer is told so.
    for (const step of ['/confirmation', ''])
      await refusedAsOther(`${hrefOf('contract-reduction')}${step}`, first, {
        ...filled,
        services: ['balance'],
      })
    expect((await contract()).services.map(({ serviceCode }) => serviceCode)).toContain('balance')
    expect((await contract()).services.map(({ serviceCode }) => serviceCode)).not.toContain('statement')
    for (const table of ['userPermission', 'userLimit', 'companyLimit'] as const) {
      const where = { companyId, serviceCode: { in: ['statement', 'payroll'] } }
      expect(await (portal.deps.db[table].count as (asked: object) => Promise<number>)({ where })).toBe(0)
    }
    expect(await tellServices(portal.deps)).toBe(1)
    expect(told).toMatchObject([{ aud: service.clientId, sid: claimsIn(answer.id_token).sid }])
    expect((await userinfo(portal, answer.access_token)).status).toBe(401)
    await admin.get('/home')
    expect(admin.page.status).toBe(200)
    expect(admin.page.text).not.toContain('資金管理サービス')
    await admin.get('/company/information')
    expect(admin.page.text).not.toContain('給与・賞与振込')
  })

  it('H-06 an ended account is nobody’s to use, and may be contracted again', async () => {
    const id = idOf('1180452')
    await send(operator, 'contract-reduction', { accounts: [id] })
    expect(operator.page.text).toContain('新宿支店')
    expect(await portal.deps.db.userAccount.count({ where: { companyId, accountId: id } })).toBe(0)
    await admin.get('/company/information')
    expect(admin.page.text).not.toContain('1180452')
    const again = {
      'branchCode-1': '113',
      'branchName-1': '新宿支店',
      'kind-1': 'ordinary',
      'number-1': '1180452',
    }
    await approveContract(approver, await send(operator, 'contract-extension', { ...newAccount(), ...again }))
    const account = await portal.deps.db.account.findUniqueOrThrow({
      where: { companyId_id: { companyId, id } },
      include: { limits: true, users: true },
    })
    expect(account).toMatchObject({ closedAt: null, users: [] })
    expect(account.limits.every(({ amount }) => amount === 0n)).toBe(true)
  })

  it('E-02 H-06 what was ended comes back with its ceiling at 0, approval by one, and no permissions', async () => {
    await send(operator, 'contract-extension', { services: ['payroll'], 'ceiling-salary': '1' })
    expect(operator.page.status).toBe(422)
    expect(operator.page.text).toContain('上限額が入力されていません（賞与振込）')
    const caseId = await send(operator, 'contract-extension', {
      services: ['payroll', 'statement'],
      'ceiling-salary': '100000000',
      'ceiling-bonus': '0',
    })
    await approveContract(approver, caseId)
    const { services, limits } = await contract()
    expect(services.find(({ serviceCode }) => serviceCode === 'payroll')?.approval).toBe('single')
    expect(limits.find(({ kind }) => kind === 'salary')).toMatchObject({ amount: 0n, ceiling: 100_000_000n })
    expect(await portal.deps.db.userPermission.count({ where: { companyId, serviceCode: 'payroll' } })).toBe(
      0,
    )
  })
})

it('H-06 a form that was gone back to and corrected is not the case that waits under its number', async () => {
  await operator.get(hrefOf('contract-extension'))
  const own = valuesOn(operator)
  const filled = { ...own, accountRows: '1', ...contractPaper(portal), ...newAccount() }
  await operator.post(`${hrefOf('contract-extension')}/confirmation`, filled)
  await operator.post(hrefOf('contract-extension'), filled)
  const casePath = `/helpdesk/contract-cases/${own.caseId}`
  expect(operator.page.path).toBe(casePath)
  for (const corrected of [newAccount(), { reasonText: '訂正した理由' }, { sealChecked: '' }])
    await refusedAsOther(hrefOf('contract-extension'), casePath, { ...filled, ...corrected })
  for (const step of ['/confirmation', '']) {
    await operator.post(`${hrefOf('contract-extension')}${step}`, filled)
    expect(operator.page.path).toBe(casePath)
  }
  await operator.post(`${casePath}/withdrawal`)
})

describe('シングルサインオンのサービス', () => {
  const addresses = {
    service: 'cash',
    loginUri: 'https://service.example/login',
    redirectUris: 'https://service.example/callback\r\nhttps://service.example/other',
    postLogoutRedirectUris: '',
    backchannelLogoutUri: '',
  }
  const sevenbank = async () =>
    (await portal.deps.db.company.findUniqueOrThrow({ where: { contractNumber: '7001000000' } })).id

  it('G-05 H-06 is contracted by two officers, with exact addresses and a secret that is shown once', async () => {
    const id = await sevenbank()
    for (const [field, value] of [
      ['loginUri', 'http://service.example/login'],
      ['loginUri', 'javascript:alert(1)'],
      ['redirectUris', 'https://service.example/#fragment'],
      ['redirectUris', ''],
      // What an officer reads must be what is called.
      ['redirectUris', 'https://service.example/\u202ekcab'],
      ['redirectUris', 'https:service.example/callback'],
      ['loginUri', 'HTTPS://SERVICE.example/login'],
      ['backchannelLogoutUri', 'https://user:pass@service.example/'],
      ['service', 'nothing'],
    ] as const) {
      await send(operator, 'service-contract', { ...addresses, [field]: value }, id)
      expect([value, operator.page.status]).toEqual([value, 422])
    }
    const caseId = await send(operator, 'service-contract', addresses, id)
    await approveContract(approver, caseId)
    expect(approver.page.text).toContain('サービスを契約しました')
    const { client = '' } = await fetchContractSecrets(operator, caseId)
    expect(client.length).toBeGreaterThan(30)
    expect(await fetchContractSecrets(approver, caseId)).toEqual({})
    const made = await portal.deps.db.serviceClient.findUniqueOrThrow({
      where: { companyId_serviceCode: { companyId: id, serviceCode: 'cash' } },
    })
    expect(made.redirectUris).toEqual(addresses.redirectUris.split('\r\n'))

    await send(operator, 'contract-reduction', { signOn: ['cash'] }, id)
    expect(operator.page.text).toContain('資金管理サービス')
    // Whoever kept the address of its tile is told here, and not sent round by the service (G-04).
    const stranger = portal.visitor()
    await stranger.get(`${portal.settings.portalOrigin}/sso/entry/${made.clientId}`)
    expect([stranger.page.status, stranger.page.headers.refresh]).toEqual([404, undefined])
    expect(stranger.page.text).toContain('貴社のご契約にない')
    const again = await send(operator, 'service-contract', addresses, id)
    await approveContract(approver, again)
    // Its secret was not fetched before the contract ended and began once more: the dead one is shown to nobody.
    await send(operator, 'contract-reduction', { signOn: ['cash'] }, id)
    const last = await send(operator, 'service-contract', addresses, id)
    await approveContract(approver, last)
    expect(await fetchContractSecrets(approver, again)).toEqual({})
    const { client: other = '' } = await fetchContractSecrets(approver, last)
    expect(other.length).toBeGreaterThan(30)
    expect(other).not.toBe(client)
  })
})
