import { type MarkedRow, markChanges, type ReviewLine } from '../../platform/http/change-review.ts'
import type { Printable } from '../../platform/http/print.ts'
import type { Reader } from '../../platform/reader.ts'
import {
  bornByPayee,
  choosesMethod,
  type FeeKind,
  type FeeSettings,
  type Pattern,
  patterns,
  rangesOf,
  type Schedule,
  type TypedRange,
} from './fee.ts'
import { type FeeWords, rowField, rowNumbers } from './forms.ts'
import type { StandardFees } from './queries.ts'

/** A kind in addresses. */
export const slugOf = (kind: FeeKind): string => kind.replace('_', '-')

/** How the form's columns are said: the amounts of a payment with 先方負担, of a transfer with 当方負担. */
export const feeWords = ({ t, formats }: Reader): FeeWords => ({
  column: column =>
    t(column === 'from' || column === 'to' ? `fees.columns.${column}` : `fees.patterns.${column}`),
  yen: formats.yen,
})

export const patternWords = ({ t }: Pick<Reader, 't'>, pattern: Pattern): string =>
  t(`fees.patterns.${pattern}`)

/** 「1円以上 30,000円未満」 */
export const rangeWords = ({ t, formats }: Reader, { from, to }: Pick<TypedRange, 'from' | 'to'>): string =>
  to === undefined
    ? t('fees.range.open', { from: formats.yen(from) })
    : t('fees.range.closed', { from: formats.yen(from), to: formats.yen(to) })

const settledLines = (reader: Reader, kind: FeeKind, settings: FeeSettings): ReviewLine[] => {
  const { t, formats } = reader
  return [
    {
      key: 'standard',
      label: t('fees.fields.standard'),
      value: t(settings.followsStandard ? 'fees.standard.use' : 'fees.standard.own'),
    },
    ...(bornByPayee(kind)
      ? [
          {
            key: 'minimum',
            label: t('fees.fields.minimum'),
            value: formats.yen(settings.minimumPayment ?? 0n),
          },
        ]
      : []),
    ...(choosesMethod(kind)
      ? [{ key: 'method', label: t('fees.fields.method'), value: t(`fees.methods.${settings.method}.label`) }]
      : []),
  ]
}

/** Each range with the fee of every 振込パターン. */
export const scheduleLines = (reader: Reader, schedule: Schedule): ReviewLine[] =>
  rangesOf(schedule).map(range => ({
    key: `${range.from}-${range.to ?? ''}`,
    label: rangeWords(reader, range),
    value: patterns.map(pattern =>
      reader.t('fees.feeOf', {
        pattern: patternWords(reader, pattern),
        fee: reader.formats.yen(range.fees[pattern]),
      }),
    ),
  }))

/** The table of ranges to be typed, for `fees/ranges`. */
export const rangesTable = (reader: Reader, heading: 'paymentRange' | 'transferRange') => ({
  heading: reader.t(`fees.fields.${heading}`),
  rows: rowNumbers.map(number => ({
    number,
    cells: (['from', 'to', ...patterns] as const).map(column => ({
      name: rowField(column, number),
      label: reader.t('fees.cell', { row: number, column: feeWords(reader).column(column) }),
    })),
  })),
  patternHeadings: patterns.map(pattern => patternWords(reader, pattern)),
})

type Parts<Line> = { settings: Line[]; schedule: Line[] }

/** What holds: the settings, and the ranges in force by them. */
export const feeLines = (
  reader: Reader,
  kind: FeeKind,
  settings: FeeSettings,
  standard: StandardFees | undefined,
): Parts<ReviewLine> => {
  const schedule = settings.followsStandard ? standard?.schedule : settings.schedule
  return {
    settings: settledLines(reader, kind, settings),
    schedule: schedule ? scheduleLines(reader, schedule) : [],
  }
}

/** The same for confirm and result pages: what differs has the old value beside it (D-06). */
export const markedFees = (before: Parts<ReviewLine>, after: Parts<ReviewLine>): Parts<MarkedRow> => ({
  settings: markChanges(before.settings, after.settings),
  schedule: markChanges(before.schedule, after.schedule),
})

type PrintedRow = { label: string; value: string | readonly string[]; old?: string | string[] }

/** What an enquiry or result page prints (G-07). */
export const printOf = (
  { t }: Reader,
  kind: FeeKind,
  { companyId }: { companyId: string },
  page: Parts<PrintedRow> & { upcoming?: { title: string; rows: PrintedRow[] }[] },
): Printable => ({
  parts: [
    { title: t('fees.sections.settings'), rows: page.settings },
    ...(page.schedule.length > 0 ? [{ title: t('fees.sections.schedule'), rows: page.schedule }] : []),
    ...(page.upcoming ?? []),
  ],
  about: { subject: { kind: 'company', id: companyId, label: t(`fees.kinds.${kind}`) } },
})
