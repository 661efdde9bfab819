import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { enrolledUser } from '../../../support/certificates.ts'
import { sql } from '../../../support/database.ts'
import { versionOn } from '../../../support/forms.ts'
import { meanwhile } from '../../../support/meanwhile.ts'
import { demo } from '../../../support/portal.ts'
import { execute, fillInChange } from '../users/changing.ts'
import { accountsOn, basic, begin as beginUser, submit as submitUser } from '../users/registering.ts'
import { begin, change, press, submit } from './changing.ts'
import { type CompanyAtWork, companyAtWork } from './company-at-work.ts'

const { confirmationPassword } = demo.administrator

let company: CompanyAtWork
let { portal, admin, second, companyId } = {} as CompanyAtWork

beforeAll(async () => {
  company = await companyAtWork()
  ;({ portal, admin, second, companyId } = company)
})
afterAll(() => portal?.close())
beforeEach(() => company.asAtFirst())

describe('承認機能', () => {
  it('E-02 tells by name and count who can no longer send alone, and who must approve', async () => {
    await sql(
      portal.database.ownerUrl,
      `UPDATE company_service SET approval = 'none' WHERE company_id = '${companyId}' AND service_code = 'transfer'`,
    )
    await company.give('transfer.approve')
    const { name } = await portal.deps.db.user.findUniqueOrThrow({ where: { id: second.person.id } })
    const confirm = await change(admin, { 'approval-transfer': 'single' })
    for (const words of [
      '「振込振替」を1人で実行できなくなります：1名（管理　太郎）',
      '依頼者本人以外の承認者1名の承認が必要です',
      `承認するのは次の利用者です：2名（管理　太郎、${name}）`,
    ])
      expect(confirm.text).toContain(words)
    await press(admin, confirmationPassword)
    expect(await company.modeOf('transfer')).toBe('single')
    // D-04: what the permission means follows at once.
    const meaning = async () => {
      await beginUser(admin)
      return (await submitUser(admin, basic('imi00001'))).text
    }
    expect(await meaning()).toContain('取引には承認が必要です')
    const freed = await change(admin, { 'approval-transfer': 'none' })
    expect(freed.text).toContain(
      '承認を受けずに1人で「振込振替」を実行できるようになります：1名（管理　太郎）',
    )
  })

  it('D-11 refuses a mode under which some requests could be approved by nobody', async () => {
    await company.give('payroll.approve')
    await begin(admin)
    const again = await submit(admin, { 'approval-payroll': 'double_ordered' })
    expect(again.status).toBe(422)
    expect(again.text).toContain('「給与・賞与振込」で依頼者本人以外の承認者が1名不足')
    expect(again.html).toContain('href="#approval-payroll"')
  })

  it('D-11 refuses it too when the approver has gone between the form and 「実行」', async () => {
    await sql(
      portal.database.ownerUrl,
      `UPDATE company_service SET approval = 'none' WHERE company_id = '${companyId}' AND service_code = 'transfer'`,
    )
    await company.give('transfer.approve')
    await change(admin, { 'approval-transfer': 'single' })
    await sql(portal.database.ownerUrl, `DELETE FROM user_permission WHERE user_id = '${second.person.id}'`)
    const refused = await press(admin, confirmationPassword)
    expect(refused.status).toBe(422)
    expect(refused.text).toContain('「振込振替」で依頼者本人以外の承認者が1名不足')
    // E-06: one click to who could approve.
    expect(refused.html).toMatch(/error-summary.*href="\/obstacles".*<\/h1>/s)
    expect(await company.modeOf('transfer')).toBe('none')
  })

  it('F-02 what was asked for and refused at the last moment is in the history', async () => {
    await sql(
      portal.database.ownerUrl,
      `UPDATE company_service SET approval = 'none' WHERE company_id = '${companyId}' AND service_code = 'transfer'`,
    )
    await company.give('transfer.approve')
    await change(admin, { 'approval-transfer': 'single' })
    await meanwhile(
      portal,
      { companyId },
      () => press(admin, confirmationPassword),
      `DELETE FROM user_permission WHERE user_id = '${second.person.id}'`,
    )
    const entry = await portal.deps.db.history.findFirst({
      where: { operation: 'company.change-refused', reason: 'approval.tooFew.transfer.one' },
      orderBy: { seq: 'desc' },
    })
    expect(entry?.subjectLabel).toBe('株式会社関所商事')
    expect(JSON.parse(entry?.details ?? '{}')).toEqual({
      before: { approvals: { transfer: 'none' } },
      after: { approvals: { transfer: 'single' } },
    })
  })

  it('D-11 of a new mode and the suspension of its only approver at once, one is done', async () => {
    await sql(
      portal.database.ownerUrl,
      `UPDATE company_service SET approval = 'none' WHERE company_id = '${companyId}' AND service_code = 'transfer'`,
    )
    const approver = await enrolledUser(portal)
    await sql(
      portal.database.ownerUrl,
      `INSERT INTO user_permission VALUES ('${companyId}', '${approver.id}', 'transfer', 'approve')`,
    )
    await change(admin, { 'approval-transfer': 'single' })
    await second.admin.get(`/users/${approver.id}`)
    await second.admin.post(`/users/${approver.id}/suspension`)
    const { page } = second.admin
    await second.admin.post(page.path, { version: versionOn(page), reason: '休職のため' })
    const both = await Promise.all([
      press(admin, confirmationPassword),
      press(second.admin, second.confirmationPassword),
    ])
    expect(both.map(({ path }) => path.split('/').at(-1)).sort()).toEqual(['confirm', 'result'])
    expect(both.find(({ path }) => path.endsWith('/confirm'))?.text).toContain('承認者が1名不足')
    const { serviceState } = await portal.deps.db.user.findUniqueOrThrow({ where: { id: approver.id } })
    expect([await company.modeOf('transfer'), serviceState]).toEqual(
      both[0]?.path.endsWith('/result') ? ['single', 'available'] : ['none', 'suspended'],
    )
  })

  it('E-02, D-11 none → single → double and back by the screens alone: approvers come before approval', async () => {
    const { person } = second
    const to = async (mode: string) => {
      await change(admin, { 'approval-transfer': mode })
      await press(admin, confirmationPassword)
      expect(await company.modeOf('transfer')).toBe(mode)
    }
    const refused = async (mode: string) => {
      await begin(admin)
      const page = await submit(admin, { 'approval-transfer': mode })
      expect(page.status).toBe(422)
      expect(page.text).toContain('先に、ほかの利用者に「振込振替」の承認権限を付与')
    }
    await to('none')
    await refused('single')
    // What that remedy says: at a user who is there already …
    await fillInChange(admin, person.id, { permissions: ['transfer.approve'] })
    await execute(admin, { confirmationPassword })
    expect(admin.page.path).toMatch(/\/result$/)
    await admin.get(`/users/${person.id}`)
    expect(admin.page.html).toMatch(/承認なし/)
    await to('single')
    await refused('double_unordered')
    await to('none')
    // … and at a new one, whose page says from when on it counts.
    await beginUser(admin)
    const rights = await submitUser(admin, basic('shonin0001'))
    expect(rights.text).toContain('「承認なし」の間は、承認する取引はありません')
    await submitUser(admin, { permissions: ['transfer.approve'] })
    await submitUser(admin, { accounts: accountsOn(admin.page).slice(0, 1) })
    await submitUser(admin, { confirmationPassword })
    expect(admin.page.path).toMatch(/\/result$/)
    for (const mode of ['double_ordered', 'single', 'none', 'double_unordered', 'none']) await to(mode)
  })

  it('E-02 no 承認なし but for 振込振替: another is refused and recorded', async () => {
    await begin(admin)
    expect((await submit(admin, { 'approval-payroll': 'none' })).status).toBe(403)
    expect(await company.lastEntry()).toMatchObject({ outcome: 'refused', reason: 'company.approval.forged' })
  })

  it('E-03 names the users whose own limit would be above what is left in a day', async () => {
    const { id } = second.person
    await company.give('transfer.request_new', 'payroll.request_screen')
    await portal.deps.db.userLimit.createMany({
      data: [
        { companyId, userId: id, serviceCode: 'transfer', amount: 60_000_000n },
        { companyId, userId: id, serviceCode: 'payroll', amount: 100_000_000n },
      ],
    })
    await sql(
      portal.database.ownerUrl,
      `INSERT INTO user_account (company_id, user_id, account_id)
       VALUES ('${companyId}', '${id}', '${company.idOf('0253226')}') ON CONFLICT DO NOTHING`,
    )
    const [total, each, preregistered] = ['total', 'each', 'preregistered'].map(
      kind => `${kind}-${company.idOf('0253226')}`,
    )
    const confirm = await change(admin, {
      [total ?? '']: '59,999,999',
      [each ?? '']: '1',
      [preregistered ?? '']: '1',
      'company-salary': '99,999,999',
    })
    expect(confirm.text).toContain('一回当たり 60,000,000円 ／ 一日当たり 59,999,999円')
    // 賞与 still leaves 100,000,000.
    expect(confirm.text).not.toContain('一回当たり 100,000,000円')
  })
})
