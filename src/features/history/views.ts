import type { Reader } from '../../platform/reader.ts'
import type { HistoryEntry } from './queries.ts'
import { actorWords, detailRows, operationWords, outcomeWords, subjectWords } from './words.ts'

type Tag = { text: string; tone: 'good' | 'attention' }
type Part = { text?: string; href?: string; label?: string; sub?: string; tag?: Tag }
type Cell = string | Part | Part[]

/** A line of `partials/review`. */
type ReviewRow = { label: string; value: string | string[]; old?: string[] }

const part = (text: string, sub?: string): Part => (sub ? { text, sub } : { text })

const tagOf = (entry: HistoryEntry, text: string): Tag => ({
  text,
  tone: entry.outcome === 'done' ? 'good' : 'attention',
})

/**
 * A row of the list, for `partials/table`: when (a link to the entry), who, operation, for whom, outcome, from where.
 * @param list the address below which entries stand
 * @param back the search the list was made by, to come back to it
 */
export const rowView = (reader: Reader, entry: HistoryEntry, list = '/history', back = ''): Cell[] => {
  const at = reader.formats.dateTimeCompact(entry.at)
  const who = actorWords(reader, entry)
  const operation = operationWords(reader, entry.operation)
  const outcome = outcomeWords(reader, entry)
  const address = `${list}/${entry.id}${back === '' ? '' : `?${new URLSearchParams({ back })}`}`
  return [
    { text: at, href: address, label: operation },
    part(who.name, who.loginId),
    part(operation),
    part(subjectWords(reader, entry)),
    [{ tag: tagOf(entry, outcome.text) }, ...(outcome.reason ? [{ sub: outcome.reason }] : [])],
    part(entry.ip ?? '', entry.certificateSerial ?? undefined),
  ]
}

/** One entry, for `partials/review`: the facts that every entry has, then those of its event. */
export const entryView = (
  reader: Reader,
  entry: HistoryEntry,
): { facts: ReviewRow[]; details: ReviewRow[] } => {
  const { t } = reader
  const who = actorWords(reader, entry)
  const outcome = outcomeWords(reader, entry)
  return {
    facts: [
      { label: t('history.columns.at'), value: reader.formats.dateTime(entry.at) },
      {
        label: t('history.columns.who'),
        value: who.loginId ? t('history.whoWithId', { name: who.name, loginId: who.loginId }) : who.name,
      },
      { label: t('history.columns.operation'), value: operationWords(reader, entry.operation) },
      { label: t('history.columns.subject'), value: subjectWords(reader, entry) },
      { label: t('history.columns.outcome'), value: outcome.text },
      ...(outcome.reason ? [{ label: t('history.columns.reason'), value: outcome.reason }] : []),
      { label: t('history.columns.ip'), value: entry.ip ?? '' },
      { label: t('history.columns.certificate'), value: entry.certificateSerial ?? '' },
      { label: t('history.columns.number'), value: String(entry.seq) },
    ],
    details: detailRows(reader, entry.details),
  }
}
