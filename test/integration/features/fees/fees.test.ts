import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { publishStandardFees, scheduleOf } from '../../../../src/features/fees/index.ts'
import { system } from '../../../../src/kernel/actor.ts'
import { businessDayOf, plusDays } from '../../../../src/kernel/business-day.ts'
import { yen } from '../../../../src/kernel/money.ts'
import { sql } from '../../../support/database.ts'
import { meanwhile } from '../../../support/meanwhile.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import type { Page, Visitor } from '../../../support/visitor.ts'

let portal: Portal
let admin: Visitor
beforeAll(async () => {
  portal = await openPortal({ presets: ['shoko', 'omakase'], choices: false })
  admin = await portal.administrator()
})
afterAll(() => portal.close())
beforeEach(() => sql(portal.database.ownerUrl, 'DELETE FROM company_fee', 'DELETE FROM draft'))

type Fields = Record<string, string>
const base = '/company/fees'
const confirmationPassword = demo.administrator.confirmationPassword

const versionOf = (page: Page): string => /name="version" value="(\d+)"/.exec(page.html)?.[1] ?? ''

/** Every field of the page on screen, as a browser would send them. */
const fieldsOn = ({ html }: Page): Fields => {
  const fields: Fields = {}
  for (const [input] of html.matchAll(/<input[^>]*>/g)) {
    const name = / name="([^"]+)"/.exec(input)?.[1]
    const value = / value="([^"]*)"/.exec(input)?.[1] ?? ''
    if (!name || ['_csrf', 'back'].includes(name) || (/type="radio"/.test(input) && !/ checked/.test(input)))
      continue
    fields[name] = value
  }
  return fields
}
const submit = (changed: Fields = {}): Promise<Page> =>
  admin.post(admin.page.path, { ...fieldsOn(admin.page), ...changed })
const execute = () => admin.post(admin.page.path, { version: versionOf(admin.page), confirmationPassword })

const begin = async (kind: string): Promise<Page> => {
  await admin.get(`${base}/${kind}`)
  return admin.post(`${base}/${kind}/change`)
}
const row = (number: number, ...cells: (string | number)[]): Fields =>
  Object.fromEntries(
    ['from', 'to', 'same_branch', 'own_bank', 'other_bank'].map((column, index) => [
      `${column}-${number}`,
      String(cells[index] ?? ''),
    ]),
  )
const own: Fields = {
  standard: 'own',
  minimum: '1,000',
  ...row(1, 1, '50,000', 0, 100, 300),
  ...row(2, '５００００', '', 0, 200, '５００'),
}
const kindInDatabase = async (kind: 'payee_transfer' | 'payee_bulk' | 'payer_bulk') =>
  portal.deps.db.companyFee.findFirst({ where: { kind }, include: { amounts: true } })

describe('手数料情報', () => {
  it('E-05 [7] a company that has settled nothing follows the bank’s standard, and may try what a payment costs', async () => {
    await admin.get(base)
    for (const name of ['先方負担手数料[振込振替]', '先方負担手数料[総合振込]', '当方負担手数料[総合振込]'])
      expect(admin.page.text).toContain(name)
    await admin.get(`${base}/payee-bulk?amount=30,000&pattern=other_bank`)
    expect(admin.page.text).toContain('使用する（常に最新の基準手数料を使用する）')
    expect(admin.page.text).toContain('1円以上 30,000円未満')
    expect(admin.page.text).toMatch(/手数料 495円.*先方の受取金額 29,505円.*口座からの引落金額 30,000円/)
    await admin.get(`${base}/payer-bulk?amount=29999&pattern=other_bank`)
    expect(admin.page.text).toMatch(/手数料 275円.*先方の受取金額 29,999円.*口座からの引落金額 30,274円/)
    await admin.get(`${base}/payee-transfer?amount=999`)
    expect(admin.page.text).toContain('先方負担の対象外')
    for (const amount of ['0', '-1', 'x', '1.5', '1'.repeat(13), '']) {
      await admin.get(`${base}/payee-transfer?amount=${amount}`)
      expect(admin.page.status).toBe(422)
      expect(admin.page.text).toContain('1円以上の金額を半角数字12桁以内で入力してください')
    }
  })

  it('E-05 [7] 「手数料を読み込む」 loads the standard once, and the company goes on from there; before and after are in the history', async () => {
    await begin('payee-bulk')
    const form = admin.page.path
    expect(admin.page.html).toMatch(/<button[^>]* name="fill" value="standard"[^>]*>手数料を読み込む/)
    const typed = { method: 'add_upper', minimum: '２,０００' }
    await submit({ ...typed, fill: 'standard' })
    expect(admin.page.path).toBe(form)
    expect(fieldsOn(admin.page)).toMatchObject({
      standard: 'own',
      method: 'add_upper',
      minimum: '２,０００',
      ...row(1, 1, '30,000', 0, 110, 275),
      ...row(2, '30,000', '', 0, 220, 495),
      ...row(3),
    })
    await submit({ 'other_bank-2': '440' })
    expect(admin.page.path).toMatch(/\/confirm$/)
    expect(admin.page.text).toMatch(/手数料計算方法.*変更後： ?以上手数料加算型.*変更前： ?据置型/)
    expect(admin.page.text).toMatch(/変更後：.*他行宛 440円.*変更前：.*他行宛 495円/)
    expect(admin.page.html).toMatch(/class="changed changed__new"/)
    expect(admin.page.text).toMatch(/1円以上 30,000円未満 同一店宛 0円 本支店宛 110円 他行宛 275円/)
    await admin.post(admin.page.path, { version: versionOf(admin.page), confirmationPassword: 'Chigau2026' })
    expect(admin.page.status).toBe(422)
    expect(await kindInDatabase('payee_bulk')).toBeNull()
    await execute()
    expect(admin.page.text).toContain('手数料情報を変更しました')
    expect(admin.page.text).toMatch(/変更前：.*他行宛 495円/)
    const result = admin.page
    for (const href of ['/home', `${base}/payee-bulk`, base]) expect(result.html).toContain(`href="${href}"`)

    const stored = await kindInDatabase('payee_bulk')
    expect(stored).toMatchObject({
      version: 1,
      followsStandard: false,
      method: 'add_upper',
      minimumPayment: 2000n,
    })
    expect(stored?.amounts).toHaveLength(6)
    await admin.get(`${base}/payee-bulk?amount=30,439&pattern=other_bank`)
    expect(admin.page.text).toContain('手数料 275円')
    await admin.get(`${base}/payee-bulk?amount=30,440&pattern=other_bank`)
    expect(admin.page.text).toContain('手数料 440円')
    const entry = await portal.deps.db.history.findFirstOrThrow({ where: { operation: 'fee.changed' } })
    await admin.get(`/history/${entry.id}`)
    expect(admin.page.text).toContain('手数料情報の変更')
    expect(admin.page.text).toMatch(/適用最低支払金額.*2,000円.*1,000円/)
    expect(admin.page.text).toContain('他行宛 440円')
  })

  it('D-02 D-12 「手数料を読み込む」 in an old tab covers no other tab’s answer; what it typed is not lost', async () => {
    await begin('payee-bulk')
    const old = admin.page
    await submit({ ...own, minimum: '3,000' })
    expect(admin.page.path).toMatch(/\/confirm$/)
    const confirm = admin.page
    admin.page = old
    await submit({ minimum: '4,000', fill: 'standard' })
    expect(admin.page.status).toBe(409)
    expect(fieldsOn(admin.page)).toMatchObject({ minimum: '4,000' })
    await admin.get(confirm.path)
    expect(admin.page.text).toMatch(/適用最低支払金額 変更 変更後： ?3,000円/)
    // What no button of the page says fills nothing in: the form is judged as it is.
    await admin.get(old.path)
    await submit({ minimum: '5,000', fill: 'toString' })
    expect(admin.page.path).toMatch(/\/confirm$/)
    await admin.get(old.path)
    await submit({ fill: 'standard' })
    expect(admin.page.path).toBe(old.path)
    expect(fieldsOn(admin.page)).toMatchObject({ minimum: '5,000', ...row(1, 1, '30,000', 0, 110, 275) })
  })

  it('E-05 [7] 「使用する」 follows the standard from the day it changes; fees of one’s own stay', async () => {
    await begin('payer-bulk')
    await submit({ ...own, minimum: '' })
    await execute()
    const today = businessDayOf(portal.clock.now())
    for (const [effectiveOn, fee] of [
      [plusDays(today, 2), 777],
      [plusDays(today, 2), 880],
      [plusDays(today, 5), 990],
    ] as const) {
      const free = { same_branch: yen(0), own_bank: yen(0), other_bank: yen(fee) }
      const schedule = scheduleOf([{ from: yen(1), fees: free }])
      await publishStandardFees(portal.deps, system('test'), {
        service: 'bulk_transfer',
        effectiveOn,
        schedule,
      })
    }
    const feeNow = async (kind: string) => {
      await admin.get(`${base}/${kind}?amount=100000&pattern=other_bank`)
      return /手数料の負担.*? 手数料 ([\d,]+)円/.exec(admin.page.text)?.[1]
    }
    expect(await feeNow('payee-bulk')).toBe('495')
    expect(admin.page.text).toContain('から適用される基準手数料')
    expect(admin.page.text).toContain('他行宛 880円')
    portal.clock.move(2 * 86_400)
    admin = await portal.administrator()
    expect(await feeNow('payee-bulk')).toBe('880')
    expect(await feeNow('payer-bulk')).toBe('500')
    portal.clock.move(3 * 86_400)
    admin = await portal.administrator()
    expect(await feeNow('payee-bulk')).toBe('990')
  })

  it('E-05 what is wrong with a form is said at its field, and nothing is stored', async () => {
    const cases: [string, Fields, string][] = [
      ['minimum', { minimum: '' }, '適用最低支払金額が入力されていません'],
      ['minimum', { minimum: '0' }, '1円以上の金額'],
      ['minimum', { minimum: '1'.repeat(13) }, '半角数字12桁以内'],
      ['minimum', { minimum: '-5' }, '適用最低支払金額に誤り'],
      ['minimum', { minimum: '300' }, '手数料（300円）以下'],
      ['standard', { standard: '' }, '基準手数料の使用が選択されていません'],
      ['method', { method: '' }, '手数料計算方法が選択されていません'],
      ['from-1', { ...row(1), ...row(2) }, '1行目から入力'],
      ['from-1', row(1, 2, '50,000', 0, 0, 0), '1円にしてください'],
      ['from-2', row(2, '50,001', '', 0, 0, 0), '2行目の「以上」を50,000円に'],
      ['from-2', row(2, '49,999', '', 0, 0, 0), '重なっています'],
      ['to-1', row(1, 1, '', 0, 0, 0), '1行目の「未満」が入力されていません'],
      ['to-2', row(2, '50,000', '60,000', 0, 0, 0), '最後の範囲（2行目）'],
      ['to-1', { ...row(1, 1, 1, 0, 0, 0), ...row(2, 1, '', 0, 0, 0) }, '1行目の「未満」は'],
      ['other_bank-1', { 'other_bank-1': '' }, '1行目の「他行宛」が入力されていません'],
      ['own_bank-2', { 'own_bank-2': '100000' }, '半角数字5桁以内'],
      ['own_bank-2', { 'own_bank-2': '１２x' }, '2行目の「本支店宛」に誤り'],
      ['to-1', { 'to-1': '9'.repeat(13) }, '半角数字12桁以内'],
      [
        'to-2',
        { method: 'add_upper', ...row(2, '50,000', '50,100', 0, 0, 800), ...row(3, '50,100', '', 0, 0, 0) },
        '2行目の範囲が手数料に比べて狭い',
      ],
    ]
    await begin('payee-bulk')
    for (const [field, changed, message] of cases) {
      await admin.post(admin.page.path, {
        version: versionOf(admin.page),
        method: 'fixed',
        ...own,
        ...row(3),
        ...changed,
      })
      expect([changed, admin.page.status, admin.page.path.endsWith('/fees')]).toEqual([changed, 422, true])
      expect(admin.page.text).toContain(message)
      expect(admin.page.html).toContain(`href="#${field}"`)
      expect(admin.page.html).toContain(`name="${field}"`)
    }
    // What is as it was needs no confirmation.
    await begin('payee-bulk')
    await submit()
    expect(admin.page.text).toContain('変更された項目がありません')
    expect(await portal.deps.db.companyFee.count()).toBe(0)
  })

  it('I-05 values that the page does not offer are refused and written down', async () => {
    for (const forged of [{ standard: 'maybe' }, { method: 'none' }] as Fields[]) {
      await begin('payee-bulk')
      await submit({ ...own, ...forged })
      expect(admin.page.status).toBe(403)
    }
    const refused = await portal.deps.db.history.count({
      where: { outcome: 'refused', reason: { in: ['fee.standard.forged', 'fee.method.forged'] } },
    })
    expect(refused).toBe(2)
  })

  it('D-12 the second of two administrators is told what the first has changed, and takes it over or begins again', async () => {
    await begin('payee-transfer')
    const second = admin.page
    await begin('payee-transfer')
    await submit({ minimum: '5000' })
    await execute()
    expect(admin.page.text).toContain('手数料情報を変更しました')
    admin.page = second
    await submit(own)
    expect(admin.page.status).toBe(409)
    expect(admin.page.text).toMatch(/適用最低支払金額 .*1,000円.*5,000円/)
    const confirm = admin.page.path
    // A submission that was on its way all the same overwrites nothing.
    await admin.post(confirm, { version: versionOf(admin.page), confirmationPassword })
    expect(admin.page.status).toBe(409)
    expect(await kindInDatabase('payee_transfer')).toMatchObject({ version: 1, followsStandard: true })
    const merge = /action="([^"]+\/merge)"/.exec(admin.page.html)?.[1] ?? ''
    await admin.post(merge, { version: versionOf(admin.page) })
    expect(admin.page.path).toBe(confirm)
    expect(admin.page.text).not.toContain('適用最低支払金額 変更')
    await execute()
    expect(await kindInDatabase('payee_transfer')).toMatchObject({
      version: 2,
      followsStandard: false,
      minimumPayment: 5000n,
    })
  })

  it('D-12 of changes executed at the same moment one is done', async () => {
    const pages: Page[] = []
    for (const minimum of ['2000', '3000', '4000']) {
      await begin('payee-transfer')
      pages.push(await submit({ minimum }))
    }
    const answers = await Promise.all(
      pages.map(async page => {
        admin.page = page
        return admin.post(page.path, { version: versionOf(page), confirmationPassword }, { follow: false })
      }),
    )
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1)
    expect((await kindInDatabase('payee_transfer'))?.version).toBe(1)
    expect(
      await portal.deps.db.history.count({
        where: { operation: 'fee.changed', outcome: 'done', details: { contains: 'payee_transfer' } },
      }),
    ).toBeGreaterThan(0)
  })

  it('D-11 whose right was taken away while 「実行」 was under way changes nothing', async () => {
    const me = await portal.deps.db.user.findFirstOrThrow({ where: { loginId: demo.administrator.loginId } })
    await begin('payee-transfer')
    await submit(own)
    try {
      await meanwhile(portal, me.id, execute, `UPDATE "user" SET role = 'user' WHERE id = '${me.id}'`)
      expect(await kindInDatabase('payee_transfer')).toBeNull()
      const [refused] = await portal.deps.db.history.findMany({
        where: { operation: 'fee.change-refused', reason: 'access.forbidden' },
      })
      expect(refused?.actorId).toBe(me.id)
    } finally {
      await sql(portal.database.ownerUrl, `UPDATE "user" SET role = '${me.role}' WHERE id = '${me.id}'`)
    }
  })

  it('E-05 is for administrators of companies with the contract', async () => {
    const user = portal.visitor(await portal.identity('user'))
    await user.logIn('Teiketsu2026')
    await user.post('/confirmation-password', { next: 'Kakunin2027', nextAgain: 'Kakunin2027' })
    expect(user.page.path).toBe('/home')
    for (const address of [base, `${base}/payee-bulk`]) {
      await user.get(address)
      expect(user.page.status).toBe(403)
    }
    const other = portal.visitor()
    await other.get(`${portal.settings.portalOrigin}/e/omakase/login/password`)
    await other.post('/e/omakase/login/password', { loginId: 'omakase01', password: 'Ekimu2026' })
    await other.get(base)
    expect(other.page.text).toContain('ご契約がありません')
    expect((await other.get(`${base}/payer-bulk`)).status).toBe(404)
    await other.get(base)
    expect((await other.post(`${base}/payer-bulk/change`)).status).toBe(404)
    // Somebody else's draft is not there either.
    await begin('payee-bulk')
    const draft = admin.page.path
    await other.get(base)
    for (const fields of [own, { fill: 'standard' }])
      expect((await other.post(draft, { version: '0', ...fields })).status).toBe(404)
  })

  it('G-07 the enquiry prints', async () => {
    const page = await admin.get(`${base}/payee-bulk?print=pdf`)
    expect(page.headers['content-type']).toBe('application/pdf')
  })
})
