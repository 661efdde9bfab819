import encoding from 'encoding-japanese'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '../../../support/database.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
import {
  basics,
  check,
  choose,
  confirm,
  csv,
  mistakesOn,
  press,
  row,
  settled,
  startImporting,
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

  it('D-13, H-05 its users get first passwords on a sheet that is shown once, and a second issue finds nobody', async () => {
    await admin.get('/users/import')
    expect(admin.page.text).toContain('2名の利用者に、ログインパスワードが設定されていません')
    const drafts = [await admin.post('/users/first-passwords'), await admin.post('/users/first-passwords')]
    const [first, second] = drafts.map(({ path }) => path)
    await admin.get(first ?? '')
    await press(admin, confirmationPassword)
    expect(admin.page.text).toContain('2名の初期パスワードを発行しました')
    const shown = await admin.post(admin.page.path)
    const [, loginId, password] =
      /(tsuika01)<[\s\S]*?<td[^>]*>[\s\S]*?<\/td>\s*<td[^>]*>\s*(\S+)\s*<\/td>/.exec(shown.html) ?? []
    expect(loginId).toBe('tsuika01')
    const credential = await portal.deps.db.credential.findFirstOrThrow({
      where: { user: { loginIdKey: 'tsuika01' }, kind: 'login_password' },
    })
    expect(await portal.deps.hasher.verify(credential.hash, password ?? '')).toBe(true)
    expect(credential.forceChange).toBe(true)
    const days = ((credential.temporaryUntil?.getTime() ?? 0) - portal.clock.now().getTime()) / 86_400_000
    expect(days).toBeGreaterThan(7)
    expect(days).toBeLessThanOrEqual(8)
    const again = await admin.post(admin.page.path)
    expect(again.text).toContain('すでに表示されたため')
    expect(again.html).not.toContain(password)

    await admin.get(second ?? '')
    await press(admin, confirmationPassword)
    expect(admin.page.status).toBe(422)
    expect(admin.page.text).toContain('別の管理者がログインパスワードを設定したか')
    await admin.get('/users')
    expect((await admin.post('/users/first-passwords')).status).toBe(409)
    await admin.get('/users?q=tsuika01')
    expect(admin.page.text).not.toContain('パスワード未設定')
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
    expect(mistakesOn(admin.page).map(([at, heading, value]) => [at, heading, value])).toEqual([
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

  it('D-13 in Shift_JIS is read as Windows writes it, and what can’t be read is named', async () => {
    const text = csv(basics, ['sjis0001', '髙﨑　花子', 'sjis0001@example.co.jp', '付与しない'])
    const bytes = Buffer.from(encoding.convert(encoding.stringToCode(text), { to: 'SJIS', from: 'UNICODE' }))
    // 髙 and 﨑 are Windows' own characters, which the standard's table does not have.
    const windows = Buffer.from(bytes.toString('latin1').replace('??', '\xfb\xfc\xfa\xb1'), 'latin1')
    await check(admin, windows)
    expect(admin.page.text).toContain('髙﨑　花子')
    await check(admin, Buffer.concat([windows.subarray(0, -2), Buffer.from([0x81])]))
    expect(mistakesOn(admin.page).map(cells => cells.slice(0, 2))).toEqual([['2', '管理者権限']])
    expect(admin.page.text).toContain('読み取れない文字があります')
  })

  it('D-13 with wrong headings, or quotes that do not match, says where', async () => {
    await check(admin, csv(['ログインID', 'ログインID', 'パスワード', '', '利用者名'], row('a')))
    expect(mistakesOn(admin.page).map(cells => cells.slice(0, 2))).toEqual([
      ['1', 'ログインID'],
      ['1', 'パスワード'],
      ['1', ''],
      ['1', 'メールアドレス'],
      ['1', '管理者権限'],
    ])
    await check(admin, `${csv(basics, row('toji0001'))}\r\n"toji0002,閉じない\r\ntoji0003`)
    expect(mistakesOn(admin.page).map(cells => cells.slice(0, 2))).toEqual([['3', '']])
    expect(admin.page.text).toContain('この行から先を読み取れません')
    await check(admin, '\ufeff\r\n\r\n')
    expect(mistakesOn(admin.page)).toHaveLength(4)
  })

  it.each([
    ['nothing chosen', '', '', 'ファイルが選ばれていません'],
    ['an empty file', '', 'leer.csv', 'ファイルが空です'],
    ['a workbook', 'PK\u0003\u0004', 'users.xlsx', '表計算ソフトのブックは読み取れません'],
    ['UTF-16', Buffer.from('\ufeffログインID', 'utf16le'), 'users.csv', 'UTF-16のファイルは読み取れません'],
    ['one byte too many', Buffer.alloc(50 * 1024 * 1024 + 1, 'a'), 'users.csv', 'ファイルが大きすぎます'],
  ])(
    'D-13 that is none, %s, is refused at its field and leaves nothing',
    async (_what, content, name, words) => {
      const page = await choose(admin, content, { name })
      expect(page.status).toBe(422)
      expect(page.text).toContain(words)
      expect(page.html).toContain('<title>エラー：')
      expect(await portal.deps.db.userImport.count({ where: { state: 'receiving' } })).toBe(0)
    },
  )

  it('I-05 without our token, on other routes, or longer than may be is refused before it is read', async () => {
    const before = await portal.deps.db.userImport.count()
    await admin.get('/users/import')
    const file = { name: 'a.csv', content: Buffer.from(csv(basics, row('token001'))) }
    expect((await admin.upload('/users/import', file, { _csrf: '' })).status).toBe(403)
    await admin.get('/users/import')
    expect((await admin.upload('/users/new', file)).status).toBe(415)
    await admin.get('/users/import')
    const claimed = await admin.upload(
      '/users/import',
      file,
      {},
      { headers: { 'content-length': '1073741824' } },
    )
    expect(claimed.status).toBe(413)
    await admin.get('/users/import')
    expect((await admin.post('/users/import', {})).status).toBe(422)
    expect(await portal.deps.db.userImport.count()).toBe(before)
  })

  it('D-13 that was exported and brought back changes nobody; a row that differs is a mistake', async () => {
    await sql(
      portal.database.ownerUrl,
      `UPDATE "user" SET phone = '+81312345678', organisation = '=資金事業部', department = '経理部'
        WHERE login_id_key = 'tsuika01'`,
    )
    const exported = await admin.get('/users/export?sort=name&order=descending')
    const text = exported.body.toString('utf8')
    // G-06: what users write of themselves is told, and no more read than how they stand.
    expect(text.split('\r\n')[0]).toContain('電話番号,組織名,部署名')
    expect(text).toContain("+81312345678,'=資金事業部,経理部")
    expect(text.startsWith('\ufeffログインID,利用者名')).toBe(true)
    expect(text).not.toMatch(/argon2|パスワード/)
    await check(admin, text)
    expect(admin.page.text).toContain('新しく登録する利用者はいません')
    await admin.get('/users')
    await check(admin, text.replace('tsuika01@example', 'other@example'))
    expect(mistakesOn(admin.page).map(cells => cells.slice(1, 3))).toEqual([['ログインID', 'tsuika01']])
    expect(admin.page.text).toContain('貴社に登録済みの利用者で、内容が登録と異なります')
  })

  it('D-13, F-04 is exported as the list was searched and sorted, and that is written down', async () => {
    const exported = await admin.get('/users/export?q=TSUIKA&sort=login-id&order=descending')
    const lines = exported.body.toString('utf8').trim().split('\r\n')
    expect(lines.slice(1).map(line => line.split(',')[0])).toEqual(['tsuika02', 'tsuika01'])
    expect(exported.headers['content-disposition']).toContain(encodeURIComponent('利用者一覧.csv'))
    expect((await admin.get(`/users/export?q=${'x'.repeat(101)}`)).status).toBe(422)
    const [entry] = await portal.deps.db.history.findMany({
      where: { operation: 'user-csv.exported' },
      orderBy: { seq: 'desc' },
      take: 1,
    })
    expect(JSON.parse(entry?.details ?? '')).toEqual({
      exportedUsers: 2,
      searchedFor: 'TSUIKA',
      sortedBy: 'login-id',
    })
  })
})

it('D-13 a hundred thousand rows with a thousand mistakes are checked while other pages answer', async () => {
  const rows = Array.from({ length: 100_000 }, (_, i) =>
    i % 100 === 99
      ? row(`oo${String(i).padStart(6, '0')}`, '×')
      : row(`oo${String(i).padStart(6, '0')}`, '○'),
  )
  await choose(admin, csv([...basics, '残高照会：照会'], ...rows))
  const { path } = admin.page
  const state = await admin.get(`${path}/state`)
  expect(JSON.parse(state.body.toString())).toMatchObject({ done: false })
  for (let asked = 0; asked < 5; asked++) expect((await admin.get('/home')).status).toBe(200)
  await admin.get(path)
  await settled(admin)
  expect(admin.page.text).toContain('誤りが1000件あります')
  expect(admin.page.text).toContain('新しく登録する利用者 99000名')
  await admin.get(`${path}?page=20`)
  expect(mistakesOn(admin.page).at(-1)?.slice(0, 3)).toEqual(['100001', '残高照会：照会', '×'])
  const list = await admin.get(`${path}/mistakes`)
  expect(list.body.toString('utf8').trim().split('\r\n')).toHaveLength(1001)
}, 240_000)
