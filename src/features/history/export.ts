import { setImmediate as nextTurn } from 'node:timers/promises'
import { stringify } from 'csv-stringify/sync'
import { rowsInOneFile } from '../../platform/pdf/pdf.ts'
import type { Printable, PrintedCell } from '../../platform/pdf/printable.ts'
import type { Reader } from '../../platform/reader.ts'
import type { HistoryEntry } from './queries.ts'
import { reach } from './search.ts'
import { actorWords, detailRows, operationWords, outcomeWords, subjectWords } from './words.ts'

export type ExportFormat = 'csv' | 'pdf'

/** The last entry that has been written; the next ones are older. */
export type Cursor = { at: Date; id: string }

export type Head = { seq: bigint; hash: Buffer }

/** As many entries are given at once; more are made in the background. */
export const atOnce: Record<ExportFormat, number> = { csv: reach, pdf: rowsInOneFile }

/** As many entries are read, written and stored in one step of a long export. */
export const stepRows: Record<ExportFormat, number> = { csv: 5_000, pdf: rowsInOneFile }

/** How long a file that was made waits for its owner. */
export const exportDays = 1

/** As many a user may have at once: a million entries take some tens of megabytes. */
export const mostExports = 10

/** As many entries are put into words at a time: pages go on between them. */
const sliceRows = 200

const inSlices = async <T>(
  entries: readonly HistoryEntry[],
  work: (slice: readonly HistoryEntry[], first: boolean) => T[],
): Promise<T[]> => {
  const done: T[] = []
  for (let from = 0; from === 0 || from < entries.length; from += sliceRows) {
    if (from > 0) await nextTurn()
    done.push(...work(entries.slice(from, from + sliceRows), from === 0))
  }
  return done
}

/** What a facts' line of the details says: the value, and what it was before where it changed. */
const detailWords = (reader: Reader, entry: HistoryEntry): string =>
  detailRows(reader, entry.details)
    .map(({ label, value, old }) => {
      const said = (texts: string[]) =>
        texts.join(reader.t('history.listSeparator')) || reader.t('common.none')
      return old === undefined
        ? reader.t('history-exports.fact', { label, value: said(value) })
        : reader.t('history-exports.changedFact', { label, value: said(value), old: said(old) })
    })
    .join('\n')

const csvColumns = [
  'number',
  'at',
  'who',
  'loginId',
  'operation',
  'subject',
  'outcome',
  'reason',
  'ip',
  'certificate',
  'details',
] as const

/**
 * Entries as lines of CSV (RFC 4180) for spreadsheets: the first lines begin with a byte order mark and the headings,
 * and no cell can begin a formula (security.md).
 */
export const csvLines = async (
  reader: Reader,
  entries: readonly HistoryEntry[],
  first: boolean,
): Promise<string> => {
  const headings = csvColumns.map(column => reader.t(`history-exports.columns.${column}`))
  const texts = await inSlices(entries, (slice, firstSlice) => {
    const begins = first && firstSlice
    const lines = slice.map(entry => csvLine(reader, entry))
    return [
      stringify(begins ? [headings, ...lines] : lines, {
        bom: begins,
        escape_formulas: true,
        record_delimiter: 'windows',
      }),
    ]
  })
  return texts.join('')
}

const csvLine = (reader: Reader, entry: HistoryEntry): string[] => {
  const who = actorWords(reader, entry)
  const outcome = outcomeWords(reader, entry)
  return [
    String(entry.seq),
    reader.formats.dateTimeCompact(entry.at),
    who.name,
    who.loginId ?? '',
    operationWords(reader, entry.operation),
    subjectWords(reader, entry),
    outcome.text,
    outcome.reason ?? '',
    entry.ip ?? '',
    entry.certificateSerial ?? '',
    detailWords(reader, entry),
  ]
}

/** The searched-for as facts above the list: only the conditions that were given. */
export const conditionFacts = (
  reader: Reader,
  values: Readonly<Record<string, string>>,
): { label: string; value: string }[] => {
  const { t } = reader
  return ['from', 'to', 'user', 'operation', 'outcome'].flatMap(name => {
    const value = values[name] ?? ''
    if (value === '') return []
    const said =
      name === 'operation'
        ? operationWords(reader, value)
        : name === 'outcome'
          ? t(`history.outcomes.${value}`)
          : value
    return [{ label: t(`history.list.${name}`), value: said }]
  })
}

/** A list of entries as a PDF, or a volume of a long one, with the chain's head to be compared later (F-03). */
export const printableEntries = async (
  reader: Reader,
  entries: readonly HistoryEntry[],
  about: {
    values: Readonly<Record<string, string>>
    total: number
    head: Head
    volume?: { number: number; of: number }
  },
): Promise<Printable & { title: string }> => {
  const { t } = reader
  return {
    title: t('history.list.caption'),
    landscape: true,
    facts: [
      ...conditionFacts(reader, about.values),
      { label: t('history-exports.total'), value: t('common.table.count', { count: about.total }) },
      ...(about.volume
        ? [{ label: t('history-exports.volume'), value: t('history-exports.volumeOf', about.volume) }]
        : []),
      {
        label: t('history-exports.head'),
        value: t('history-exports.headOf', {
          seq: String(about.head.seq),
          hash: about.head.hash.toString('hex'),
        }),
      },
    ],
    parts: [
      {
        table: {
          columns: [
            { text: t('history.columns.at'), share: 1 },
            { text: t('history.columns.who'), share: 1.2 },
            { text: t('history.columns.operation'), share: 1.3 },
            { text: t('history.columns.subject'), share: 1.2 },
            { text: t('history.columns.outcome'), share: 1 },
            { text: t('history.columns.from'), share: 1.2 },
            { text: t('history.entry.details'), share: 2.2 },
          ],
          rows: await inSlices(entries, slice => slice.map(entry => printedRow(reader, entry))),
          empty: t('history.list.empty'),
        },
      },
    ],
  }
}

const printedRow = (reader: Reader, entry: HistoryEntry): PrintedCell[] => {
  const who = actorWords(reader, entry)
  const outcome = outcomeWords(reader, entry)
  return [
    { text: reader.formats.dateTimeCompact(entry.at), sub: `#${entry.seq}` },
    { text: who.name, ...(who.loginId && { sub: who.loginId }) },
    operationWords(reader, entry.operation),
    subjectWords(reader, entry),
    { text: outcome.text, ...(outcome.reason && { sub: outcome.reason }) },
    { text: entry.ip ?? '', ...(entry.certificateSerial && { sub: entry.certificateSerial }) },
    detailWords(reader, entry),
  ]
}
