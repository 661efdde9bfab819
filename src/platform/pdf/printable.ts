import { formatsOf } from '../formats.ts'
import type { Language, Translate } from '../i18n.ts'
import type { Sheet, SheetPart } from './sheet.ts'

/** Whose page it was, for the history: without `companyId` the reader's own company, or the bank. */
export type PrintedAbout = {
  companyId?: string
  subject?: { kind: string; id?: string; label?: string }
}

type Words = string | readonly string[]

/** What of `partials/matrix` is read. */
type PrintedMatrix = {
  columns: { service: string; section: string; choices: string }
  groups: {
    title: string
    hint?: string
    sections: { title: string; choices: { label: string; checked: boolean; was?: boolean }[] }[]
  }[]
}

/** A cell of `partials/table`. */
export type PrintedCell = string | CellPart | CellPart[]
type CellPart = { text?: string; sub?: string; tag?: { text: string } }

/** A part of a page as its own partials have it: `review`, `table`, `matrix`, or a paragraph. */
export type PrintablePart =
  | { text: string }
  | { title?: string; rows: { label: string; value: Words; old?: Words; changed?: boolean }[] }
  | {
      title?: string
      table: {
        columns: { text: string; numeric?: boolean; hidden?: boolean; share?: number }[]
        rows: PrintedCell[][]
        empty?: string
      }
    }
  | { title?: string; matrix: PrintedMatrix }

/**
 * What a page prints: given as `print` among a page's data it brings the page 「印刷」, F9, the question and the PDF
 * (G-07), each print an entry of the history (F-04). Give a function where it costs more than the page itself.
 */
export type Printable = {
  /** Above the PDF; the page's title unless given. */
  title?: string
  /** Wide tables. */
  landscape?: boolean
  /** Beside when and by whom it was printed. */
  facts?: { label: string; value: string }[]
  parts: PrintablePart[]
  about?: PrintedAbout
  /** Where printing is an event of its own: records it in place of the general one. */
  recorded?: () => Promise<void>
}

/** By whom, when and in which language something is printed. */
export type Printing = { t: Translate; language: Language; at: Date; operator: string; company?: string }

/** The sheet of a printable, in the reader's language, with when and by whom. */
export const sheetOf = (
  { t, language, at, operator, company }: Printing,
  printable: Printable & { title: string; screen: string },
): Sheet => {
  const formats = formatsOf(language)
  return {
    language,
    title: printable.title,
    screen: printable.screen,
    at,
    facts: [
      { label: t('print.at'), value: formats.dateTime(at) },
      ...(company ? [{ label: t('print.company'), value: company }] : []),
      { label: t('print.operator'), value: operator },
      ...(printable.facts ?? []),
    ],
    foot: `${formats.dateTimeCompact(at)}　${operator}`,
    landscape: printable.landscape ?? false,
    words: {
      page: t('print.page', { page: '{page}', pages: '{pages}' }),
      changed: t('common.changed'),
      oldValue: t('common.oldValue'),
      none: t('common.none'),
      missing: t('print.missing'),
    },
    parts: printable.parts.map(part => sheetPart(t, part)),
  }
}

const sheetPart = (t: Translate, part: PrintablePart): SheetPart => {
  if ('text' in part) return { kind: 'text', text: part.text }
  const title = part.title !== undefined && { title: part.title }
  if ('rows' in part)
    return {
      kind: 'rows',
      ...title,
      rows: part.rows.map(({ label, value, old, changed }) => ({
        label,
        value: [value].flat(),
        ...(old !== undefined && { old: [old].flat() }),
        ...(changed !== undefined && { changed }),
      })),
    }
  if ('matrix' in part) return { kind: 'table', ...title, ...matrixTable(t, part.matrix) }
  const { columns, rows, empty } = part.table
  // A column without a heading to be seen holds buttons, which paper has no use for.
  const shown = columns.flatMap((column, index) => (column.hidden ? [] : [index]))
  return {
    kind: 'table',
    ...title,
    columns: columns
      .filter(({ hidden }) => !hidden)
      .map(({ text, numeric, share }) => ({
        text,
        ...(numeric && { numeric }),
        ...(share !== undefined && { share }),
      })),
    rows: rows.map(row => shown.map(index => cellWords(row[index] ?? ''))),
    empty: empty ?? t('common.table.empty'),
  }
}

const cellWords = (cell: PrintedCell): string =>
  [cell]
    .flat()
    .flatMap(part => (typeof part === 'string' ? [part] : [part.tag?.text, part.text, part.sub]))
    .filter(text => text !== undefined && text !== '')
    .join('\n')

const matrixTable = (t: Translate, { columns, groups }: PrintedMatrix) => ({
  columns: [
    { text: columns.service },
    { text: columns.section, share: 0.8 },
    { text: columns.choices, share: 2.2 },
  ],
  rows: groups.flatMap(group =>
    group.sections.map(({ title, choices }, index) => [
      index === 0 ? [group.title, group.hint].filter(Boolean).join('\n') : '',
      title,
      choices
        .map(({ label, checked, was }) => {
          const changed =
            was === undefined || was === checked ? '' : t(checked ? 'common.added' : 'common.removed')
          return `${checked ? '○' : '－'} ${label}${changed && `［${changed}］`}`
        })
        .join('\n'),
    ]),
  ),
  empty: t('common.table.empty'),
})
