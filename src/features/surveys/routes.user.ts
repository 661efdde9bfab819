import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { formatsOf } from '../../platform/formats.ts'
import { paginationOf } from '../../platform/http/pagination.ts'
import { user, userActor } from '../../platform/http/policy.ts'
import { registerWizard } from '../../platform/http/wizard-routes.ts'
import { endWords, type PostingReader, pageSize, paragraphsOf, readerOf } from '../postings/index.ts'
import { answerFilters, answersOf, findSurvey, listAnswered, listSurveys } from './queries.ts'
import { answerField, takesAnswers } from './survey.ts'
import { answerRows, surveyRow } from './views.ts'
import { aboutOf, answerSurveyWizard } from './wizard.ts'

const search = z.object({
  answer: z.enum(answerFilters).catch('unanswered'),
  page: z.coerce.number().int().min(1).max(1_000_000).catch(1),
})

const readerFor = (request: FastifyRequest): PostingReader => {
  const company = request.live?.company
  if (!company) throw new Error(`${request.routeOptions.url} is reached without a company`)
  return readerOf(userActor(request), company)
}

/** アンケート (G-03): the list by what has been answered, 回答一覧, one's own answers, and answering. */
export const surveyRoutes = (app: FastifyInstance, deps: Deps): void => {
  app.get('/surveys', { config: { policy: user(), screen: 'SUR001' } }, async (request, reply) => {
    const { t } = request
    const { answer, page } = search.parse(request.query)
    const { surveys, total } = await listSurveys(deps, readerFor(request), { filter: answer, page })
    const now = deps.clock.now()
    return reply.page('surveys/list', {
      screen: 'SUR001',
      title: t('surveys.title'),
      values: { answer },
      filters: answerFilters.map(value => ({ value, text: t(`surveys.filters.${value}`) })),
      rows: surveys.map(survey => surveyRow({ t }, survey, now)),
      pagination: paginationOf(
        { total, page, size: pageSize },
        number => `/surveys?${new URLSearchParams({ answer, page: String(number) })}`,
      ),
    })
  })

  app.get('/surveys/answers', { config: { policy: user(), screen: 'SUR006' } }, async (request, reply) => {
    const { t } = request
    const { page } = search.parse(request.query)
    const { surveys, total } = await listAnswered(deps, readerFor(request), page)
    const formats = formatsOf(request.language)
    return reply.page('surveys/answers', {
      screen: 'SUR006',
      title: t('surveys.answers.title'),
      rows: surveys.map(({ id, title, sender, answeredAt }) => [
        [{ text: title, href: `/surveys/${id}` }],
        sender,
        answeredAt ? formats.dateTimeCompact(answeredAt) : '',
      ]),
      pagination: paginationOf({ total, page, size: pageSize }, number => `/surveys/answers?page=${number}`),
    })
  })

  type Params = { Params: { id: string } }
  app.get<Params>(
    '/surveys/:id',
    { config: { policy: user(), screen: 'SUR002' } },
    async (request, reply) => {
      const { t } = request
      const reader = readerFor(request)
      const found = await findSurvey(deps, deps.db, reader, request.params.id)
      if (!found.ok) return reply.refuse(found)
      const survey = found.value
      const formats = formatsOf(request.language)
      const rows = survey.answeredAt
        ? answerRows(t, survey.questions, await answersOf(deps.db, reader, survey.id))
        : undefined
      return reply.page('surveys/survey', {
        screen: 'SUR002',
        title: survey.title,
        paragraphs: paragraphsOf(survey.body),
        facts: [
          { label: t('surveys.columns.sender'), value: survey.sender },
          {
            label: t('surveys.columns.answerUntil'),
            value: endWords({ t, formats, language: request.language }, survey.answerUntil),
          },
          ...(survey.answeredAt
            ? [{ label: t('surveys.columns.answeredAt'), value: formats.dateTime(survey.answeredAt) }]
            : []),
        ],
        rows,
        late: !survey.answeredAt && !takesAnswers(survey, deps.clock.now()),
        answerAction: `/surveys/${survey.id}/answer`,
        ...(rows && { print: { parts: [{ title: survey.title, rows }], about: aboutOf(survey) } }),
      })
    },
  )

  void app.register(async scope => {
    // A field that no question has did not come from our page: it is refused, not passed over (I-05).
    scope.addHook('preHandler', async (request, reply) => {
      const fields = Object.keys((request.body ?? {}) as object).filter(name =>
        name.startsWith(answerField('')),
      )
      const { target } = request.params as { target?: string }
      if (request.method !== 'POST' || fields.length === 0) return
      const found = await findSurvey(deps, deps.db, readerFor(request), target ?? '')
      const known = new Set(found.ok ? found.value.questions.map(({ id }) => answerField(id)) : [])
      if (fields.some(field => !known.has(field)))
        return reply.refuse({ ok: false, reason: 'survey.unknownField' })
    })
    registerWizard(scope, deps, answerSurveyWizard, '/surveys/:target/answer')
  })
}
