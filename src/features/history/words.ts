import { knownDetails } from '../../platform/audit/audit.ts'
import { recordedReason } from '../../platform/i18n.ts'
import type { Reader } from '../../platform/reader.ts'
import type { HistoryEntry } from './queries.ts'

/** 「銀行担当者」 before the name of staff: customers see that it was the bank, and who there. */
export const actorWords = ({ t }: Reader, entry: HistoryEntry): { name: string; loginId?: string } => {
  const loginId = entry.actorLoginId ?? undefined
  const shown = (name: string) => (loginId === undefined ? { name } : { name, loginId })
  switch (entry.actorKind) {
    case 'user':
      return shown(entry.actorName ?? '')
    case 'staff':
      return shown(t('history.actor.staff', { name: entry.actorName ?? '' }))
    case 'system':
      return { name: t('history.actor.system') }
    case 'stranger':
      return loginId === undefined
        ? { name: t('history.actor.stranger') }
        : // Of a cookie that came over another certificate: whose session it was of, and nothing was typed (C-15).
          { name: t(`history.actor.${entry.reason?.startsWith('session.') ? 'bearer' : 'claimed'}`), loginId }
  }
}

/**
 * Words of something that an entry holds as a code. What the program no longer knows, or does not know yet, stands for
 * itself: one entry without words must not take the page, the file and the print of all others along (F-01, F-04).
 */
const recorded = ({ t }: Reader, key: string, code: string): string => t(key, undefined, code)

export const operationWords = (reader: Reader, operation: string): string =>
  recorded(reader, `operations.${operation}`, operation)

/** 「完了」 or 「拒否」, with the reason beside a refusal. */
export const outcomeWords = ({ t }: Reader, entry: HistoryEntry): { text: string; reason?: string } => ({
  text: t(`history.outcomes.${entry.outcome}`),
  ...(entry.reason !== null && { reason: recordedReason(t, entry.reason) }),
})

/** For whom or on what. */
export const subjectWords = (reader: Reader, entry: HistoryEntry): string => {
  if (entry.subjectKind === null) return ''
  const kind = recorded(reader, `history.subjects.${entry.subjectKind}`, entry.subjectKind)
  return entry.subjectLabel === null ? kind : reader.t('history.subject', { kind, label: entry.subjectLabel })
}

/** A fact of the details: its label, the value in words, and what it was before where the event says so. */
export type DetailRow = { label: string; value: string[]; old?: string[] }

/**
 * The details as rows of words. `before` and `after` are laid side by side, what has not changed is left out of
 * neither: a reader sees the whole of what was touched (F-02).
 */
export const detailRows = (reader: Reader, details: Record<string, unknown>): DetailRow[] => {
  const { before, after, ...others } = details
  const old = flatten(reader, before)
  const now = flatten(reader, after)
  const rows: DetailRow[] = []
  for (const path of new Set([...old.keys(), ...now.keys()])) {
    const fact = now.get(path) ?? old.get(path)
    if (!fact) continue
    const value = now.get(path)?.value ?? []
    const earlier = old.get(path)?.value ?? []
    const changed = before !== undefined && value.join('\n') !== earlier.join('\n')
    rows.push({ label: fact.label, value, ...(changed && { old: earlier }) })
  }
  for (const fact of flatten(reader, others).values()) rows.push(fact)
  return rows
}

const flatten = (
  reader: Reader,
  value: unknown,
  path: string[] = [],
): Map<string, { label: string; value: string[] }> => {
  const facts = new Map<string, { label: string; value: string[] }>()
  if (typeof value !== 'object' || value === null) return facts
  for (const [key, inner] of Object.entries(value)) {
    const here = [...path, key]
    if (isTree(inner)) for (const [at, fact] of flatten(reader, inner, here)) facts.set(at, fact)
    else facts.set(here.join('.'), { label: labelOf(reader, here), value: valueWords(reader, key, inner) })
  }
  return facts
}

const isTree = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A name the events don't know is a name that came as data, such as an account's number: it stands for itself. */
const labelOf = ({ t }: Reader, path: string[]): string =>
  path
    .map(key => (knownDetails().has(key) ? t(`history.details.${key}`) : key))
    .join(t('history.labelSeparator'))

const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/
const day = /^\d{4}-\d{2}-\d{2}$/

const yenWords = ({ formats }: Reader, digits: string): string => formats.yen(BigInt(digits))

/** Details whose words or form another part of the portal keeps. */
const wordsElsewhere: Record<string, (reader: Reader, value: string) => string> = {
  mail: (reader, kind) => recorded(reader, `mail.${kind}.subject`, kind),
  searchedOperation: operationWords,
  locale: (reader, language) => recorded(reader, `common.language.${language}`, language),
  wizard: (reader, id) => recorded(reader, `history.wizards.${id}`, id),
  service: (reader, code) => recorded(reader, `users.services.${code}`, code),
  services: (reader, code) => recorded(reader, `users.services.${code}`, code),
  permissions: (reader, key) => {
    const [service = key] = key.split('.')
    return reader.t('history.permission', {
      service: recorded(reader, `users.services.${service}`, service),
      permission: recorded(reader, `users.permissions.${key}.label`, key),
    })
  },
  targetPresets: (reader, preset) => recorded(reader, `policies.presets.${preset}`, preset),
  amount: yenWords,
  fromAmount: yenWords,
  sameBranch: yenWords,
  ownBank: yenWords,
  otherBank: yenWords,
  minimumPayment: yenWords,
  transferTotal: yenWords,
  transferEach: yenWords,
  transferPreregistered: yenWords,
  ceilingTotal: yenWords,
  ceilingEach: yenWords,
  ceilingPreregistered: yenWords,
  bulk_transfer: yenWords,
  salary: yenWords,
  bonus: yenWords,
  direct_debit: yenWords,
}

const valueWords = (reader: Reader, key: string, value: unknown): string[] => {
  const { t, formats } = reader
  if (value === null || value === undefined || value === '') return []
  if (Array.isArray(value)) return value.flatMap(each => elementWords(reader, key, each))
  if (typeof value === 'boolean') return [t(value ? 'history.yes' : 'history.no')]
  if (typeof value === 'number') return [String(value)]
  if (typeof value !== 'string') return []
  if (knownDetails().get(key)?.has(value)) return [t(`history.values.${key}.${value}`)]
  const elsewhere = wordsElsewhere[key]
  if (elsewhere) return [elsewhere(reader, value)]
  if (instant.test(value)) return [formats.dateTime(new Date(value))]
  if (day.test(value)) return [formats.date(value)]
  return [value]
}

/** An object in a list is one line: its facts one after the other. */
const elementWords = (reader: Reader, key: string, element: unknown): string[] =>
  isTree(element)
    ? [
        [...flatten(reader, element).values()]
          .map(({ label, value }) =>
            reader.t('history.fact', { label, value: value.join(reader.t('history.listSeparator')) }),
          )
          .join(reader.t('history.listSeparator')),
      ]
    : valueWords(reader, key, element)
