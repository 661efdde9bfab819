import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { continueExport, removeOldExports, verifyHistory } from '../../../../src/features/history/index.ts'
import { startHistoryExports } from '../../../../src/jobs/history-export.ts'
import { createTranslations } from '../../../../src/platform/i18n.ts'
import { sql } from '../../../support/database.ts'
import { fillHistory } from '../../../support/many-entries.ts'
import { hasPdftotext, wordsOfPdf } from '../../../support/pdf.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { callerOf } from '../../../support/ways-in.ts'

const root = join(import.meta.dirname, '../../../..')
const translations = createTranslations({
  root: join(root, 'locales'),
  onMissingKey: (language, key) => {
    throw new Error(`There is no text ${key} in ${language}`)
  },
})

let portal: Portal
let administrator: Visitor
let companyId: string
let clerk: { id: string; loginId: string; name: string }
let startJobs: () => Promise<void>
const few = 'from=2026-01-02&to=2026-01-02'

beforeAll(async () => {
  portal = await openPortal({ presets: ['shoko', 'rokin'], generalUsers: false })
  administrator = await portal.administrator()
  const { ownerUrl } = portal.database
  const [own] = await sql<{ id: string; company_id: string }>(
    ownerUrl,
    `select id, company_id from "user" where login_id = '${demo.administrator.loginId}'`,
  )
  companyId = own?.company_id ?? ''
  clerk = { id: portal.deps.ids.next(), loginId: 'clerk00001', name: '=髙﨑　𠮷太郎' }
  await sql(
    ownerUrl,
    `insert into "user" (id, company_id, login_id, login_id_key, login_id_scope, name, email, role, created_at)
     values ('${clerk.id}', '${companyId}', '${clerk.loginId}', '${clerk.loginId}', 'bank', '${clerk.name}', 'x', 'user', now())`,
  )
  const users = [{ id: own?.id ?? '', loginId: demo.administrator.loginId, name: '山田' }, clerk]
  // 12,000 in January before this year's own, of which 40 fall on a day of their own.
  await fillHistory(ownerUrl, { companyId, users, count: 40, until: new Date('2026-01-02T03:00:00Z') })
  await fillHistory(ownerUrl, { companyId, users, count: 11_960, until: new Date('2026-02-01T03:00:00Z') })
  let started: Promise<void> | undefined
  startJobs = () => {
    started ??= startHistoryExports(portal.deps, translations)
    return started
  }
})
afterAll(() => portal.close())

const csvOf = (body: Buffer) => parse(body, { bom: true, relax_column_count: false }) as string[][]

const exportsRecorded = () =>
  sql<{ operation: string; details: Record<string, unknown> }>(
    portal.database.ownerUrl,
    `select operation, details::json as details from history
     where operation like 'history.%' and chain_id = '${companyId}' order by seq`,
  )

/** The page of the file that is made at `address`, once its own script would have been led there. */
const ended = (address: string): Promise<string> =>
  vi.waitFor(
    async () => {
      const state = await administrator.get(`${address}/state`)
      const answer = JSON.parse(state.html) as { done: boolean; href: string }
      expect(answer.done).toBe(true)
      return answer.href
    },
    { timeout: 120_000, interval: 100 },
  )

describe('F-01 files of the history', () => {
  it('gives the rows that the search finds as CSV, for spreadsheets and without formulas', async () => {
    const list = await administrator.get(`/history?${few}`)
    const href = /href="(\/history\/entries\.csv[^"]*)"/.exec(list.html)?.[1]?.replaceAll('&amp;', '&') ?? ''
    const file = await administrator.get(href)
    expect(file.headers['content-type']).toBe('text/csv; charset=utf-8')
    expect(file.headers['content-disposition']).toMatch(/^attachment; /)
    expect(file.body.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]))
    const [headings, ...rows] = csvOf(file.body)
    expect(headings?.slice(0, 4)).toEqual(['履歴番号', '操作日時', '操作した人', 'ログインID'])
    expect(rows).toHaveLength(40)
    expect(rows[0]?.slice(1, 6)).toEqual([
      '2026/01/02 12:00:00',
      '山田',
      demo.administrator.loginId,
      '画面の印刷',
      `利用者：${demo.administrator.loginId}`,
    ])
    expect(rows[0]?.at(-1)).toBe('画面ID：BRSK005\n画面・処理：/users/:id')
    // A name that would be a formula is text.
    expect(rows[1]?.[2]).toBe("'=髙﨑　𠮷太郎")
  })

  it('honours every filter, and F-04 records what went out and by which search', async () => {
    const file = await administrator.get(`/history/entries.csv?${few}&user=${clerk.loginId}&outcome=done`)
    const rows = csvOf(file.body).slice(1)
    expect(rows.every(row => row[3] === clerk.loginId)).toBe(true)
    expect(rows).toHaveLength(20)
    const last = (await exportsRecorded()).at(-1)
    expect(last).toEqual({
      operation: 'history.exported',
      details: {
        fileFormat: 'csv',
        entries: 20,
        searchedFrom: '2026-01-02',
        searchedTo: '2026-01-02',
        searchedUser: clerk.loginId,
        searchedOutcome: 'done',
      },
    })
  })

  it.runIf(hasPdftotext)('F-03 prints the list as a PDF that carries the chain’s head', async () => {
    const list = await administrator.get(`/history?${few}&page=2`)
    expect(list.html).toContain('data-print')
    const [head] = await sql<{ seq: string; hash: string }>(
      portal.database.ownerUrl,
      `select seq, encode(hash, 'hex') as hash from history_chain where id = '${companyId}'`,
    )
    const file = await administrator.get(`/history?${few}&page=2&print=pdf`)
    const words = wordsOfPdf(file.body)
    expect(words.replaceAll(/\s/g, '')).toContain(`${head?.seq}番${head?.hash}`)
    expect(words).toMatch(/髙﨑\s+𠮷太郎/)
    expect(words.match(/2026\/01\/02/g)?.length).toBeGreaterThanOrEqual(40)
    expect(words).toContain('操作履歴一覧')
    expect((await exportsRecorded()).at(-1)?.details).toMatchObject({ fileFormat: 'pdf', entries: 40 })
  })

  it('says what is mistaken on the list, and gives no file', async () => {
    const before = (await exportsRecorded()).length
    for (const query of [
      'from=2026-02-30',
      'from=2026-02-01&to=2026-01-01',
      'page=-1',
      'user=a&user=b',
      'operation=foo.bar',
    ]) {
      const answer = await administrator.get(`/history/entries.csv?${query}`)
      expect([query, answer.path]).toEqual([query, '/history'])
    }
    await administrator.get('/history')
    const odd = await administrator.post('/history/exports', { format: 'exe' })
    expect(odd.status).toBe(400)
    expect(odd.text).toContain('ファイルの形式が正しくありません')
    expect(await exportsRecorded()).toHaveLength(before)
  })

  it('makes in the background what is too long to wait for, part by part, with progress that survives a reload', async () => {
    const list = await administrator.get('/history?to=2026-02-01')
    expect(list.html).not.toContain('entries.csv')
    expect(list.html).not.toContain('data-print')
    expect((await administrator.get('/history/entries.csv?to=2026-02-01')).path).toBe('/history')

    const page = await administrator.post('/history/exports', { format: 'csv', to: '2026-02-01' })
    expect(page.text).toContain('12,000件のうち0件の出力が終わりました')
    const reloaded = await administrator.get(page.path)
    expect(reloaded.text).toContain('ファイルを作成しています')
    expect(reloaded.html).toContain('http-equiv="refresh"')

    // The same wish once more leads to the same file; another one waits.
    await administrator.get('/history')
    expect((await administrator.post('/history/exports', { format: 'csv', to: '2026-02-01' })).path).toBe(
      page.path,
    )
    await administrator.get('/history')
    const other = await administrator.post('/history/exports', { format: 'pdf', to: '2026-02-01' })
    expect(other.status).toBe(409)
    expect((await administrator.get(`${page.path}/files/1`)).status).toBe(404)

    await startJobs()
    const ready = await administrator.get(await ended(page.path))
    expect(ready.text).toContain('操作履歴のファイルができました')
    const file = await administrator.get(`${page.path}/files/1`)
    const [, ...rows] = csvOf(file.body)
    expect(rows).toHaveLength(12_000)
    // Newest first, each once.
    const times = rows.map(row => row[1] ?? '')
    expect(times).toEqual(times.toSorted().reverse())
    expect(new Set(rows.map(row => row[0])).size).toBe(12_000)
    expect((await administrator.get('/history/exports')).text).toContain('作成済み')
    expect((await exportsRecorded()).at(-1)).toEqual({
      operation: 'history.export-downloaded',
      details: { fileFormat: 'csv', entries: 12_000 },
    })
  })

  it('F-01 makes a file once, however many are at work on it', async () => {
    const page = await administrator.post('/history/exports', {
      format: 'csv',
      to: '2026-02-01',
      outcome: 'done',
    })
    const id = page.path.split('/').at(-1) ?? ''
    await Promise.allSettled([1, 2, 3].map(() => continueExport(portal.deps, translations, id)))
    await ended(page.path)
    const rows = csvOf((await administrator.get(`${page.path}/files/1`)).body).slice(1)
    expect(new Set(rows.map(row => row[0])).size).toBe(rows.length)
    expect(rows).toHaveLength(12_000 - Math.floor(11_960 / 50))
  })

  it('prints volumes that carry the chain’s head', async () => {
    const list = await administrator.get('/history?operation=login.succeeded&to=2026-02-01')
    expect(list.html).toContain('entries.csv')
    expect(list.text).toContain('印刷用PDFファイルを作成')
    // Whoever asks for less has it made as well.
    const less = { operation: 'login.failed', to: '2026-02-01' }
    const page = await administrator.post('/history/exports', { format: 'pdf', ...less })
    const ready = await administrator.get(await ended(page.path))
    expect(ready.text).toContain('PDFファイルを開く（1／1冊） 239件')
    const volume = await administrator.get(`${page.path}/files/1`)
    expect(volume.headers['content-type']).toBe('application/pdf')
    expect((await administrator.get(`${page.path}/files/2`)).status).toBe(404)
    if (!hasPdftotext) return
    const words = wordsOfPdf(volume.body)
    expect(words).toMatch(/履歴の連鎖の先頭\s+\d+番 [0-9a-f]{64}/)
    expect(words).toContain('1／1冊')
    expect(words.match(/2026\/02\/01/g)?.length).toBeGreaterThanOrEqual(239)
  })

  it('shows a file to its owner alone, and erases it after a day', async () => {
    const [row] = await sql<{ id: string }>(portal.database.ownerUrl, 'select id from history_export limit 1')
    const address = `/history/exports/${row?.id}`
    const stranger = await portal.visitor().get(`${portal.settings.portalOrigin}${address}/files/1`)
    expect(stranger.status).toBe(401)
    const other = await callerOf(portal, 'rokin', 'administrator')
    expect((await other.enter()).path).toBe('/home')
    for (const part of ['', '/state', '/files/1'])
      expect((await other.visitor.get(address + part)).status, part).toBe(404)
    for (const odd of ['x', '01900000-0000-7000-8000-000000000000', `${row?.id}'`])
      expect((await administrator.get(`/history/exports/${odd}`)).status, odd).toBe(404)
    for (const odd of ['0', '2', '-1', 'x', '1e9', '99999999999999999999'])
      expect((await administrator.get(`${address}/files/${odd}`)).status, odd).toBe(404)

    await sql(
      portal.database.ownerUrl,
      `insert into history_export select gen_random_uuid(), company_id, user_id, format, language, conditions, others,
         head_seq, head_hash, total, done, cursor_at, cursor_id, requested_at, finished_at, expires_at
       from history_export cross join generate_series(1, 4)`,
    )
    await administrator.get('/history')
    const many = await administrator.post('/history/exports', { format: 'csv', to: '2026-02-01' })
    expect([many.status, many.text]).toEqual([409, expect.stringContaining('作成したファイルが10件あります')])

    portal.clock.move(24 * 60 * 60 + 1)
    expect(await removeOldExports(portal.deps)).toBe(15)
    expect(await sql(portal.database.ownerUrl, 'select from history_export_file')).toHaveLength(0)
  })

  it('F-01 one whose day is over before it was made stands in nobody’s way', async () => {
    await sql(portal.database.ownerUrl, 'delete from history_export')
    // The clock may have been moved past the session of the test before.
    if ((await administrator.get('/history')).status === 401) administrator = await portal.administrator()
    await administrator.get('/history')
    await administrator.post('/history/exports', { format: 'csv', to: '2026-02-01' })
    const over = new Date(portal.clock.now().getTime() - 1000).toISOString()
    await sql(
      portal.database.ownerUrl,
      `update history_export set finished_at = null, expires_at = '${over}'`,
    )
    await administrator.get('/history')
    const next = await administrator.post('/history/exports', { format: 'csv', to: '2026-02-01' })
    expect([next.status, next.path]).toEqual([
      200,
      expect.stringMatching(/^\/history\/exports\/[0-9a-f-]{36}$/),
    ])
    expect(await sql(portal.database.ownerUrl, 'select from history_export')).toHaveLength(1)
    await ended(next.path)
    await administrator.get('/history')
    await administrator.post('/logout')
  })

  it('gives only one’s own without 全操作履歴照会, also of a file asked for before', async () => {
    administrator = await portal.administrator()
    await administrator.get('/history')
    const page = await administrator.post('/history/exports', { format: 'csv', to: '2026-02-01' })
    await ended(page.path)
    await sql(portal.database.ownerUrl, `delete from user_permission where service_code = 'history'`)
    expect((await administrator.get(`${page.path}/files/1`)).status).toBe(403)
    expect((await administrator.get(page.path)).status).toBe(403)
    expect((await administrator.get('/history/exports')).text).not.toContain('12,000')

    const rows = csvOf(
      (await administrator.get(`/history/entries.csv?${few}&user=${clerk.loginId}`)).body,
    ).slice(1)
    expect(rows).toHaveLength(20)
    expect(rows.every(row => row[3] === demo.administrator.loginId)).toBe(true)
  })

  it('F-03 leaves every chain whole', async () => {
    const lines: string[] = []
    expect(await verifyHistory(portal.deps, { onLine: line => lines.push(line) })).toBe(0)
    expect(lines.at(-1)).toContain('whole')
  })
})
