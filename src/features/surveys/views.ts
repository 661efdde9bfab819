import { dayAndTimeOfEnd } from '../../kernel/time-of-day.ts'
import type { Translate } from '../../platform/i18n.ts'
import type { ListedSurvey } from './queries.ts'
import { type Answer, type Question, takesAnswers } from './survey.ts'

/** A line of `partials/review`. */
export type Row = { label: string; value: string | string[] }

/** Questions with what was answered to them, for confirm, result and enquiry pages. */
export const answerRows = (
  t: Translate,
  questions: readonly Question[],
  answers: ReadonlyMap<string, Answer>,
): Row[] =>
  questions.map(({ id, kind, text, choices }, index) => {
    const answer = answers.get(id)
    const chosen = (answer?.choices ?? []).map(at => choices[at] ?? '')
    return {
      label: t('surveys.question', { number: index + 1, text }),
      value: kind === 'text' ? (answer?.text ?? '').split('\n') : chosen,
    }
  })

/** 「2026/11/20 24:00」: a deadline at midnight is the end of its day. */
const deadlineWords = (until: Date): string => {
  const { day, time } = dayAndTimeOfEnd(until)
  return `${day.replaceAll('-', '/')} ${time}`
}

/** A row of アンケート, on its page and on home: title, sender, deadline, state with the way on. */
export const surveyRow = ({ t }: { t: Translate }, survey: ListedSurvey, now: Date) => {
  const open = takesAnswers(survey, now)
  const state = survey.answeredAt ? 'answered' : open ? 'unanswered' : 'late'
  const tones = { answered: 'good', unanswered: 'info', late: 'neutral' } as const
  return [
    [{ text: survey.title, href: `/surveys/${survey.id}` }],
    survey.sender,
    deadlineWords(survey.answerUntil),
    [{ tag: { text: t(`surveys.states.${state}`), tone: tones[state] } }],
  ]
}
