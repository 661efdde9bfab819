import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '../../../support/database.ts'
import { hasPdftotext, wordsOfPdf } from '../../../support/pdf.ts'
import { demo, openPortal, type Portal } from '../../../support/portal.ts'
import type { Visitor } from '../../../support/visitor.ts'
import { fillIn, submit } from '../../features/users/registering.ts'

let portal: Portal
let administrator: Visitor
let enquiry: string
beforeAll(async () => {
  portal = await openPortal()
  administrator = await portal.administrator()
  const [row] = await sql<{ id: string }>(
    portal.database.ownerUrl,
    `update "user" set name = '髙﨑　𠮷太郎' where login_id = '${demo.administrator.loginId}' returning id`,
  )
  enquiry = `/users/${row?.id}`
})
afterAll(() => portal.close())

const prints = () =>
  sql<{ label: string; details: string; login_id: string }>(
    portal.database.ownerUrl,
    `select subject_label as label, details, actor_login_id as login_id from history
     where operation = 'page.printed' order by seq`,
  )

describe('G-07 a page that prints', () => {
  it('asks first, on a page of its own without JavaScript, and 「キャンセル」 leads back', async () => {
    const page = await administrator.get(`${enquiry}?from=list`)
    expect(page.html).toContain(`href="${enquiry}?from=list&amp;print=ask"`)
    const question = await administrator.get(`${enquiry}?from=list&print=ask`)
    expect(question.text).toContain('印刷してよろしいですか?')
    expect(question.html).toContain(`href="${enquiry}?from=list&amp;print=pdf"`)
    expect(question.html).toContain(`href="${enquiry}?from=list"`)
    expect(await prints()).toHaveLength(0)
  })

  it('F-04 prints what it shows as a PDF that no cache keeps, and the history says who printed whose', async () => {
    const file = await administrator.get(`${enquiry}?print=pdf`)
    expect(file.status).toBe(200)
    expect(file.headers['content-type']).toBe('application/pdf')
    expect(file.headers['cache-control']).toBe('no-store')
    expect(file.headers['content-disposition']).toMatch(
      /^inline; filename="sekisho\.pdf"; filename\*=UTF-8''%E5/,
    )
    expect(file.body.subarray(0, 5).toString()).toBe('%PDF-')
    const [print, ...others] = await prints()
    expect(others).toHaveLength(0)
    expect(print).toMatchObject({
      label: demo.administrator.loginId,
      login_id: demo.administrator.loginId,
      details: JSON.stringify({ screen: 'BRSK005', address: '/users/:id' }),
    })
    const list = await administrator.get('/history?operation=page.printed')
    expect(list.text).toContain('画面の印刷')
  })

  it.runIf(hasPdftotext)('D-07 says on paper what the page says, with operator and screen ID', async () => {
    const words = wordsOfPdf((await administrator.get(`${enquiry}?print=pdf`)).body)
    for (const said of ['利用者照会', 'BRSK005', demo.administrator.loginId, '1／'])
      expect(words).toContain(said)
    expect(words).toMatch(/操作者 +髙﨑\s+𠮷太郎（/)
    expect(words).toMatch(/印刷日時 +\d{4}年\d{2}月\d{2}日 \d{2}時\d{2}分\d{2}秒/)
    const english = wordsOfPdf((await administrator.get(`${enquiry}?print=pdf&lang=en`)).body)
    expect(english).toContain('Printed at')
  })

  it.runIf(hasPdftotext)('D-07 prints the result of a registration', async () => {
    await fillIn(administrator, '2004000777')
    const result = await submit(administrator, {
      confirmationPassword: demo.administrator.confirmationPassword,
    })
    expect(result.path).toMatch(/\/result$/)
    expect(result.text).toContain('印刷')
    const words = wordsOfPdf((await administrator.get(`${result.path}?print=pdf`)).body)
    for (const said of [
      'BRSK010',
      '2004000777',
      'ken1@example.co.jp',
      '○ 依頼（新規口座指定）',
      '1,000,000円',
    ])
      expect(words).toContain(said)
    expect(words).not.toContain('Hajimete2026')
    expect((await prints()).at(-1)).toMatchObject({ label: '2004000777' })
  })

  it.each(['pdf', 'ask'])('gives nobody a page they may not see by print=%s', async print => {
    const elsewhere = '/users/0192a000-0000-7000-8000-000000000000'
    expect((await administrator.get(`${elsewhere}?print=${print}`)).status).toBe(404)
    const stranger = await portal.visitor().get(`${portal.settings.portalOrigin}${enquiry}?print=${print}`)
    expect(stranger.text).not.toContain('印刷してよろしいですか')
    expect(stranger.headers['content-type']).toContain('text/html')
  })

  it('stays a page where it is asked for something else, or where the page prints nothing', async () => {
    const before = (await prints()).length
    for (const address of [`${enquiry}?print=exe`, `${enquiry}?print=pdf&print=ask`, '/home?print=pdf']) {
      const page = await administrator.get(address)
      expect([address, page.status, page.headers['content-type']]).toEqual([
        address,
        200,
        'text/html; charset=utf-8',
      ])
    }
    expect(await prints()).toHaveLength(before)
  })
})
