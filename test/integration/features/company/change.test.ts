import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sql } from '../../../support/database.ts'
import { demo } from '../../../support/portal.ts'
import { begin, change, fieldsOn, press, submit } from './changing.ts'
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

describe('企業情報の変更', () => {
  it('E-01 E-03 E-04 shows all, changes it after the confirmation password, and tells the history before and after', async () => {
    const menu = await admin.get('/administration')
    expect(menu.text).toContain('企業管理')
    const information = await admin.get('/company/information')
    for (const word of [
      '株式会社関所商事',
      'カブシキガイシャセキショショウジ',
      '利用可能業務',
      '外為予約',
      '口座一日当たり限度額　本店営業部（001） 普通 0253226',
      '支払用',
      'シングル承認',
      '振込振替（都度指定） 50,000,000円',
      'お取引店またはヘルプデスクへ',
    ])
      expect(information.text).toContain(word)

    const form = await begin(admin)
    expect(form.text).toContain('ご契約の上限額：999,999,999,999円')
    const [total, memo] = [`total-${company.idOf('0104711')}`, `memo-${company.idOf('0104711')}`]
    expect(fieldsOn(form)).toMatchObject({ [total]: '100,000,000', 'approval-payroll': 'single' })
    const confirm = await submit(admin, {
      [total]: '２００，０００，０００',
      [memo]: '　給与用𠮷 ',
      'company-bonus': '0',
    })
    expect(confirm.path).toMatch(/\/confirm$/)
    expect(confirm.text).toContain('変更 変更後： 200,000,000円 変更前： 100,000,000円')
    expect(confirm.text).toContain('変更 変更後： 給与用𠮷 変更前： 支払用')
    expect(confirm.text).toContain('この限度額での取引はできません')
    expect(confirm.html.match(/class="changed__mark"/g)).toHaveLength(3)

    const wrong = await press(admin, 'Machigai2026')
    expect(wrong.status).toBe(422)
    expect(await company.amountOf('0104711', 'total')).toBe(100_000_000n)

    const result = await press(admin, confirmationPassword)
    expect(result.path).toMatch(/\/result$/)
    for (const word of ['企業情報を変更しました', '200,000,000円', 'ホームへ', '企業管理メニューへ', '印刷'])
      expect(result.text).toContain(word)
    expect(await company.amountOf('0104711', 'total')).toBe(200_000_000n)
    const entry = await company.lastEntry()
    expect(entry).toMatchObject({ operation: 'company.changed', outcome: 'done' })
    expect(JSON.parse(entry?.details ?? '')).toMatchObject({
      before: { companyLimits: { bonus: '100000000' }, companyAccounts: [{ accountMemo: '支払用' }] },
      after: {
        companyLimits: { bonus: '0' },
        companyAccounts: [{ accountNumber: '0104711', transferTotal: '200000000', accountMemo: '給与用𠮷' }],
      },
    })
    const list = await admin.get('/history?operation=company.changed')
    const address = /href="(\/history\/[^"]+)"/.exec(list.html)?.[1]
    const told = await admin.get(address ?? '')
    for (const word of [
      '企業一日当たり限度額・賞与振込',
      '0円',
      '100,000,000円',
      '振込振替（合計） 200,000,000円',
    ])
      expect(told.text).toContain(word)
    // Pressed again: the one result.
    expect((await admin.get(confirm.path)).path).toMatch(/\/result$/)
    for (const page of [result.path, '/company/information']) {
      const pdf = await admin.get(`${page}?print=pdf`)
      expect(pdf.headers['content-type']).toBe('application/pdf')
    }
  })

  it('F-02 tells of any number of accounts changed at once, in as many entries as it takes', async () => {
    await sql(
      portal.database.ownerUrl,
      `INSERT INTO account (id, company_id, branch_code, branch_name, kind, number, memo)
       SELECT gen_random_uuid(), '${companyId}', '777', '支店', 'ordinary', lpad(n::text, 7, '0'), ''
         FROM generate_series(1, 45) n`,
    )
    try {
      await begin(admin)
      // Forty characters as people count them, of as many bytes as there can be.
      const memo = 'a\u0301\u0301\u0301\u0301\u0301\u0301\u0301'.repeat(40)
      const added = await portal.deps.db.account.findMany({ where: { branchCode: '777' } })
      const memos = added.map(({ id }) => `memo-${id}`)
      // Nobody has set their limits yet: all are asked for.
      const limits = memos.flatMap(name =>
        ['total', 'each', 'preregistered'].map(kind => [name.replace('memo', kind), '1']),
      )
      const confirm = await submit(admin, {
        ...Object.fromEntries(limits),
        ...Object.fromEntries(memos.map(name => [name, memo])),
      })
      expect(confirm.path).toMatch(/\/confirm$/)
      expect((await press(admin, confirmationPassword)).path).toMatch(/\/result$/)
      const entries = await sql<{ accounts: number }>(
        portal.database.ownerUrl,
        `SELECT jsonb_array_length(details::jsonb #> '{after,companyAccounts}') AS accounts FROM history
          WHERE operation = 'company.changed' AND details LIKE '%"777"%' ORDER BY seq`,
      )
      expect(entries.map(each => each.accounts)).toEqual([20, 20, 5])
    } finally {
      await sql(
        portal.database.ownerUrl,
        `DELETE FROM account_limit WHERE account_id IN (SELECT id FROM account WHERE branch_code = '777')`,
        `DELETE FROM account WHERE branch_code = '777'`,
      )
    }
  })

  it.each([
    ['total', '', '普通 0253226　振込振替（合計）が入力されていません'],
    ['total', '1234567890123456', '半角数字15桁以内'],
    ['each', '100,000,001', '振込振替（都度指定）が、合計の限度額（100,000,000円）を超えています'],
    ['preregistered', '-1', '半角数字15桁以内'],
    ['memo', '口'.repeat(41), '40文字以内'],
    ['memo', '一行\n二行', '使用できない文字'],
  ])(
    'E-03 says at the field what is wrong with %s %j, and how to put it right',
    async (kind, text, words) => {
      await begin(admin)
      const field = `${kind}-${company.idOf('0253226')}`
      const again = await submit(admin, { [field]: text })
      expect(again.status).toBe(422)
      expect(again.text).toContain(words)
      expect(again.html).toContain(`href="#${field}"`)
      expect(again.html).toContain(`id="${field}-error"`)
    },
  )

  it.each([
    ['', '給与振込が入力されていません'],
    ['1,000,000,000,000', '半角数字12桁以内'],
    ['12a', '半角数字12桁以内'],
  ])('E-04 says what is wrong with a company’s limit of %j', async (text, words) => {
    await begin(admin)
    const again = await submit(admin, { 'company-salary': text })
    expect(again.status).toBe(422)
    expect(again.text).toContain(words)
  })

  it('E-04 takes what the contract allows to the yen, and nothing above it', async () => {
    await sql(
      portal.database.ownerUrl,
      `UPDATE account_limit SET ceiling = 300000000 WHERE account_id = '${company.idOf('0253226')}' AND kind = 'total'`,
    )
    await begin(admin)
    const above = await submit(admin, { [`total-${company.idOf('0253226')}`]: '300000001' })
    expect(above.status).toBe(422)
    expect(above.text).toContain('ご契約の上限額（300,000,000円）を超えています')
    const confirm = await submit(admin, { [`total-${company.idOf('0253226')}`]: '300000000' })
    expect(confirm.path).toMatch(/\/confirm$/)
  })

  it('E-03 E-04 an account without limits and a ceiling brought down stop nobody who changes something else', async () => {
    const [unset, capped] = [company.idOf('0104711'), company.idOf('0253226')]
    await sql(
      portal.database.ownerUrl,
      `DELETE FROM account_limit WHERE account_id = '${unset}'`,
      `UPDATE account_limit SET ceiling = 1 WHERE account_id = '${capped}'`,
    )
    await change(admin, { [`memo-${capped}`]: '家賃用', [`memo-${unset}`]: '予備' })
    await press(admin, confirmationPassword)
    expect(admin.page.text).toContain('企業情報を変更しました')
    expect(await portal.deps.db.accountLimit.count({ where: { accountId: unset } })).toBe(0)
    expect(await company.amountOf('0253226', 'total')).toBe(100_000_000n)
    // Whoever touches them fills them in, by the rules.
    await begin(admin)
    const again = await submit(admin, { [`total-${unset}`]: '5', [`each-${capped}`]: '2' })
    expect(again.status).toBe(422)
    expect(again.text).toContain('ご契約の上限額（1円）を超えています')
    expect(again.html).toContain(`id="each-${unset}-error"`)
  })

  it('refuses a change of nothing', async () => {
    await begin(admin)
    const again = await submit(admin, { [`total-${company.idOf('0253226')}`]: '100000000' })
    expect(again.status).toBe(422)
    expect(again.text).toContain('変更された項目がありません')
  })
})

describe('who is kept out', () => {
  it('I-05 refuses another company’s account, and records it', async () => {
    const other = await portal.deps.db.account.findFirstOrThrow({ where: { companyId: { not: companyId } } })
    const limits = () =>
      portal.deps.db.accountLimit.findMany({ where: { accountId: other.id }, orderBy: { kind: 'asc' } })
    const before = await limits()
    await begin(admin)
    const refused = await submit(admin, { [`total-${other.id}`]: '1' })
    expect(refused.status).toBe(404)
    expect(refused.text).toContain('お客様の口座ではありません')
    expect(await company.lastEntry()).toMatchObject({
      outcome: 'refused',
      reason: 'company.account.notFound',
    })
    expect(await limits()).toEqual(before)
  })

  it('I-05 knows no draft of another’s', async () => {
    const form = await begin(second.admin)
    expect((await admin.get(form.path)).status).toBe(404)
    await admin.get('/company/information')
    expect((await admin.post(form.path, { version: '0' })).status).toBe(404)
  })

  it('D-14 lets no general user in, nor a form that an administrator began before', async () => {
    await change(second.admin, { 'company-bonus': '44' })
    await sql(portal.database.ownerUrl, `UPDATE "user" SET role = 'user' WHERE id = '${second.person.id}'`)
    try {
      expect((await press(second.admin, second.confirmationPassword)).status).toBe(403)
      for (const address of ['/company', '/company/information', '/company/change'])
        expect((await second.admin.get(address)).status).toBe(403)
    } finally {
      await sql(
        portal.database.ownerUrl,
        `UPDATE "user" SET role = 'administrator' WHERE id = '${second.person.id}'`,
      )
    }
  })

  it('E-01 an account that the bank has closed meanwhile is not changed any more', async () => {
    await change(admin, { [`memo-${company.idOf('1180452')}`]: '閉じる前' })
    await sql(
      portal.database.ownerUrl,
      `UPDATE account SET closed_at = now() WHERE id = '${company.idOf('1180452')}'`,
    )
    const again = await press(admin, confirmationPassword)
    expect(again.status).toBeLessThan(500)
    expect(again.path).not.toMatch(/\/result$/)
    expect(
      (await portal.deps.db.account.findUniqueOrThrow({ where: { id: company.idOf('1180452') } })).memo,
    ).toBe('支払用')
  })

  it('B-12 keeps the draft over a timeout, for a day', async () => {
    const form = await begin(admin)
    await submit(admin, { 'company-bonus': '55' })
    portal.clock.move(3_600)
    const back = await portal.administrator()
    const confirm = await back.get(form.path.replace(/settings$/, 'confirm'))
    expect(confirm.text).toContain('変更後： 55円')
    portal.clock.move(24 * 3_600)
    const later = await portal.administrator()
    expect((await later.get(form.path)).status).toBe(404)
  })
})
