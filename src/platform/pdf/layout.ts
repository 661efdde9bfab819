import type { Block, Definition } from './pdfmake.ts'
import type { Sheet, SheetPart, SheetRow, SheetWords } from './sheet.ts'

export const fontName = 'Noto Sans JP'

const red = '#b3001b'
const grey = '#626264'
const line = '#b3b3b3'

/** The page as pdfmake sets it: A4, title and facts on the first page, screen ID above and page number below each. */
export const layoutOf = (sheet: Sheet): Definition => ({
  pageSize: 'A4',
  pageOrientation: sheet.landscape ? 'landscape' : 'portrait',
  pageMargins: [40, 48, 40, 48],
  language: sheet.language,
  info: { title: sheet.title, creator: 'Sekisho', producer: 'Sekisho', creationDate: sheet.at },
  displayTitle: true,
  defaultStyle: { font: fontName, fontSize: sheet.landscape ? 8 : 9.5, lineHeight: 1.25 },
  header: {
    columns: [
      { text: sheet.title, color: grey },
      { text: sheet.screen, color: grey, alignment: 'right', width: 'auto' },
    ],
    margin: [40, 22, 40, 0],
    fontSize: 8,
  },
  footer: (page, pages) => ({
    columns: [
      { text: sheet.foot, color: grey },
      {
        text: sheet.words.page.replace('{page}', String(page)).replace('{pages}', String(pages)),
        alignment: 'right',
        width: 'auto',
      },
    ],
    margin: [40, 14, 40, 0],
    fontSize: 8,
  }),
  content: [
    { text: sheet.title, fontSize: 16, bold: true, margin: [0, 0, 0, 6] },
    {
      table: {
        widths: ['auto', '*'],
        body: sheet.facts.map(({ label, value }) => [{ text: label, color: grey }, value]),
      },
      layout: 'noBorders',
      margin: [0, 0, 0, 10],
    },
    ...sheet.parts.map(part => partOf(part, sheet.words)),
  ],
})

const headed = (title: string | undefined, body: Block): Block =>
  title === undefined
    ? body
    : { stack: [{ text: title, fontSize: 11, bold: true, margin: [0, 4, 0, 4] }, body] }

const partOf = (part: SheetPart, words: SheetWords): Block => {
  switch (part.kind) {
    case 'text':
      return { text: part.text, margin: [0, 0, 0, 8] }
    case 'rows':
      return headed(part.title, {
        table: {
          widths: ['30%', '*'],
          dontBreakRows: part.rows.every(({ value, old = [] }) => fitsOnPage([...value, ...old].join('\n'))),
          body: part.rows.map(row => [{ text: row.label, bold: true }, cellOf(row, words)]),
        },
        layout: ruled,
        margin: [0, 0, 0, 12],
      })
    case 'table':
      return headed(part.title, {
        table: {
          headerRows: 1,
          dontBreakRows: part.rows.every(row => row.every(fitsOnPage)),
          widths: widthsOf(part.columns),
          body: [
            part.columns.map((column): Block => ({ text: column.text, bold: true, fillColor: '#f2f2f2' })),
            ...(part.rows.length > 0
              ? part.rows.map(row =>
                  row.map(
                    (text, index): Block =>
                      part.columns[index]?.numeric ? { text, alignment: 'right' } : text,
                  ),
                )
              : [
                  [
                    { text: part.empty, colSpan: part.columns.length },
                    ...part.columns.slice(1).map(() => ''),
                  ],
                ]),
          ],
        },
        layout: ruled,
        margin: [0, 0, 0, 12],
      })
  }
}

/** What is held together although it is longer than a page would not be printed at all: such rows go on overleaf. */
const fitsOnPage = (text: string): boolean => text.length <= 300 && text.split('\n').length <= 20

/** Percentages of what the columns' shares come to. */
const widthsOf = (columns: { share?: number }[]): string[] => {
  const shares = columns.map(({ share = 1 }) => share)
  const all = shares.reduce((sum, share) => sum + share, 0)
  return shares.map(share => `${((share / all) * 100).toFixed(3)}%`)
}

const ruled = {
  hLineWidth: () => 0.5,
  vLineWidth: () => 0,
  hLineColor: () => line,
  paddingTop: () => 3,
  paddingBottom: () => 3,
  paddingLeft: () => 4,
  paddingRight: () => 4,
}

/** A changed value is red and marked in words, the old one beside it, as on the screen (D-06). */
const cellOf = ({ value, old, changed = old !== undefined }: SheetRow, words: SheetWords): Block => {
  const said = (texts: string[]) => texts.filter(text => text !== '').join('\n') || words.none
  if (!changed) return said(value)
  return {
    stack: [
      {
        text: [
          { text: `${words.changed} `, bold: true, color: red },
          { text: said(value), color: red },
        ],
      },
      ...(old === undefined ? [] : [{ text: `${words.oldValue}${said(old)}`, color: grey }]),
    ],
  }
}
