import type { Reader } from '../../platform/reader.ts'
import type { FoundCase } from './queries.found.ts'

type Row = { label: string; value: string | string[]; old?: string }

/** Why, and on which paper, a line each: of a case, and of one that is being written. */
export const paperRows = (
  { t, formats }: Reader,
  paper: Pick<FoundCase, 'reason' | 'formNumber' | 'formReceivedOn'>,
): Row[] => [
  { label: t('cases.form.reason'), value: paper.reason.split('\n') },
  ...(paper.formNumber ? [{ label: t('cases.form.formNumber'), value: paper.formNumber }] : []),
  ...(paper.formReceivedOn
    ? [
        { label: t('cases.form.formReceivedOn'), value: formats.date(paper.formReceivedOn) },
        { label: t('cases.form.seal'), value: t('cases.form.sealDone') },
      ]
    : []),
]

/** What became of a case, or until when it waits: who decided it, the reason of a no, and the look at what one did alone. */
export const outcomeRows = ({ t, formats }: Reader, found: FoundCase): Row[] => [
  ...(found.state === 'prepared' && found.expiresAt
    ? [{ label: t('two-officers.list.expiresAt'), value: formats.dateTime(found.expiresAt) }]
    : []),
  ...(found.approvedBy && found.decidedAt
    ? [
        { label: t('cases.decidedBy'), value: found.approvedBy },
        { label: t('cases.decidedAt'), value: formats.dateTime(found.decidedAt) },
      ]
    : []),
  ...(found.decisionNote ? [{ label: t('two-officers.note'), value: found.decisionNote.split('\n') }] : []),
  ...(found.reviewDueOn
    ? [
        { label: t('cases.review.dueOn'), value: formats.date(found.reviewDueOn) },
        {
          label: t('cases.review.state'),
          value: found.reviewed
            ? t('cases.review.done', {
                at: formats.dateTime(found.reviewed.at),
                officer: found.reviewed.officer,
              })
            : t('cases.review.open'),
        },
      ]
    : []),
]

/**
 * The record of a case for a customer or a service, a line each: its officers, its paper and what became of it. `wanted`: what
 * its kind asks for beside, `made`: what came of it. What one officer did at once was never prepared for another.
 */
export const caseRows = (
  reader: Reader,
  found: FoundCase,
  { wanted = [], made = [] }: { wanted?: Row[]; made?: Row[] } = {},
): Row[] => {
  const { t, formats } = reader
  const alone = found.state === 'done' && found.approvedBy === null
  return [
    { label: t('cases.list.state'), value: t(`two-officers.states.${found.state}`) },
    { label: t(alone ? 'cases.list.at' : 'two-officers.list.at'), value: formats.dateTime(found.preparedAt) },
    { label: t(alone ? 'cases.list.officer' : 'two-officers.list.officer'), value: found.preparedBy },
    ...wanted,
    ...paperRows(reader, found),
    ...outcomeRows(reader, found),
    ...made,
    { label: t('cases.number'), value: found.id },
  ]
}

/** The record of a change of rules, which has no paper: who asked for it, when and why, and what became of it. */
export const changeRows = (reader: Reader, found: FoundCase): Row[] => {
  const { t, formats } = reader
  return [
    { label: t('policies.case.preparedBy'), value: found.preparedBy },
    { label: t('policies.case.preparedAt'), value: formats.dateTime(found.preparedAt) },
    { label: t('policies.case.reason'), value: found.reason.split('\n') },
    ...outcomeRows(reader, found),
  ]
}
