import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '../../../support/database.ts'
import { hasPdftotext, wordsOfPdf } from '../../../support/pdf.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import type { Page, Visitor } from '../../../support/visitor.ts'
import { beginOn, execute, newPerson, send, untouched } from './changing.ts'
import { basic, begin, permissions, submit } from './registering.ts'

const { confirmationPassword } = demo.administrator

let portal: Portal
let admin: Visitor
let companyId: string
/** Ids by number: 300 accounts, 9000001 to 9000300, beside the demo's three. */
let ids: Map<string, string>
let people = 0

beforeAll(async () => {
  portal = await openPortal({ presets: ['shoko', 'sevenbank'], generalUsers: false })
  admin = await portal.administrator()
  companyId = (await portal.deps.db.company.findFirstOrThrow({ where: { name: '株式会社関所商事' } })).id
  await sql(
    portal.database.ownerUrl,
    `INSERT INTO account (id, company_id, branch_code, branch_name, kind, number, memo)
     SELECT gen_random_uuid(), '${companyId}', '777', '多口座支店', 'ordinary', (9000000 + n)::text, ''
       FROM generate_series(1, 300) AS n`,
  )
  const rows = await portal.deps.db.account.findMany({ where: { companyId } })
  ids = new Map(rows.map(({ number, id }) => [number, id]))
})
afterAll(() => portal.close())

const idOf = (number: string) => ids.get(number) ?? ''
const boxesOn = ({ html }: Page) => [...html.matchAll(/name="accounts" value="([^"]+)"/g)].map(([, id]) => id)
const tickedOn = (page: Page) => [untouched(page.html).accounts ?? []].flat()
/** Presses a button that leads to another part, with the boxes on screen ticked as given besides those that are. */
const leaf = (
  part: string,
  { tick = [], clear = [], ...fields }: { tick?: string[]; clear?: string[]; [field: string]: unknown } = {},
) => {
  const accounts = [...new Set([...tickedOn(admin.page), ...tick.map(idOf)])].filter(
    id => !clear.map(idOf).includes(id),
  )
  return send(admin, { find: '', ...(fields as Record<string, string>), accounts, part })
}
/** At 口座・限度額 of a change of somebody with these accounts, nothing typed on the pages before. */
const atAccounts = async (...numbers: string[]) => {
  const person = await newPerson(portal, companyId, 'user', { loginId: `ooku${++people}a` })
  await portal.deps.db.userAccount.createMany({
    data: numbers.map(number => ({ companyId, userId: person.id, accountId: idOf(number) })),
  })
  await beginOn(admin, person.id)
  await send(admin)
  await send(admin)
  if (!admin.page.path.endsWith('/accounts')) throw new Error(`at ${admin.page.path}: ${admin.page.text}`)
  return person
}
const stored = async (userId: string) =>
  (await portal.deps.db.userAccount.findMany({ where: { userId }, include: { account: true } }))
    .map(({ account }) => account.number)
    .sort()

describe('口座・限度額 of a company with three hundred accounts', () => {
  it('D-05 D-08 shows twenty at a time, loses no tick, and confirms what changes alone', async () => {
    const person = await atAccounts('9000001', '9000150', '9000300')
    expect(boxesOn(admin.page)).toHaveLength(20)
    expect(admin.page.text).toContain('303口座のうち303口座が該当し、1～20口座目を表示しています')
    expect(admin.page.text).toContain('3口座を選択しています')
    await leaf('1', { find: '９０００１５０' })
    expect(boxesOn(admin.page)).toEqual([idOf('9000150')])
    await leaf('1', { clear: ['9000150'], find: '9000200' })
    await leaf('1', { tick: ['9000200'], find: 'どこにもない' })
    // A part without a single box takes nothing away.
    expect(boxesOn(admin.page)).toEqual([])
    await leaf('15')
    await leaf('16', { tick: ['9000290'] })
    expect(tickedOn(admin.page)).toEqual([idOf('9000300')])
    expect(admin.page.text).toContain('4口座を選択しています')

    // Back to the page before and forth: everything is as it was.
    await send(admin, { back: '' })
    await send(admin)
    expect(admin.page.text).toContain('4口座を選択しています')
    await send(admin)
    expect(admin.page.path.endsWith('/confirm')).toBe(true)
    expect(admin.page.text).toContain('4口座（変更のない口座は省略）')
    for (const number of ['9000150', '9000200', '9000290']) expect(admin.page.text).toContain(number)
    for (const number of ['9000001', '9000300']) expect(admin.page.text).not.toContain(number)
    await execute(admin, { confirmationPassword })
    expect(admin.page.path).toMatch(/\/result$/)
    expect(admin.page.text).toContain('9000290')
    expect(await stored(person.id)).toEqual(['9000001', '9000200', '9000290', '9000300'])
  })

  it('D-02 the same at 利用者登録, where 内容確認 names every account', async () => {
    await begin(admin)
    await submit(admin, basic('tarokoza01'))
    await submit(admin, permissions)
    await leaf('4', { tick: ['9000003'] })
    await leaf('1', { tick: ['9000060'], 'limit-transfer': '1,000,000' })
    expect(admin.page.html).toContain('value="1,000,000"')
    await send(admin)
    for (const words of ['9000003', '9000060', '1,000,000円']) expect(admin.page.text).toContain(words)
    await execute(admin, { confirmationPassword })
    const { id } = await portal.deps.db.user.findFirstOrThrow({ where: { loginIdKey: 'tarokoza01' } })
    expect(await stored(id)).toEqual(['9000003', '9000060'])
  })

  it('D-02, D-05 neither another part nor 「戻る」 of an old tab covers what the other tab has answered', async () => {
    await atAccounts('9000001')
    const old = admin.page
    await send(admin, { accounts: [...tickedOn(old), idOf('9000002')] })
    expect(admin.page.path.endsWith('/confirm')).toBe(true)
    for (const pressed of [{ part: '2' }, { back: '' }]) {
      await admin.post(old.path, { ...untouched(old.html), ...pressed })
      expect([admin.page.status, admin.page.path]).toEqual([409, old.path])
      expect(admin.page.text).toContain('別の画面（タブ）で内容が変更されています')
      expect(tickedOn(await admin.get(old.path))).toContain(idOf('9000002'))
    }
    // What says the same loses nothing: it goes where it leads.
    const { version } = untouched(old.html)
    await send(admin, { version: version ?? '', back: '' })
    expect(admin.page.path.endsWith('/permissions')).toBe(true)
  })

  it('I-05 keeps nothing of another company’s account that a part names, nor one that the bank has closed', async () => {
    const other = await portal.deps.db.account.findFirstOrThrow({ where: { companyId: { not: companyId } } })
    const person = await atAccounts('9000100', '9000101')
    const page = admin.page.path
    await send(admin, { accounts: [other.id], part: '2' })
    expect(admin.page.status).toBe(404)
    await admin.get(page)
    await sql(
      portal.database.ownerUrl,
      `UPDATE account SET closed_at = now() WHERE id = '${idOf('9000101')}'`,
    )
    await leaf('2', { tick: ['9000002'] })
    expect(admin.page.text).toContain('2口座を選択しています')
    await send(admin)
    await execute(admin, { confirmationPassword })
    expect(admin.page.path).toMatch(/\/result$/)
    expect(await stored(person.id)).toEqual(['9000002', '9000100'])
  })

  it('D-01 G-06 利用者照会 and its print tell what users have written of themselves, numbers as they are written', async () => {
    const person = await newPerson(portal, companyId, 'user', { loginId: 'jibun01' })
    expect((await admin.get(`/users/${person.id}`)).text).not.toContain('部署名')
    await sql(
      portal.database.ownerUrl,
      `UPDATE "user" SET phone = '+81312345678', organisation = '資金事業部', department = '経理<部' WHERE id = '${person.id}'`,
    )
    const page = await admin.get(`/users/${person.id}`)
    for (const words of ['電話番号 03-1234-5678', '組織名 資金事業部', '部署名 経理<部'])
      expect(page.text).toContain(words)
    const printed = await admin.get(`/users/${person.id}?print=pdf`)
    if (hasPdftotext)
      for (const words of ['03-1234-5678', '資金事業部', '経理<部'])
        expect(wordsOfPdf(printed.body)).toContain(words)
  })

  it('D-01 is looked at twenty at a time as well, found by a search, and printed whole', async () => {
    const numbers = Array.from({ length: 45 }, (_, index) => String(9000201 + index))
    const person = await newPerson(portal, companyId, 'user', { loginId: 'ookusho01' })
    await portal.deps.db.userAccount.createMany({
      data: numbers.map(number => ({ companyId, userId: person.id, accountId: idOf(number) })),
    })
    await admin.get(`/users/${person.id}`)
    expect(admin.page.text).toContain('9000220')
    expect(admin.page.text).not.toContain('9000221')
    expect((await admin.get(`/users/${person.id}?part=3`)).text).toContain('9000245')
    const found = await admin.get(`/users/${person.id}?find=9000230`)
    expect(found.text).toContain('9000230')
    expect(found.text).not.toContain('9000201')
    expect((await admin.get(`/users/${person.id}?find=mitsukaranai`)).text).toContain(
      '該当する口座はありません',
    )
    const printed = await admin.get(`/users/${person.id}?print=pdf`)
    expect(printed.status).toBe(200)
    if (hasPdftotext)
      for (const number of ['9000201', '9000245']) expect(wordsOfPdf(printed.body)).toContain(number)
  })
})
