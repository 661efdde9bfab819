import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { businessDayOf, fromColumn, plusDays } from '../../../../src/kernel/business-day.ts'
import { sql } from '../../../support/database.ts'
import { officerAtWork } from '../../../support/officers.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import type { Page, Visitor } from '../../../support/visitor.ts'
import { carried, check, type Fields, idOn, publish, typed } from './writing.ts'

let portal: Portal
let editor: Visitor
let admin: Visitor
beforeAll(async () => {
  portal = await openPortal({ presets: ['shoko', 'sevenbank'], choices: false })
  editor = await officerAtWork(portal, 'editor', 'henshu1')
  admin = await portal.administrator()
})
afterAll(() => portal.close())
beforeEach(() =>
  sql(
    portal.database.ownerUrl,
    'DELETE FROM survey_answer_item',
    'DELETE FROM survey_answer',
    'DELETE FROM posting_look',
    'UPDATE posting SET follows_id = NULL',
    'DELETE FROM posting',
  ),
)

/** Somebody of another company, with another preset. */
const ofSevenbank = async (): Promise<Visitor> => {
  await sql(
    portal.database.ownerUrl,
    `UPDATE session SET ended_at = now(), end_reason = 'logout'
      WHERE ended_at IS NULL AND user_id IN (SELECT id FROM "user" WHERE login_id = 'riyou01')`,
  )
  const someone = portal.visitor()
  await someone.get(`${portal.settings.portalOrigin}/e/sevenbank/login/password`)
  await someone.post('/e/sevenbank/login/password', { loginId: 'riyou01', password: 'Haruko2026' })
  if (someone.page.path === '/confirmation-password')
    await someone.post('/confirmation-password', { next: 'Kakunin28', nextAgain: 'Kakunin28' })
  await someone.get('/home')
  expect(someone.page.path).toBe('/home')
  return someone
}

/** A JST day and time so many minutes from now, as typed. */
const fromNow = (minutes: number): { day: string; time: string } => {
  const at = new Date(portal.clock.now().getTime() + minutes * 60_000)
  const time = new Intl.DateTimeFormat('ja-JP', {
    timeZone: 'Asia/Tokyo',
    hour: 'numeric',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  return { day: businessDayOf(at), time: time.format(at) }
}
const window = (
  row: number,
  system: string,
  from: { day: string; time: string },
  to: { day: string; time: string },
) => ({
  [`system-${row}`]: system,
  [`systemName-${row}`]: system === 'other' ? 'Webマイナンバー管理サービス' : '',
  [`fromDay-${row}`]: from.day,
  [`fromTime-${row}`]: from.time,
  [`toDay-${row}`]: to.day,
  [`toTime-${row}`]: to.time,
})

describe('お知らせ', () => {
  it('G-01 [P] is shown at home with its dates and windows, 「24:00」 and over midnight among them', async () => {
    await publish(
      editor,
      'announcements',
      typed('システムメンテナンスのお知らせ', {
        ...window(1, 'history', { day: '2022-09-25', time: '9:00' }, { day: '2022-09-25', time: '24:00' }),
        ...window(
          2,
          'other',
          { day: '2022-09-30', time: '17:00' },
          { day: '2022-10-01', time: '１７：００' },
        ),
      }),
    )
    expect(editor.page.text).toContain('2022年9月25日（日） 9:00 ～ 24:00')
    await admin.get('/home')
    expect(admin.page.text).toContain('システムメンテナンスのお知らせ')
    expect(admin.page.text).toContain('2020年1月1日掲載 ')
    expect(admin.page.text).toContain('2022年9月25日（日） 9:00 ～ 24:00 対象システム 操作履歴照会')
    expect(admin.page.text).toContain(
      '2022年9月30日（金） 17:00 ～ 2022年10月1日（土） 17:00 対象システム Webマイナンバー管理サービス',
    )
    expect(admin.page.html).toContain('一行目<br>二行目')
    const changePath = `${editor.page.path}/change`
    await editor.get(changePath)
    const windows = carried(editor.page)
    expect(editor.page.html).toMatch(/name="toTime-1"[^>]* value="24:00"|value="24:00" name="toTime-1"/)
    await editor.post(changePath, { ...windows, ...typed('システムメンテナンスのお知らせ'), step: 'execute' })
    await admin.get('/home')
    expect(admin.page.text).toMatch(/2020年1月1日掲載、20\d\d年\d+月\d+日更新/)
  })

  it('G-01 a tile greys out by itself in its window, and only there', async () => {
    await publish(
      editor,
      'announcements',
      typed('履歴の停止', window(1, 'history', fromNow(10), fromNow(20))),
    )
    const tile = async () => {
      await admin.get('/home')
      return /<a class="tile" href="\/history">/.test(admin.page.html)
    }
    expect(await tile()).toBe(true)
    const pass = async (minutes: number) => {
      portal.clock.move(minutes * 60)
      await editor.get('/helpdesk/announcements')
    }
    await pass(12)
    expect(await tile()).toBe(false)
    expect(admin.page.text).toContain('メンテナンスのため、現在ご利用いただけません')
    expect(admin.page.html).toContain('<a class="tile" href="/password">')
    await pass(10)
    expect(await tile()).toBe(true)
  })

  it('G-01 a tile is greyed out, and its window shown, however many announcements came after', async () => {
    await publish(editor, 'announcements', typed('古い停止', window(1, 'history', fromNow(-10), fromNow(60))))
    await sql(
      portal.database.ownerUrl,
      `INSERT INTO posting (id, kind, title, body, sender, publish_at, presets, roles, targets_companies,
                            must_acknowledge, version, created_at, updated_at)
       SELECT gen_random_uuid(), 'announcement', '新しいお知らせ' || n, '本文', 'ヘルプデスク', now(), '{}', '{}', false,
              false, 0, now(), now() FROM generate_series(1, 25) AS n`,
    )
    await admin.get('/home')
    expect(admin.page.text).toContain('古い停止')
    expect(admin.page.text.match(/新しいお知らせ\d/g)).toHaveLength(20)
    expect(admin.page.html).not.toContain('<a class="tile" href="/history">')
  })

  it('H-06 is seen from its day on and until its end; a withdrawn one never', async () => {
    const today = businessDayOf(portal.clock.now())
    await publish(
      editor,
      'announcements',
      typed('明日から', { publishDay: plusDays(today, 1), publishTime: '0:00' }),
    )
    await publish(
      editor,
      'announcements',
      typed('昨日まで', { endDay: plusDays(today, -1), endTime: '24:00' }),
    )
    const id = await publish(editor, 'announcements', typed('取り下げるもの'))
    await admin.get('/home')
    expect(admin.page.text).toContain('取り下げるもの')
    expect(admin.page.text).not.toMatch(/明日から|昨日まで/)
    await editor.get(`/helpdesk/announcements/${id}`)
    await editor.post(`/helpdesk/announcements/${id}/withdrawal`, { version: '0' })
    expect(editor.page.text).toContain('取り下げ')
    await admin.get('/home')
    expect(admin.page.text).not.toContain('取り下げるもの')
    // What is withdrawn stays so.
    await editor.get(`/helpdesk/announcements/${id}/change`)
    expect(editor.page.status).toBe(409)
    await editor.get('/helpdesk/announcements')
    for (const state of ['掲載前', '掲載終了', '取り下げ']) expect(editor.page.text).toContain(state)
    const operations = await portal.deps.db.history.findMany({
      where: { operation: { startsWith: 'posting.' }, actorLoginId: 'henshu1', subjectId: id },
      select: { operation: true },
    })
    expect(new Set(operations.map(({ operation }) => operation))).toEqual(
      new Set(['posting.published', 'posting.readers-viewed', 'posting.withdrawn']),
    )
  })

  it('H-06 the bank sees whom an お知らせ has reached: each user once, with the first time that home showed it', async () => {
    const id = await publish(editor, 'announcements', typed('届いたか', { presets: 'shoko' }))
    const readers = async (state: string) =>
      (await editor.get(`/helpdesk/announcements/${id}?state=${state}`)).text
    expect(await readers('done')).toContain('既読 0名です')
    await admin.get('/home')
    const [first] = await portal.deps.db.postingLook.findMany({ where: { postingId: id } })
    expect(first).toBeDefined()
    portal.clock.move(60)
    await admin.get('/home')
    expect(await portal.deps.db.postingLook.findMany({ where: { postingId: id } })).toEqual([first])
    const done = await readers('done')
    expect(done).toContain('既読 1名です')
    expect(done).toContain('2004000001')
    expect(await readers('not-done')).not.toContain('2004000001')
    // Whom it is not for has not seen it.
    await ofSevenbank()
    expect(await portal.deps.db.postingLook.count({ where: { postingId: id } })).toBe(1)
  })

  it('H-06 markup is shown as text, on every page', async () => {
    const title = '<script>alert(1)</script>'
    const id = await publish(editor, 'announcements', typed(title, { body: '<b>太字</b> & "引用"' }))
    for (const [visitor, address] of [
      [admin, '/home'],
      [editor, '/helpdesk/announcements'],
      [editor, `/helpdesk/announcements/${id}`],
      [editor, `/helpdesk/announcements/${id}/change`],
    ] as const) {
      await visitor.get(address)
      expect(visitor.page.html).not.toContain('<script>alert')
      expect(visitor.page.html).not.toContain('<b>太字')
      expect(visitor.page.html).toContain('&lt;script')
    }
  })

  it('H-06 what is wrong with a form is said at its field, and nothing is stored', async () => {
    const [now, later] = [fromNow(0), fromNow(60)]
    const cases: [string, Fields, string][] = [
      ['title', { title: ' ' }, 'タイトルが入力されていません'],
      ['title', { title: 'あ'.repeat(101) }, '100文字以内'],
      ['body', { body: '' }, '本文が入力されていません'],
      ['body', { body: '𠮷'.repeat(5001) }, '5000文字以内'],
      ['body', { body: 'a\u0007b' }, '制御文字'],
      ['publishDay', { publishDay: '2026-02-30' }, '日付に誤り'],
      ['publishTime', { publishTime: '24:01' }, '時刻に誤り'],
      ['endDay', { endDay: '2019-12-31', endTime: '24:00' }, '掲載開始より前'],
      ['endTime', { endDay: '2030-01-01' }, '時刻に誤り'],
      ['scope', { scope: '' }, '対象の企業が選択されていません'],
      ['scope', { scope: 'all', companies: '2004000000' }, '「すべての企業」が選択されていますが'],
      ['companies', { scope: 'companies', companies: '' }, 'ご契約番号が入力されていません'],
      ['companies', { scope: 'companies', companies: '2004000000\nabc' }, '「abc」に誤り'],
      [
        'companies',
        { scope: 'companies', companies: '2004000000\n9999999999' },
        '登録されていないご契約番号が1件',
      ],
      ['presets', { presets: ['shoko', 'nobank'] }, '画面にないセキュリティポリシー'],
      ['roles', { roles: 'root' }, '画面にない利用者の区分'],
      ['toDay-1', window(1, 'history', later, now), '終了が開始より前'],
      [
        'toDay-1',
        { endDay: now.day, endTime: now.time, ...window(1, 'history', now, later) },
        '終了が、お知らせの掲載終了より後',
      ],
      ['toDay-1', window(1, 'history', now, now), '終了が開始より前'],
      ['system-1', window(1, '', now, later), '対象システムが選択されていません'],
      ['system-1', window(1, 'nosystem', now, later), '画面にない対象システム'],
      [
        'systemName-1',
        { ...window(1, 'other', now, later), 'systemName-1': '' },
        'システムの名称が入力されていません',
      ],
    ]
    for (const [field, changed, message] of cases) {
      await check(editor, 'announcements', typed('誤りのあるもの', changed))
      expect([changed, editor.page.status]).toEqual([changed, 422])
      expect(editor.page.text).toContain(message)
      expect(editor.page.html).toContain(`href="#${field}"`)
    }
    expect(await portal.deps.db.posting.count()).toBe(0)
  })

  it('I-03 what is wrong at several fields names each of them in the summary', async () => {
    const wrong = { fromDay: '2026-11-20', fromTime: '25:00', toDay: 'x', toTime: '24:01' }
    await check(
      editor,
      'announcements',
      typed('誤りの多いもの', {
        publishTime: '9',
        endDay: '2026-02-30',
        endTime: '9:60',
        ...Object.fromEntries(
          [1, 2].flatMap(row => Object.entries(wrong).map(([name, value]) => [`${name}-${row}`, value])),
        ),
      }),
    )
    const summary = /<ul class="govuk-list govuk-error-summary__list">[\s\S]*?<\/ul>/.exec(
      editor.page.html,
    )?.[0]
    const lines = [...(summary ?? '').matchAll(/<a href="#([^"]+)">([^<]+)</g)]
    expect(lines.map(([, field]) => field)).toEqual([
      ...['publishTime', 'endDay', 'endTime'],
      ...[1, 2].flatMap(row => [`system-${row}`, `fromTime-${row}`, `toDay-${row}`, `toTime-${row}`]),
    ])
    expect(new Set(lines.map(([, , words]) => words)).size).toBe(lines.length)
    for (const words of [
      '掲載終了時刻：時刻に',
      'メンテナンス2の開始時刻：時刻に',
      'メンテナンス1の対象システム：',
    ])
      expect(editor.page.text).toContain(words)
  })

  it('H-06 any number of windows, rows at a time, and back from the confirm page with all of them', async () => {
    await editor.get('/helpdesk/announcements/new')
    const windows = window(1, 'history', fromNow(0), fromNow(60))
    await editor.post('/helpdesk/announcements/new', {
      id: idOn(editor.page),
      ...typed('三つ目'),
      ...windows,
      rows: '3',
      more: '1',
    })
    expect(editor.page.html).toContain('name="system-6"')
    expect(editor.page.html).toContain('value="三つ目"')
    const confirm = await check(
      editor,
      'announcements',
      typed('六つ目', { ...windows, ...window(6, 'password', fromNow(0), fromNow(5)), rows: '6' }),
    )
    await editor.post(confirm.path, { ...carried(confirm), back: '1' })
    expect(editor.page.html).toContain('value="六つ目"')
    expect(editor.page.html).toMatch(/<option value="password" selected>/)
  })

  it('H-06 a double click publishes once; of two officers who change the same the second is told', async () => {
    const confirm = await check(editor, 'announcements', typed('一度だけ'))
    const fields = carried(confirm)
    await editor.post(confirm.path, { ...fields, step: 'execute' })
    const { page } = editor
    editor.page = confirm
    await editor.post(confirm.path, { ...fields, step: 'execute' })
    expect(editor.page.path).toBe(page.path)
    // Back, corrected and sent again: that is no second click, and what was corrected is not dropped without a word.
    for (const corrected of [{ body: '直した本文' }, window(1, 'history', fromNow(0), fromNow(60))]) {
      editor.page = confirm
      await editor.post(confirm.path, { ...fields, ...corrected, step: 'execute' })
      expect(editor.page.status).toBe(422)
      expect(editor.page.text).toContain('その後に直した内容は登録されていません')
    }
    expect(await portal.deps.db.posting.findMany()).toMatchObject([{ body: '一行目\n二行目\n\n次の段落' }])
    expect(await portal.deps.db.maintenanceWindow.count()).toBe(0)
    await editor.get(`${page.path}/change`)
    const form = editor.page
    const change = async (title: string) => {
      editor.page = form
      return editor.post(`${page.path}/change`, { version: '0', ...typed(title), step: 'execute' })
    }
    expect((await change('先の変更')).path).toBe(page.path)
    expect((await change('後の変更')).text).toContain('ほかの担当者が変更または取り下げ')
    // Each form that has written it leads to it, whatever became of it since.
    expect((await change('先の変更')).path).toBe(page.path)
    editor.page = confirm
    expect((await editor.post(confirm.path, { ...fields, step: 'execute' })).path).toBe(page.path)
    expect(await portal.deps.db.posting.findFirst()).toMatchObject({ title: '先の変更', version: 1 })
  })

  it('H-06 I-04 a posting sent five times at once is written once, and changed once', async () => {
    const sendAll = (from: Page, address: string, fields: Fields) => {
      editor.page = from
      const body = { ...fields, _csrf: editor.csrfToken() ?? '', step: 'execute' }
      return Promise.all(Array.from({ length: 5 }, () => editor.post(address, body, { follow: false })))
    }
    const leadTo = (answers: Page[]) =>
      new Set(answers.map(({ status, headers }) => `${status} ${headers.location}`))
    const confirm = await check(editor, 'announcements', typed('五度'))
    const fields = carried(confirm)
    const path = `/helpdesk/announcements/${fields.id}`
    expect(leadTo(await sendAll(confirm, confirm.path, fields))).toEqual(new Set([`303 ${path}`]))
    const form = await editor.get(`${path}/change`)
    const changed = { version: '0', ...typed('五度の変更') }
    expect(leadTo(await sendAll(form, `${path}/change`, changed))).toEqual(new Set([`303 ${path}`]))
    expect(await portal.deps.db.posting.findMany({ where: { id: String(fields.id) } })).toMatchObject([
      { title: '五度の変更', version: 1 },
    ])
  })
})

describe('targets', () => {
  it('H-06 by preset, company and role: whom it is not for does not see it, and is told how many it reaches', async () => {
    const other = await ofSevenbank()
    const expectSeen = async (title: string, seen: [boolean, boolean]) => {
      for (const [index, visitor] of [admin, other].entries()) {
        await visitor.get('/home')
        expect([title, index, visitor.page.text.includes(title)]).toEqual([title, index, seen[index]])
      }
    }
    for (const [title, target, seen] of [
      ['全員へ', {}, [true, true]],
      ['商工の方へ', { presets: 'shoko' }, [true, false]],
      ['管理者の方へ', { roles: 'administrator' }, [true, false]],
      ['一般の利用者の方へ', { roles: ['user', 'contractor'] }, [false, true]],
      [
        '七〇〇一の方へ',
        { scope: 'companies', companies: '７００１００００００、7001000000' },
        [false, true],
      ],
      ['誰でもない', { presets: 'shoko', scope: 'companies', companies: '7001000000' }, [false, false]],
    ] as [string, Fields, [boolean, boolean]][]) {
      await check(editor, 'announcements', typed(title, target))
      const nobody = !seen.includes(true)
      expect(editor.page.text).toContain(nobody ? '現在1人もいません' : '名です')
      await publish(editor, 'announcements', typed(title, target))
      await expectSeen(title, seen)
    }
  })

  it('H-06 ten thousand companies; one more is refused', async () => {
    await sql(
      portal.database.ownerUrl,
      `INSERT INTO company (id, entrance_id, contract_number, name, name_kana, policy_version, created_at)
       SELECT gen_random_uuid(), (SELECT id FROM entrance LIMIT 1), (9000000000 + n)::text, '企業', 'キギョウ', 1, now()
         FROM generate_series(1, 10000) AS n`,
    )
    const numbers = Array.from({ length: 10_000 }, (_each, index) => String(9_000_000_001 + index))
    const id = await publish(
      editor,
      'announcements',
      typed('一万社へ', { scope: 'companies', companies: numbers.join('\n') }),
    )
    expect(await portal.deps.db.postingCompany.count({ where: { postingId: id } })).toBe(10_000)
    expect(editor.page.text).toContain('ほか9980件')
    await check(
      editor,
      'announcements',
      typed('多すぎる', { scope: 'companies', companies: [...numbers, '2004000000'].join('\n') }),
    )
    expect(editor.page.text).toContain('10000件以内')
  })
})

describe('インフォメーション', () => {
  it('G-02 [P] opening an article marks it read; the filter knows; follow-ups are linked', async () => {
    const first = await publish(
      editor,
      'information',
      typed('ログイン不具合について', { publishTime: '10:38' }),
    )
    const second = await publish(
      editor,
      'information',
      typed('ログイン不具合について（第2報）', { publishTime: '13:57', follows: first }),
    )
    await admin.get('/home')
    expect(admin.page.text).toMatch(/2020\/01\/01 13:57.*第2報.*未読.*2020\/01\/01 10:38.*未読/)
    await admin.get(`/information/${first}`)
    expect(admin.page.html).toContain(`href="/information/${second}"`)
    expect(admin.page.text).toContain('続報')
    await admin.get(`/information/${first}`)
    const lists = async (filter: string) => {
      await admin.get(`/information?read=${filter}`)
      return ['第2報', '10:38'].map(text => admin.page.text.includes(text))
    }
    expect(await lists('read')).toEqual([false, true])
    expect(await lists('unread')).toEqual([true, false])
    expect(await lists('any')).toEqual([true, true])
    expect(await lists('nonsense')).toEqual([true, true])
    await admin.get('/home?information=unread')
    expect(admin.page.text).not.toContain('10:38')
    await admin.get(`/information/${second}`)
    expect(admin.page.html).toContain(`href="/information/${first}"`)
    expect(
      await portal.deps.db.history.count({ where: { operation: 'information.opened', subjectId: first } }),
    ).toBe(1)

    await editor.get(`/helpdesk/information/${first}?state=done`)
    expect(editor.page.text).toMatch(/対象 \d名のうち、既読 1名/)
    expect(editor.page.text).toContain('2004000001')
    await editor.get(`/helpdesk/information/${first}?state=not-done`)
    expect(editor.page.text).toContain('riyou01')
    expect(editor.page.text).not.toContain('2004000001')
  })

  it('G-02 F-02 a change keeps the article it follows, withdrawn or old; cutting the link is told', async () => {
    const first = await publish(editor, 'information', typed('第1報'))
    const second = await publish(editor, 'information', typed('第2報', { follows: first }))
    const { text } = await editor.get(`/helpdesk/information/${first}`)
    expect(text).toContain('第1報')
    await editor.post(`/helpdesk/information/${first}/withdrawal`, { version: '0' })
    const change = `/helpdesk/information/${second}/change`
    const followsNow = async () =>
      (await portal.deps.db.posting.findUniqueOrThrow({ where: { id: second } })).followsId
    const write = async (changed: Fields) => {
      await editor.get(change)
      const form = {
        ...typed('第2報（訂正）'),
        version: /name="version" value="(\d+)"/.exec(editor.page.html)?.[1] ?? '',
        follows: /<option value="([^"]+)" selected/.exec(editor.page.html)?.[1] ?? '',
        ...changed,
      }
      await editor.post(change, { ...form, step: 'confirm' })
      if (editor.page.status === 200) await editor.post(change, { ...carried(editor.page), step: 'execute' })
      return editor.page
    }
    const written = async () => {
      const entry = await portal.deps.db.history.findFirstOrThrow({
        where: { operation: 'posting.changed', subjectId: second },
        orderBy: { seq: 'desc' },
      })
      const { before, after } = JSON.parse(entry.details)
      return [before.follows, after.follows]
    }
    await editor.get(change)
    expect(editor.page.text).toContain('第1報（取り下げ）')
    expect((await write({})).path).toBe(`/helpdesk/information/${second}`)
    expect(await followsNow()).toBe(first)
    expect(await written()).toEqual(['第1報', '第1報'])
    await write({ follows: '' })
    expect(await followsNow()).toBeNull()
    expect(await written()).toEqual(['第1報', undefined])
    // Once cut, a withdrawn one is followed by nothing again, and none follows itself.
    for (const follows of [first, second, portal.deps.ids.next(), 'x'])
      expect((await write({ follows })).status).toBe(422)
    expect(await followsNow()).toBeNull()
  })

  it('G-02 one that must be acknowledged comes before every other page, for those it is for', async () => {
    const other = await ofSevenbank()
    const id = await publish(
      editor,
      'information',
      typed('重要なお知らせ', { mustAcknowledge: 'on', presets: 'shoko' }),
    )
    await admin.get('/history?operation=login.succeeded')
    expect(admin.page.path).toBe(`/information/${id}`)
    expect(admin.page.text).toContain('ほかの画面へ進む前に')
    await admin.get('/users')
    expect(admin.page.path).toBe(`/information/${id}`)
    const next = /name="next" value="([^"]*)"/.exec(admin.page.html)?.[1] ?? ''
    await other.get('/history')
    expect(other.page.path).toBe('/history')
    await admin.post(`/information/${id}/acknowledgement`, { next })
    expect(admin.page.path).toBe('/users')
    await admin.get(`/information/${id}`)
    await admin.post(`/information/${id}/acknowledgement`, { next: '//elsewhere.example' })
    expect(admin.page.path).toBe('/home')
    expect(
      await portal.deps.db.history.count({ where: { operation: 'information.acknowledged', subjectId: id } }),
    ).toBe(1)
  })

  it('I-05 an article for others, not yet shown, withdrawn or invented is not there', async () => {
    const today = businessDayOf(portal.clock.now())
    const ids = [
      await publish(editor, 'information', typed('他社へ', { scope: 'companies', companies: '7001000000' })),
      await publish(editor, 'information', typed('明日', { publishDay: plusDays(today, 1) })),
      await publish(editor, 'announcements', typed('お知らせ')),
      '00000000-0000-0000-0000-000000000000',
      'x',
    ]
    for (const id of ids) {
      expect((await admin.get(`/information/${id}`)).status).toBe(404)
      await admin.get('/information')
      expect((await admin.post(`/information/${id}/acknowledgement`)).status).toBe(404)
    }
    expect(await portal.deps.db.postingLook.count()).toBe(0)
  })
})

describe('the editor', () => {
  it('H-06 is written by editors and 役席者; operators are refused, as are customers', async () => {
    const operator = await officerAtWork(portal, 'operator', 'madoguchi9')
    for (const path of ['announcements', 'information', 'surveys']) {
      expect((await operator.get(`/helpdesk/${path}/new`)).status).toBe(403)
      expect((await admin.get(`/helpdesk/${path}/new`)).status).toBe(403)
    }
    const approver = await officerAtWork(portal, 'approver', 'yakuseki9')
    expect((await approver.get('/helpdesk/surveys')).status).toBe(200)
  })
})

describe('home', () => {
  it('B-08 says from two weeks before that the password ends, and nothing earlier', async () => {
    await admin.get('/home')
    expect(admin.page.text).not.toContain('ログインパスワードの有効期限')
    // By the day it was set on: other tests have moved the clock, perhaps past midnight.
    const { setOn } = await portal.deps.db.credential.findFirstOrThrow({
      where: { kind: 'login_password', user: { loginId: demo.administrator.loginId } },
    })
    const day = plusDays(fromColumn(setOn), 76)
    portal.clock.move((Date.parse(`${day}T12:00:00+09:00`) - portal.clock.now().getTime()) / 1000)
    const warned = await portal.administrator()
    expect(warned.page.text).toMatch(/ログインパスワードの有効期限（.+）まで、あと14日です/)
    expect(warned.page.html).toContain('href="/password"')
  })
})
