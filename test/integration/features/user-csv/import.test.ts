import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
import {
  basics,
  check,
  choose,
  confirm,
  csv,
  press,
  row,
  settled,
  startImporting,
  toConfirm,
} from './importing.ts'

let portal: Portal
let admin: Visitor

beforeAll(async () => {
  portal = await openPortal()
  await startImporting(portal)
  admin = await portal.administrator()
})
afterAll(() => portal.close())

const { confirmationPassword } = demo.administrator
const stored = (loginId: string) =>
  portal.deps.db.user.count({ where: { loginIdKey: loginId.toLowerCase() } })
const mistakes = (): string[][] =>
  [...admin.page.html.matchAll(/<tr class="govuk-table__row">\s*<th scope="row"[\s\S]*?<\/tr>/g)].map(
    ([html]) => [...html.matchAll(/<t[hd][^>]*>([\s\S]*?)<\/t[hd]>/g)].map(([, cell = '']) => cell.trim()),
  )

describe('a file of users', () => {
  it('D-13 is checked, confirmed and registered, without passwords and with an event and a mail for each', async () => {
    const template = await admin.get('/users/import/template')
    const headings = template.body.toString('utf8').replace('\ufeff', '').trim().split(',')
    expect(headings.slice(0, 4)).toEqual(basics)
    const cells = (loginId: string, marks: Record<string, string>) => {
      const named: Record<string, string> = Object.fromEntries(
        basics.map((heading, i) => [heading, row(loginId)[i] ?? '']),
      )
      return headings.map(heading => ({ ...named, ...marks })[heading] ?? '')
    }
    const account = headings.find(heading => heading.startsWith('利用可能口座：')) ?? ''
    await check(
      admin,
      `\ufeff${csv(
        headings,
        cells('tsuika01', {
          '残高照会：照会': '○',
          '振込振替：依頼（新規口座指定）': '◯',
          '利用者一回当たり限度額（振込振替）': '1,000,000',
          [account]: '〇',
        }),
        cells('tsuika02', { 管理者権限: '付与する', 利用者名: '髙﨑 𠮷ｺ' }),
      )}`,
    )
    expect(admin.page.text).toContain('誤りはありませんでした')
    expect(admin.page.text).toContain('新しく登録する利用者 2名')
    expect(await stored('tsuika01')).toBe(0)

    const page = await confirm(admin, confirmationPassword)
    expect(page.text).toContain('2名の利用者を登録しました')
    const user = await portal.deps.db.user.findFirstOrThrow({
      where: { loginIdKey: 'tsuika01' },
      include: { permissions: true, accounts: true, limits: true, credentials: true },
    })
    expect(user).toMatchObject({
      name: '一括　太郎',
      email: 'tsuika01@example.co.jp',
      role: 'user',
      credentials: [],
    })
    expect(user.permissions.map(each => `${each.serviceCode}.${each.permissionCode}`).sort()).toEqual([
      'balance.view',
      'transfer.request_new',
    ])
    expect(user.limits).toMatchObject([{ serviceCode: 'transfer', amount: 1_000_000n }])
    expect(user.accounts).toHaveLength(1)
    expect(await portal.deps.db.user.findFirst({ where: { loginIdKey: 'tsuika02' } })).toMatchObject({
      name: '髙﨑　𠮷コ',
      role: 'administrator',
    })

    await expect
      .poll(() =>
        portal.deps.db.history.count({ where: { operation: 'user.registered', subjectId: user.id } }),
      )
      .toBe(1)
    await expect.poll(() => portal.deps.db.outboxMail.count({ where: { userId: user.id } })).toBe(1)
    await admin.get('/users?q=tsuika01')
    expect(admin.page.text).toContain('パスワード未設定')
    await admin.get(`/users/${user.id}`)
    expect(admin.page.text).toContain('未設定（ログインできません）')
    await admin.get('/history')
    expect(admin.page.text).toContain('利用者の一括登録（CSV）')
  })

  it('D-13 with mistakes registers nobody and names every one by row and column with its remedy', async () => {
    await check(
      admin,
      csv(
        [...basics, '振込振替：承認', '振込振替：依頼（新規口座指定）', '利用者一回当たり限度額（振込振替）'],
        row('yoi00001', '', '', ''),
        ['', '名'.repeat(31), 'nai', 'はい', '×', '○', ''],
        row('YOI00001', '', '', '5'),
        row('2004000001', '', '', ''),
        ['=1+1', "'=名", 'a@example.co.jp', '付与しない', '', '○', '12a'],
        ['tab00001', '名\u0000前', 'b@example.co.jp', '付与しない', '', '', ''],
        [...row('kazu0001'), '', '', '', '余分'],
        ['', '', '', '', '', '', ''],
      ),
    )
    expect(admin.page.text).toContain('利用者は一人も登録されていません')
    expect(await stored('yoi00001')).toBe(0)
    expect(mistakes().map(([at, heading, value]) => [at, heading, value])).toEqual([
      ['3', '振込振替：承認', '×'],
      ['3', 'ログインID', ''],
      ['3', '利用者名', '名'.repeat(31)],
      ['3', 'メールアドレス', 'nai'],
      ['3', '管理者権限', 'はい'],
      ['3', '利用者一回当たり限度額（振込振替）', ''],
      ['4', 'ログインID', 'YOI00001'],
      ['4', '利用者一回当たり限度額（振込振替）', '5'],
      ['5', 'ログインID', '2004000001'],
      ['6', 'ログインID', '=1+1'],
      ['6', '利用者一回当たり限度額（振込振替）', '12a'],
      ['7', '利用者名', '名\ufffd前'],
      ['8', '', ''],
    ])
    const list = await admin.get(`${admin.page.path}/mistakes`)
    const lines = list.body.toString('utf8').trim().split('\r\n')
    expect(lines).toHaveLength(14)
    expect(lines[10]).toContain("'=1+1")
  })
})
