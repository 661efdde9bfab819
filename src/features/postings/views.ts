import { dayAndTime, dayAndTimeOfEnd } from '../../kernel/time-of-day.ts'
import type { Mistake } from '../../platform/http/mistake.ts'
import type { Language, Translate } from '../../platform/i18n.ts'
import type { Reader } from '../../platform/reader.ts'
import type { WrittenPosting } from './forms.ts'
import { stateOf } from './posting.ts'
import type { MeantUser, PostingRecord } from './queries.ts'

/** A line of `partials/review`. */
export type Row = { label: string; value: string | string[] }

const weekday = (language: Language, day: string): string =>
  new Intl.DateTimeFormat(language === 'ja' ? 'ja-JP' : 'en-GB', {
    weekday: 'short',
    timeZone: 'UTC',
  }).format(new Date(`${day}T00:00:00Z`))

type DayAndTime = ReturnType<typeof dayAndTime>

const wordsOf = ({ t, formats, language }: Reader, { day, time }: DayAndTime): string =>
  t('postings.moment', { day: formats.date(day), weekday: weekday(language, day), time })

/** 「2022年9月25日（日） 9:00」 */
export const momentWords = (reader: Reader, at: Date): string => wordsOf(reader, dayAndTime(at))

/** The same for what ends there: midnight is 「24:00」 of the day before (G-01). */
export const endWords = (reader: Reader, at: Date): string => wordsOf(reader, dayAndTimeOfEnd(at))

/** 「2022年9月25日（日） 9:00 ～ 24:00」; the day comes again where it is another one. */
export const spanWords = (reader: Reader, from: Date, to: Date): string => {
  const end = dayAndTimeOfEnd(to)
  return reader.t('postings.span', {
    from: momentWords(reader, from),
    to: end.day === dayAndTime(from).day ? end.time : wordsOf(reader, end),
  })
}

/** The label of a field that only one kind of posting has: keys of the texts of its column, and of the row it stands in. */
export type OwnLabels = { row?: string; fields: Readonly<Record<string, string>> }

const commonLabels: Readonly<Record<string, string>> = {
  title: 'postings.fields.title',
  body: 'postings.fields.body',
  sender: 'postings.fields.sender',
  publishDay: 'postings.fields.publishDay',
  publishTime: 'postings.fields.publishTime',
  endDay: 'postings.fields.endDay',
  endTime: 'postings.fields.endTime',
}

/** 「掲載終了時刻」, 「メンテナンス2の開始日」. */
const labelOf = (t: Translate, own: OwnLabels, field: string): string | undefined => {
  const [, name = field, row] = /^(.+?)(?:-(\d+))?$/.exec(field) ?? []
  const key = own.fields[name] ?? commonLabels[name]
  if (!key) return undefined
  return row && own.row
    ? t('postings.form.fieldOfRow', { row: t(own.row, { row: Number(row) }), field: t(key) })
    : t(key)
}

/** Every other mistake says in its words what it is about. */
const anyField = new Set(['posting.day', 'posting.time', 'posting.controlCharacters'])

/**
 * The mistakes of a form in words. What may be wrong at any field, and what stands there twice, names its field: in the summary
 * nobody could tell two wrong times apart (I-03).
 */
export const mistakeLines = (
  t: Translate,
  mistakes: readonly Mistake[],
  own: OwnLabels,
): { field: string; message: string }[] => {
  const said = mistakes.map(({ reason, params }) => t(`reasons.${reason}`, params))
  return mistakes.map(({ field, reason }, index) => {
    const message = said[index] ?? ''
    const twice = said.indexOf(message) !== said.lastIndexOf(message)
    const label = anyField.has(reason) || twice ? labelOf(t, own, field) : undefined
    return { field, message: label ? t('common.mistakeAt', { field: label, message }) : message }
  })
}

/** What was written, and for whom, for confirm and posting pages. */
export const writtenRows = (
  reader: Reader,
  written: WrittenPosting,
  stored?: { posting: PostingRecord; now: Date },
): Row[] => {
  const { t, formats } = reader
  const all = t('postings.everybody')
  const by = (at: Date, who: { name: string } | null) =>
    t('postings.byAt', { at: formats.dateTime(at), name: who?.name ?? t('history.actor.system') })
  return [
    ...(stored
      ? [
          {
            label: t('postings.fields.state'),
            value: t(`postings.states.${stateOf(stored.posting, stored.now)}`),
          },
        ]
      : []),
    { label: t('postings.fields.title'), value: written.title },
    { label: t('postings.fields.body'), value: written.body.split('\n') },
    { label: t('postings.fields.sender'), value: written.sender },
    { label: t('postings.fields.publish'), value: momentWords(reader, written.publishAt) },
    {
      label: t('postings.fields.end'),
      value: written.endsAt ? endWords(reader, written.endsAt) : t('postings.untilWithdrawn'),
    },
    {
      label: t('postings.fields.presets'),
      value: written.presets.length === 0 ? all : written.presets.map(each => t(`policies.presets.${each}`)),
    },
    {
      label: t('postings.fields.roles'),
      value: written.roles.length === 0 ? all : written.roles.map(each => t(`postings.roles.${each}`)),
    },
    { label: t('postings.fields.companies'), value: companiesWords(t, written.contractNumbers) },
    ...(stored
      ? [
          {
            label: t('postings.fields.created'),
            value: by(stored.posting.createdAt, stored.posting.createdBy),
          },
          {
            label: t('postings.fields.updated'),
            value: by(stored.posting.updatedAt, stored.posting.updatedBy),
          },
        ]
      : []),
  ]
}

/** So many numbers are named; ten thousand are counted. */
const namedCompanies = 20

const companiesWords = (t: Translate, contractNumbers: readonly string[] | null): string | string[] => {
  if (!contractNumbers) return t('postings.everybody')
  const named = contractNumbers.slice(0, namedCompanies)
  return contractNumbers.length > named.length
    ? [...named, t('postings.andMore', { count: contractNumbers.length - named.length })]
    : named
}

const tones = { scheduled: 'info', shown: 'good', ended: 'neutral', withdrawn: 'stopped' } as const

/** A row of the editor's list. */
export const postingRow = (reader: Reader, posting: PostingRecord, path: string, now: Date) => {
  const state = stateOf(posting, now)
  return [
    [{ text: posting.title, href: `${path}/${posting.id}` }],
    [{ tag: { text: reader.t(`postings.states.${state}`), tone: tones[state] } }],
    momentWords(reader, posting.publishAt),
    posting.endsAt ? endWords(reader, posting.endsAt) : reader.t('postings.untilWithdrawn'),
    posting.createdBy?.name ?? reader.t('history.actor.system'),
  ]
}

/** Columns and rows of who has read or answered. */
export const readersColumns = ({ t }: Reader, posting: PostingRecord) => [
  { text: t('postings.readers.loginId') },
  { text: t('postings.readers.name') },
  { text: t('postings.readers.company') },
  { text: t(posting.kind === 'survey' ? 'postings.readers.answeredAt' : 'postings.readers.readAt') },
  ...(posting.mustAcknowledge ? [{ text: t('postings.readers.acknowledgedAt') }] : []),
]

export const readerRow = ({ t, formats }: Reader, posting: PostingRecord, user: MeantUser) => {
  const at = (moment: Date | null) =>
    moment ? formats.dateTimeCompact(moment) : t('postings.readers.notYet')
  return [
    user.loginId,
    user.name,
    [{ text: user.company, sub: user.contractNumber }],
    at(posting.kind === 'survey' ? user.answeredAt : user.readAt),
    ...(posting.mustAcknowledge ? [at(user.acknowledgedAt)] : []),
  ]
}
