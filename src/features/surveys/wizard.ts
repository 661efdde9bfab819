import { z } from 'zod'
import { ok } from '../../kernel/result.ts'
import { user } from '../../platform/http/policy.ts'
import { answerOf, defineStep, defineWizard, type Visit } from '../../platform/http/wizard.ts'
import { endWords, findReader, type PostingReader, paragraphsOf, readerOf } from '../postings/index.ts'
import { answerSurvey, recordAnswerRefused } from './commands.ts'
import { answersOf, findSurvey, type Survey } from './queries.ts'
import { type Answer, answerField, type Question, readAnswer, takesAnswers } from './survey.ts'
import { answerRows } from './views.ts'

const readerIn = ({ actor, company }: Visit): PostingReader => readerOf(actor, company)
const surveyIdIn = ({ draft }: Visit): string => draft.target?.id ?? ''

/** The survey of a draft; one that is gone since has no questions, and its commit says why. */
const load = async (visit: Visit): Promise<Survey | undefined> => {
  const found = await findSurvey(visit.deps, visit.deps.db, readerIn(visit), surveyIdIn(visit))
  return found.ok ? found.value : undefined
}

const given = z
  .union([z.string(), z.array(z.string())])
  .optional()
  .transform(value => [value ?? []].flat())

/** The form of a survey's questions: each answer is read by its question's own rule. */
const answersForm = (questions: readonly Question[]) =>
  z
    .object(Object.fromEntries(questions.map(({ id }) => [answerField(id), given])))
    .superRefine((form, issues) => {
      questions.forEach((question, index) => {
        const field = answerField(question.id)
        const read = readAnswer(question, form[field] ?? [])
        if ('refused' in read)
          issues.addIssue({
            code: 'custom',
            path: [field],
            message: read.refused,
            params: { number: index + 1, ...(read.refused === 'survey.answer.forged' && { forged: true }) },
          })
      })
    })

const answersIn = (questions: readonly Question[], form: Record<string, string[]>): Map<string, Answer> =>
  new Map(
    questions.flatMap(question => {
      const read = readAnswer(question, form[answerField(question.id)] ?? [])
      return 'answer' in read ? [[question.id, read.answer] as const] : []
    }),
  )

const answersStep = defineStep({
  name: 'answers',
  screen: 'SUR003',
  view: 'surveys/form',
  load,
  schema: survey => answersForm(survey?.questions ?? []),
  check: async (visit): Promise<{ field: string; reason: string }[]> => {
    const survey = await load(visit)
    if (!survey) return [{ field: '', reason: 'survey.notFound' }]
    return takesAnswers(survey, visit.deps.clock.now()) ? [] : [{ field: '', reason: 'survey.late' }]
  },
  page: (visit, survey) => ({
    surveyTitle: survey?.title ?? '',
    paragraphs: paragraphsOf(survey?.body ?? ''),
    until: survey ? endWords(visit, survey.answerUntil) : '',
    questions: (survey?.questions ?? []).map(({ id, kind, text, required, choices }, index) => ({
      name: answerField(id),
      kind,
      legend: visit.t('surveys.question', { number: index + 1, text }),
      required,
      items: choices.map((label, at) => ({ value: String(at), label })),
    })),
  }),
})

/** アンケート回答 (G-03): 回答 → 内容確認 → 回答完了. */
export const answerSurveyWizard = defineWizard({
  id: 'survey.answer',
  policy: user(),
  texts: 'surveys.answer',
  home: '/surveys',
  steps: [answersStep],
  begin: async (deps, actor, target) => {
    const reader = await findReader(deps.db, actor)
    const found = await findSurvey(deps, deps.db, reader, target ?? '')
    if (!found.ok) return found
    if (found.value.answeredAt) return { ok: false, reason: 'survey.answered' }
    if (!takesAnswers(found.value, deps.clock.now())) return { ok: false, reason: 'survey.late' }
    return ok({ target: { id: found.value.id, version: 0 } })
  },
  confirm: {
    screen: 'SUR004',
    view: 'surveys/confirm',
    page: async (visit, { answers }) => {
      const survey = await load(visit)
      const questions = survey?.questions ?? []
      return {
        surveyTitle: survey?.title ?? '',
        rows: answerRows(visit.t, questions, answersIn(questions, answers)),
      }
    },
  },
  prepare: async visit => {
    const survey = await load(visit)
    return {
      surveyId: surveyIdIn(visit),
      reader: readerIn(visit),
      answers: answersIn(survey?.questions ?? [], answerOf(visit, answersStep)),
    }
  },
  commit: ({ deps, actor }, _tx, { surveyId, reader, answers }) =>
    answerSurvey(deps, actor, reader, surveyId, answers),
  refused: ({ deps, actor }, { surveyId }, { reason }) => recordAnswerRefused(deps, actor, surveyId, reason),
  result: {
    screen: 'SUR005',
    view: 'surveys/result',
    page: async (visit, result) => {
      const { surveyId } = result as { surveyId: string }
      const found = await findSurvey(visit.deps, visit.deps.db, readerIn(visit), surveyId)
      if (!found.ok) return found
      const answers = await answersOf(visit.deps.db, readerIn(visit), surveyId)
      const rows = answerRows(visit.t, found.value.questions, answers)
      return ok({
        surveyTitle: found.value.title,
        rows,
        print: { parts: [{ title: found.value.title, rows }], about: aboutOf(found.value) },
      })
    },
  },
})

/** Whose page a printed answer is. */
export const aboutOf = ({ id, title }: Pick<Survey, 'id' | 'title'>) => ({
  subject: { kind: 'posting', id, label: title },
})
