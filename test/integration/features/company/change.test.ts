import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { enrolledUser } from '../../../support/certificates.ts'
import { sql } from '../../../support/database.ts'
import { meanwhile } from '../../../support/meanwhile.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { basic, begin as beginUser, submit as submitUser } from '../users/registering.ts'
import { begin, change, fieldsOn, press, secondAdministrator, submit, versionOf } from './changing.ts'

const { confirmationPassword } = demo.administrator

let portal: Portal
let admin: Visitor
let second: Awaited<ReturnType<typeof secondAdministrator>>
let companyId: string
/** 当座 0104711, 普通 0253226, 普通 1180452, by number. */
let accounts: Map<string, string>

beforeAll(async () => {
  portal = await openPortal({ presets: ['shoko', 'sevenbank'], generalUsers: false })
  admin = await portal.administrator()
  second = await secondAdministrator(portal)
  companyId = second.person.companyId
  const rows = await portal.deps.db.account.findMany({ where: { companyId } })
  accounts = new Map(rows.map(({ number, id }) => [number, id]))
})
afterAll(() => portal.close())

// Whatever a test changed, the next begins with the demo's settings.
beforeEach(() =>
  sql(
    portal.database.ownerUrl,
    `UPDATE company_service SET approval = 'single' WHERE company_id = '${companyId}' AND approval IS NOT NULL`,
    `UPDATE account_limit SET amount = CASE kind WHEN 'each' THEN 50000000 ELSE 100000000 END, ceiling = NULL
      WHERE company_id = '${companyId}'`,
    `UPDATE company_limit SET amount = 100000000 WHERE company_id = '${companyId}'`,
    `UPDATE account SET memo = '支払用', closed_at = NULL WHERE company_id = '${companyId}'`,
    `DELETE FROM user_permission WHERE company_id = '${companyId}' AND user_id = '${second.person.id}'`,
    `DELETE FROM user_limit WHERE company_id = '${companyId}' AND user_id = '${second.person.id}'`,
    'UPDATE credential SET failures = 0, locked_at = NULL, locked_until = NULL',
  ),
)

const idOf = (number: string) => {
  const id = accounts.get(number)
  if (!id) throw new Error(`there is no account ${number}`)
  return id
}
const give = (...keys: string[]) =>
  portal.deps.db.userPermission.createMany({
    data: keys.map(key => {
      const [serviceCode = '', permissionCode = ''] = key.split('.')
      return { companyId, userId: second.person.id, serviceCode, permissionCode }
    }),
  })
const lastEntry = async () => {
  const [entry] = await sql<{ operation: string; outcome: string; reason: string | null; details: string }>(
    portal.database.ownerUrl,
    `SELECT operation, outcome::text, reason, details FROM history WHERE chain_id = '${companyId}'
      ORDER BY seq DESC LIMIT 1`,
  )
  return entry
}
const amountOf = async (number: string, kind: string) =>
  (await portal.deps.db.accountLimit.findFirstOrThrow({ where: { accountId: idOf(number), kind } })).amount
const modeOf = async (serviceCode: string) =>
  (
    await portal.deps.db.companyService.findUniqueOrThrow({
      where: { companyId_serviceCode: { companyId, serviceCode } },
    })
  ).approval

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
    const [total, memo] = [`total-${idOf('0104711')}`, `memo-${idOf('0104711')}`]
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
    expect(await amountOf('0104711', 'total')).toBe(100_000_000n)

    const result = await press(admin, confirmationPassword)
    expect(result.path).toMatch(/\/result$/)
    for (const word of ['企業情報を変更しました', '200,000,000円', 'ホームへ', '企業管理メニューへ', '印刷'])
      expect(result.text).toContain(word)
    expect(await amountOf('0104711', 'total')).toBe(200_000_000n)
    const entry = await lastEntry()
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
      const field = `${kind}-${idOf('0253226')}`
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
      `UPDATE account_limit SET ceiling = 300000000 WHERE account_id = '${idOf('0253226')}' AND kind = 'total'`,
    )
    await begin(admin)
    const above = await submit(admin, { [`total-${idOf('0253226')}`]: '300000001' })
    expect(above.status).toBe(422)
    expect(above.text).toContain('ご契約の上限額（300,000,000円）を超えています')
    const confirm = await submit(admin, { [`total-${idOf('0253226')}`]: '300000000' })
    expect(confirm.path).toMatch(/\/confirm$/)
  })

  it('refuses a change of nothing', async () => {
    await begin(admin)
    const again = await submit(admin, { [`total-${idOf('0253226')}`]: '100000000' })
    expect(again.status).toBe(422)
    expect(again.text).toContain('変更された項目がありません')
  })
})

describe('承認機能', () => {
  it('E-02 tells by name and count who can no longer send alone, and who must approve', async () => {
    await sql(
      portal.database.ownerUrl,
      `UPDATE company_service SET approval = 'none' WHERE company_id = '${companyId}' AND service_code = 'transfer'`,
    )
    await give('transfer.approve')
    const confirm = await change(admin, { 'approval-transfer': 'single' })
    for (const words of [
      '「振込振替」を1人で実行できなくなります：1名（管理　太郎）',
      '依頼者本人以外の承認者1名の承認が必要です',
      '承認するのは次の利用者です：2名（管理　太郎、利用　1郎）',
    ])
      expect(confirm.text).toContain(words)
    await press(admin, confirmationPassword)
    expect(await modeOf('transfer')).toBe('single')
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
    await give('payroll.approve')
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
    await give('transfer.approve')
    await change(admin, { 'approval-transfer': 'single' })
    await sql(portal.database.ownerUrl, `DELETE FROM user_permission WHERE user_id = '${second.person.id}'`)
    const refused = await press(admin, confirmationPassword)
    expect(refused.status).toBe(422)
    expect(refused.text).toContain('「振込振替」で依頼者本人以外の承認者が1名不足')
    // E-06: one click to who could approve.
    expect(refused.html).toMatch(/error-summary.*href="\/obstacles".*<\/h1>/s)
    expect(await modeOf('transfer')).toBe('none')
  })

  it('F-02 what was asked for and refused at the last moment is in the history', async () => {
    await sql(
      portal.database.ownerUrl,
      `UPDATE company_service SET approval = 'none' WHERE company_id = '${companyId}' AND service_code = 'transfer'`,
    )
    await give('transfer.approve')
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
    await second.admin.post(page.path, { version: versionOf(page), reason: '休職のため' })
    const both = await Promise.all([
      press(admin, confirmationPassword),
      press(second.admin, second.confirmationPassword),
    ])
    expect(both.map(({ path }) => path.split('/').at(-1)).sort()).toEqual(['confirm', 'result'])
    expect(both.find(({ path }) => path.endsWith('/confirm'))?.text).toContain('承認者が1名不足')
    const { serviceState } = await portal.deps.db.user.findUniqueOrThrow({ where: { id: approver.id } })
    expect([await modeOf('transfer'), serviceState]).toEqual(
      both[0]?.path.endsWith('/result') ? ['single', 'available'] : ['none', 'suspended'],
    )
  })

  it('E-02 no 承認なし but for 振込振替: another is refused and recorded', async () => {
    await begin(admin)
    expect((await submit(admin, { 'approval-payroll': 'none' })).status).toBe(403)
    expect(await lastEntry()).toMatchObject({ outcome: 'refused', reason: 'company.approval.forged' })
  })

  it('E-03 names the users whose own limit would be above what is left in a day', async () => {
    const { id } = second.person
    await give('transfer.request_new', 'payroll.request_screen')
    await portal.deps.db.userLimit.createMany({
      data: [
        { companyId, userId: id, serviceCode: 'transfer', amount: 60_000_000n },
        { companyId, userId: id, serviceCode: 'payroll', amount: 100_000_000n },
      ],
    })
    await sql(
      portal.database.ownerUrl,
      `INSERT INTO user_account (company_id, user_id, account_id)
       VALUES ('${companyId}', '${id}', '${idOf('0253226')}') ON CONFLICT DO NOTHING`,
    )
    const [total, each, preregistered] = ['total', 'each', 'preregistered'].map(
      kind => `${kind}-${idOf('0253226')}`,
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

describe('two administrators', () => {
  it('D-12 the second is told, shown the difference, and may lay the change over the first’s', async () => {
    const [mine, theirs] = [`memo-${idOf('0253226')}`, `memo-${idOf('1180452')}`]
    await change(second.admin, { [mine]: '二人目の控え', 'company-bonus': '7' })
    await change(admin, { [theirs]: '一人目の控え', 'company-bonus': '5' })
    expect((await press(admin, confirmationPassword)).path).toMatch(/\/result$/)

    const told = await press(second.admin, second.confirmationPassword)
    expect(told.status).toBe(409)
    for (const words of ['管理　太郎さん', '一人目の控え', '両方で変更', '5円', '7円'])
      expect(told.text).toContain(words)
    expect(told.text).not.toContain('二人目の控え')

    const merge = /action="([^"]+\/merge)"/.exec(told.html)?.[1] ?? ''
    const confirm = await second.admin.post(merge, { version: versionOf(told) })
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
    const form = { version: versionOf(admin.page), confirmationPassword, _csrf: admin.csrfToken() ?? '' }
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

describe('who is kept out', () => {
  it('I-05 refuses another company’s account, and records it', async () => {
    const other = await portal.deps.db.account.findFirstOrThrow({ where: { companyId: { not: companyId } } })
    await begin(admin)
    const refused = await submit(admin, { [`total-${other.id}`]: '1' })
    expect(refused.status).toBe(404)
    expect(refused.text).toContain('お客様の口座ではありません')
    expect(await lastEntry()).toMatchObject({ outcome: 'refused', reason: 'company.account.notFound' })
    expect((await portal.deps.db.account.findUniqueOrThrow({ where: { id: other.id } })).memo).toBe(
      other.memo,
    )
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
    await change(admin, { [`memo-${idOf('1180452')}`]: '閉じる前' })
    await sql(
      portal.database.ownerUrl,
      `UPDATE account SET closed_at = now() WHERE id = '${idOf('1180452')}'`,
    )
    const again = await press(admin, confirmationPassword)
    expect(again.status).toBeLessThan(500)
    expect(again.path).not.toMatch(/\/result$/)
    expect((await portal.deps.db.account.findUniqueOrThrow({ where: { id: idOf('1180452') } })).memo).toBe(
      '支払用',
    )
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
