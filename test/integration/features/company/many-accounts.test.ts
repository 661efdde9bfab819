import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '../../../support/database.ts'
import { versionOn } from '../../../support/forms.ts'
import { hasPdftotext, wordsOfPdf } from '../../../support/pdf.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { begin, fieldsOn, press, submit } from './changing.ts'

const { confirmationPassword } = demo.administrator

let portal: Portal
let admin: Visitor
let companyId: string
/** Ids by number: 300 accounts, 9000001 to 9000300, beside the demo's three. */
let ids: Map<string, string>

beforeAll(async () => {
  portal = await openPortal({ generalUsers: false })
  admin = await portal.administrator()
  companyId = (await portal.deps.db.company.findFirstOrThrow({ where: { name: '株式会社関所商事' } })).id
  await sql(
    portal.database.ownerUrl,
    `INSERT INTO account (id, company_id, branch_code, branch_name, kind, number, memo)
     SELECT gen_random_uuid(), '${companyId}', '777', '多口座支店', 'ordinary', (9000000 + n)::text, ''
       FROM generate_series(1, 300) AS n`,
    `INSERT INTO account_limit (company_id, account_id, kind, amount)
     SELECT company_id, id, limits.kind, 1000000
       FROM account, unnest(ARRAY['total', 'each', 'preregistered']) AS limits (kind)
      WHERE branch_code = '777'`,
  )
  const rows = await portal.deps.db.account.findMany({ where: { companyId } })
  ids = new Map(rows.map(({ number, id }) => [number, id]))
})
afterAll(() => portal.close())

const total = (number: string) => `total-${ids.get(number)}`
/** Presses a button that leads to another part of the form, with what is on screen. */
const leaf = (part: string, changed: Record<string, string> = {}) =>
  admin.post(admin.page.path, {
    version: versionOn(admin.page),
    ...fieldsOn(admin.page),
    ...changed,
    part,
  })
const accountsOn = (html: string) => [...html.matchAll(/name="total-/g)].length
const stored = async (number: string) =>
  (
    await portal.deps.db.accountLimit.findFirstOrThrow({
      where: { accountId: ids.get(number) ?? '', kind: 'total' },
    })
  ).amount

describe('企業情報 of a company with three hundred accounts', () => {
  it('E-01 E-03 shows twenty at a time, keeps what was typed on every part, and confirms what changes alone', async () => {
    await begin(admin)
    expect(accountsOn(admin.page.html)).toBe(20)
    expect(admin.page.text).toContain('303口座のうち303口座が該当し、1～20口座目を表示しています')
    await leaf('1', { find: '９０００１２３' })
    expect(accountsOn(admin.page.html)).toBe(1)
    expect(admin.page.html).toContain('9000123')
    await leaf('1', { [total('9000123')]: '2,000,000', find: '' })
    await leaf('15')
    expect(admin.page.html).toContain('9000297')
    await leaf('16', { [total('9000290')]: '3000000' })
    expect(accountsOn(admin.page.html)).toBe(3)
    await submit(admin)
    expect(admin.page.path.endsWith('/confirm')).toBe(true)
    expect(admin.page.text).toContain('変更のない301口座は、表示を省略しています')
    for (const words of ['9000123', '2,000,000円', '9000290', '3,000,000円'])
      expect(admin.page.text).toContain(words)
    expect(admin.page.text).not.toContain('9000124')
    await press(admin, confirmationPassword)
    expect(admin.page.text).toContain('以下の内容で企業情報を変更しました')
    expect(admin.page.text).toContain('変更のない301口座は、表示を省略しています')
    expect([await stored('9000123'), await stored('9000290'), await stored('9000001')]).toEqual([
      2_000_000n,
      3_000_000n,
      1_000_000n,
    ])
  })

  it('I-03 brings the accounts with something wrong to whoever sends the form from another part', async () => {
    await begin(admin)
    await leaf('9', { [total('9000010')]: '一億' })
    await submit(admin)
    expect(admin.page.status).toBe(422)
    expect(admin.page.text).toContain('303口座のうち、入力内容に誤りのある1口座を表示しています')
    expect(admin.page.html).toContain(`id="${total('9000010')}"`)
    await submit(admin, { [total('9000010')]: '1,500,000' })
    expect(admin.page.path.endsWith('/confirm')).toBe(true)
  })

  it('D-02, E-01 another part of an old tab does not cover what the other tab has answered', async () => {
    await begin(admin)
    const { path, html } = admin.page
    const asShown = { version: versionOn(admin.page), ...fieldsOn(admin.page) }
    await submit(admin, { [total('9000001')]: '1,200,000' })
    expect(admin.page.path.endsWith('/confirm')).toBe(true)
    expect(html).toContain(total('9000001'))
    await admin.post(path, { ...asShown, part: '2' })
    expect(admin.page.status).toBe(409)
    expect(admin.page.text).toContain('別の画面（タブ）で内容が変更されています')
    expect((await admin.get(path)).html).toContain('1,200,000')
    // Nor does a mistake on the old page, once it is corrected.
    await admin.post(path, { ...asShown, [total('9000002')]: '一億' })
    expect(admin.page.status).toBe(422)
    await submit(admin, { [total('9000002')]: '1,300,000' })
    expect(admin.page.status).toBe(409)
    expect((await admin.get(path)).html).toContain('1,200,000')
  })

  it('I-05 refuses another company’s account on a part, too, and keeps nothing of it', async () => {
    await begin(admin)
    await leaf('2', { 'memo-00000000-0000-7000-8000-000000000001': '横取り' })
    expect(admin.page.status).toBe(404)
  })

  it('E-01 is looked at twenty at a time as well, found by a search that finds nothing, too, and printed whole', async () => {
    await admin.get('/company/information')
    expect(admin.page.text).toContain('9000001')
    expect(admin.page.text).not.toContain('9000100')
    expect((await admin.get('/company/information?find=9000100')).text).toContain('9000100')
    expect((await admin.get('/company/information?find=mitsukaranai')).text).toContain(
      '該当する口座はありません',
    )
    expect((await admin.get('/company/information?part=16')).text).toContain('9000300')
    const printed = await admin.get('/company/information?print=pdf')
    expect(printed.status).toBe(200)
    if (hasPdftotext)
      for (const number of ['9000001', '9000150', '9000300'])
        expect(wordsOfPdf(printed.body)).toContain(number)
  })
})
