import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { formatsOf } from '../../platform/formats.ts'
import { paginationOf } from '../../platform/http/pagination.ts'
import { staff, staffActor } from '../../platform/http/policy.ts'
import {
  endWords,
  findPosting,
  pageSize,
  recordReadersViewed,
  registerPostingEditor,
} from '../postings/index.ts'
import { readSurvey, rowsOf, surveyValues } from './forms.ts'
import { surveyPart } from './part.ts'
import { questionsOf, resultsOf, textsOf } from './queries.ts'
import { questionKinds } from './survey.ts'

const path = '/helpdesk/surveys'

/** The bank asks its customers: questions, deadline, results (G-03, H-06). */
export const surveyEditorRoutes = (app: FastifyInstance, deps: Deps): void => {
  registerPostingEditor(app, deps, {
    kind: 'survey',
    path,
    screens: { list: 'HD0120', form: 'HD0121', confirm: 'HD0122', posting: 'HD0123' },
    fieldsView: '/surveys/questions',
    fieldsPage: async ({ t }, typed) => ({
      rows: Array.from({ length: rowsOf(typed) }, (_each, index) => index + 1),
      questionKinds: questionKinds.map(value => ({ value, text: t(`surveys.kinds.${value}`) })),
    }),
    labels: {
      row: 'surveys.editor.row',
      fields: {
        answerDay: 'surveys.editor.answerDay',
        answerTime: 'surveys.editor.answerTime',
        question: 'surveys.editor.text',
        questionKind: 'surveys.editor.kind',
        choices: 'surveys.editor.choices',
      },
    },
    initial: {},
    read: async (typed, { written }) => {
      const { questions, answerUntil, mistakes } = readSurvey(typed)
      if (answerUntil && written && answerUntil <= written.publishAt)
        mistakes.push({ field: 'answerDay', reason: 'posting.deadline.beforePublishing' })
      if (answerUntil && written?.endsAt && written.endsAt < answerUntil)
        mistakes.push({ field: 'endDay', reason: 'posting.deadline.afterEnd' })
      return answerUntil && mistakes.length === 0
        ? { own: surveyPart(deps, questions, answerUntil), mistakes }
        : { mistakes }
    },
    stored: async ({ id, answerUntil }) => {
      const questions = (await questionsOf(deps.db, id)).map(({ id: _id, ...question }) => question)
      return {
        typed: surveyValues(questions, answerUntil),
        own: surveyPart(deps, questions, answerUntil ?? new Date(0)),
      }
    },
    rows: async (reader, { columns, details }) => [
      {
        label: reader.t('surveys.columns.answerUntil'),
        value: columns.answerUntil ? endWords(reader, columns.answerUntil) : '',
      },
      {
        label: reader.t('surveys.editor.questions'),
        value: (details.questions ?? []).map((text, index) =>
          reader.t('surveys.question', { number: index + 1, text }),
        ),
      },
    ],
    links: ({ t }, { id }) => [{ href: `${path}/${id}/results`, text: t('surveys.results.link') }],
  })

  type Params = { Params: { id: string } }
  const config = { policy: staff('posting:view'), screen: 'HD0124' }
  const paged = z.object({ page: z.coerce.number().int().min(1).max(1_000_000).catch(1) })

  app.get<Params>(`${path}/:id/results`, { config }, async (request, reply) => {
    const { t } = request
    const found = await findPosting(deps.db, staffActor(request), 'survey', request.params.id)
    if (!found.ok) return reply.refuse(found)
    const results = await resultsOf(deps.db, found.value.id)
    return reply.page('surveys/results', {
      screen: 'HD0124',
      title: t('surveys.results.title', { title: found.value.title }),
      questions: results.map(({ id, kind, text, choices, counts, answered }, index) => ({
        title: t('surveys.question', { number: index + 1, text }),
        answered: t('surveys.results.answered', { count: answered }),
        rows: choices.map((choice, at) => [
          choice,
          t('surveys.results.people', { count: counts[at] ?? 0 }),
          t('surveys.results.share', {
            share: Math.round((100 * (counts[at] ?? 0)) / Math.max(1, answered)),
          }),
        ]),
        ...(kind === 'text' && { textsHref: `${path}/${found.value.id}/results/${id}` }),
      })),
      backHref: `${path}/${found.value.id}`,
    })
  })

  app.get<{ Params: { id: string; question: string } }>(
    `${path}/:id/results/:question`,
    { config: { ...config, screen: 'HD0125' } },
    async (request, reply) => {
      const { t } = request
      const found = await findPosting(deps.db, staffActor(request), 'survey', request.params.id)
      if (!found.ok) return reply.refuse(found)
      const questions = await questionsOf(deps.db, found.value.id)
      const question = questions.find(({ id }) => id === request.params.question)
      if (!question) return reply.refuse({ ok: false, reason: 'posting.notFound' })
      const { page } = paged.parse(request.query)
      await recordReadersViewed(deps, staffActor(request), found.value)
      const { texts, total } = await textsOf(deps.db, found.value.id, question.id, page)
      const formats = formatsOf(request.language)
      return reply.page('surveys/texts', {
        screen: 'HD0125',
        title: t('surveys.results.texts'),
        question: question.text,
        rows: texts.map(({ text, company, answeredAt }) => [
          company,
          text,
          formats.dateTimeCompact(answeredAt),
        ]),
        pagination: paginationOf(
          { total, page, size: pageSize },
          number => `${path}/${found.value.id}/results/${question.id}?page=${number}`,
        ),
        backHref: `${path}/${found.value.id}/results`,
      })
    },
  )
}
