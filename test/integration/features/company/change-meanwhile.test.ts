import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sql } from '../../../support/database.ts'
import { versionOn } from '../../../support/forms.ts'
import { demo } from '../../../support/portal.ts'
import { change, press } from './changing.ts'
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

describe('two administrators', () => {
  it('D-12 the second is told, shown the difference, and may lay the change over the first’s', async () => {
    const [mine, theirs] = [`memo-${company.idOf('0253226')}`, `memo-${company.idOf('1180452')}`]
    await change(second.admin, { [mine]: '二人目の控え', 'company-bonus': '7' })
    await change(admin, { [theirs]: '一人目の控え', 'company-bonus': '5' })
    expect((await press(admin, confirmationPassword)).path).toMatch(/\/result$/)

    const told = await press(second.admin, second.confirmationPassword)
    expect(told.status).toBe(409)
    for (const words of ['管理　太郎さん', '一人目の控え', '両方で変更', '5円', '7円'])
      expect(told.text).toContain(words)
    expect(told.text).not.toContain('二人目の控え')

    const merge = /action="([^"]+\/merge)"/.exec(told.html)?.[1] ?? ''
    const confirm = await second.admin.post(merge, { version: versionOn(told) })
    expect(confirm.path).toMatch(/\/confirm$/)
    expect(confirm.text).toContain('変更後： 二人目の控え')
    expect(confirm.text).toContain('変更後： 7円 変更前： 5円')
    expect(confirm.text).not.toContain('変更後： 一人目の控え')
    expect((await press(second.admin, second.confirmationPassword)).path).toMatch(/\/result$/)
    const memos = await portal.deps.db.account.findMany({ where: { companyId }, select: { memo: true } })
    expect(memos.map(({ memo }) => memo).sort()).toEqual(['一人目の控え', '二人目の控え', '支払用'])
  })

  it('D-12 a version that the bank has raised without touching 企業情報 stops nobody', async () => {
    await change(second.admin, { 'company-bonus': '8' })
    await sql(portal.database.ownerUrl, `UPDATE company SET version = version + 1 WHERE id = '${companyId}'`)
    expect((await press(second.admin, second.confirmationPassword)).path).toMatch(/\/result$/)
  })

  it('D-12 nobody is named for a change that they did not make', async () => {
    await change(admin, { 'company-bonus': '9' })
    expect((await press(admin, confirmationPassword)).path).toMatch(/\/result$/)
    await change(second.admin, { 'company-salary': '10' })
    await sql(
      portal.database.ownerUrl,
      `UPDATE company_limit SET amount = 6 WHERE company_id = '${companyId}' AND kind = 'bonus'`,
      `UPDATE company SET version = version + 1 WHERE id = '${companyId}'`,
    )
    const told = await press(second.admin, second.confirmationPassword)
    expect(told.status).toBe(409)
    expect(told.text).toContain('ほかの方が、この内容を先に変更しています')
    expect(told.text).not.toContain('管理　太郎さん')
  })

  it('D-12 of two at once one is stored, and the other overwrites nothing', async () => {
    await change(admin, { 'company-bonus': '11' })
    await change(second.admin, { 'company-bonus': '22' })
    const both = await Promise.all([
      press(admin, confirmationPassword),
      press(second.admin, second.confirmationPassword),
    ])
    expect(both.map(({ path }) => path.split('/').at(-1)).sort()).toEqual(['confirm', 'result'])
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409])
    const stored = both[0]?.path.endsWith('/result') ? 11n : 22n
    const { amount } = await portal.deps.db.companyLimit.findFirstOrThrow({
      where: { companyId, kind: 'bonus' },
    })
    expect(amount).toBe(stored)
  })

  it('D-02 a double click has one effect', async () => {
    await change(admin, { 'company-bonus': '33' })
    const { path } = admin.page
    const form = { version: versionOn(admin.page), confirmationPassword, _csrf: admin.csrfToken() ?? '' }
    const both = await Promise.all([admin.post(path, form), admin.post(path, form)])
    for (const page of both) expect(page.path).toMatch(/\/result$/)
    const [{ count } = { count: -1 }] = await sql<{ count: number }>(
      portal.database.ownerUrl,
      `SELECT count(*)::int FROM history WHERE operation = 'company.changed'
          AND details::jsonb #>> '{after,companyLimits,bonus}' = '33'`,
    )
    expect(count).toBe(1)
  })
})
