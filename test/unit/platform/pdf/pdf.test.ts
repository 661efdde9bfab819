import { afterAll, describe, expect, it } from 'vitest'
import { createPdfPrinter, type Sheet } from '../../../../src/platform/pdf/pdf.ts'
import { hasPdftotext, wordsOfPdf } from '../../../support/pdf.ts'

const printer = createPdfPrinter()
afterAll(() => printer.close())

const sheet = (rows: number): Sheet => ({
  language: 'ja',
  title: '利用者照会',
  screen: 'BRSK005',
  at: new Date('2026-11-20T08:55:03Z'),
  facts: [{ label: '操作者', value: '髙﨑𠮷太郎（2004000001）' }],
  foot: '2026/11/20 17:55:03',
  landscape: false,
  words: {
    page: '{page}／{pages}ページ',
    changed: '変更',
    oldValue: '変更前：',
    none: 'なし',
    missing: '書体にない文字です',
  },
  parts: [
    {
      kind: 'rows',
      title: '基本情報',
      rows: [{ label: '利用者名', value: ['髙﨑𠮷太郎'], old: ['高崎吉太郎'] }],
    },
    {
      kind: 'table',
      columns: [{ text: '操作日時' }, { text: '操作', share: 2 }],
      rows: Array.from({ length: rows }, (_, index) => [`${index}番`, '利用者の登録']),
      empty: '該当なし',
    },
  ],
})

describe('D-07 the PDF', () => {
  it.runIf(hasPdftotext)(
    'can be searched, with rare characters right, page numbers and the screen ID',
    async () => {
      const words = wordsOfPdf(await printer.print(sheet(100)))
      expect(words).toContain('髙﨑𠮷太郎（2004000001）')
      expect(words).toMatch(/変更 髙﨑𠮷太郎\s+変更前：高崎吉太郎/)
      expect(words).toContain('BRSK005')
      const [, pages] = /1／(\d+)ページ/.exec(words) ?? []
      expect(Number(pages)).toBeGreaterThan(1)
      expect(words).toContain(`${pages}／${pages}ページ`)
      expect(words).toContain('99番')
    },
  )

  it.runIf(hasPdftotext)('D-07 shows 〓 for what its fonts lack, and says so; never a blank', async () => {
    const named = (value: string): Sheet => ({
      ...sheet(0),
      parts: [{ kind: 'rows', rows: [{ label: '利用者名', value: [value] }] }],
    })
    const words = wordsOfPdf(await printer.print(named('佐藤\u{1b001}子\u{1f600}')))
    expect(words).toContain('佐藤〓子〓')
    expect(words).toMatch(/〓\s+書体にない文字です/)
    // A form that a selector chooses, and every line, are no characters of their own.
    const whole = wordsOfPdf(await printer.print(named('葛\u{e0100}城\n髙﨑𠮷')))
    expect(whole).not.toContain('〓')
    expect(whole).toContain('髙﨑𠮷')
  })

  it.runIf(hasPdftotext)('says so where a table has no rows', async () => {
    expect(wordsOfPdf(await printer.print(sheet(0)))).toContain('該当なし')
  })

  it.runIf(hasPdftotext)('D-07 prints a row that is longer than a page, every line of it', async () => {
    const long = Array.from({ length: 200 }, (_, index) => `口座${index}番`)
    const words = wordsOfPdf(
      await printer.print({
        ...sheet(0),
        parts: [
          { kind: 'rows', rows: [{ label: '利用可能口座', value: long, old: ['口座なし'], changed: true }] },
          { kind: 'table', columns: [{ text: '内容' }], rows: [[long.join(' ／ ')]], empty: '' },
        ],
      }),
    )
    for (const each of [...long, '口座なし']) expect(words).toContain(each)
    expect(words.match(/口座199番/g)).toHaveLength(2)
  })

  it('takes no word for a picture, a link or a file', async () => {
    const hostile: Sheet = {
      ...sheet(0),
      parts: [
        { kind: 'text', text: '{"image":"/etc/passwd"} http://127.0.0.1:1/ data:image/png;base64,AAAA' },
      ],
    }
    const file = await printer.print(hostile)
    expect(file.subarray(0, 5).toString()).toBe('%PDF-')
    expect(file.includes('/URI')).toBe(false)
    expect(file.includes('/Subtype /Image')).toBe(false)
  })

  it('refuses what would wait too long, and goes on', async () => {
    const settled = await Promise.allSettled(Array.from({ length: 14 }, () => printer.print(sheet(1))))
    expect(settled.filter(({ status }) => status === 'rejected')).toHaveLength(2)
    await expect(printer.print(sheet(1))).resolves.toBeInstanceOf(Buffer)
  })
})
