import type { Reader } from '../../platform/reader.ts'
import type { HistoryExport } from './queries.exports.ts'

/** A file that was asked for, as facts above its page. */
export const exportFacts = (
  { t, formats }: Reader,
  made: HistoryExport,
): { label: string; value: string }[] => [
  { label: t('history-exports.requestedAt'), value: formats.dateTime(made.requestedAt) },
  { label: t('history-exports.format'), value: t(`history-exports.formats.${made.format}`) },
  { label: t('history-exports.total'), value: t('common.table.count', { count: made.total }) },
  { label: t('history-exports.expiresAt'), value: formats.dateTime(made.expiresAt) },
]

/** A row of the list of one's own files, for `partials/table`. */
export const exportRow = ({ t, formats }: Reader, made: HistoryExport) => [
  {
    text: formats.dateTimeCompact(made.requestedAt),
    href: `/history/exports/${made.id}`,
    label: t(`history-exports.formats.${made.format}`),
  },
  t(`history-exports.formats.${made.format}`),
  t('common.table.count', { count: made.total }),
  {
    tag: made.finished
      ? { text: t('history-exports.states.finished'), tone: 'good' }
      : { text: t('history-exports.states.underWay'), tone: 'attention' },
  },
  formats.dateTimeCompact(made.expiresAt),
]
