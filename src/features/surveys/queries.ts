import type { Deps } from '../../deps.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import { isId } from '../../kernel/ids.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import {
  type FoundPage,
  findPage,
  ownOf,
  type PageWanted,
  type PostingReader,
  pageOfPostingsSql,
  pageSize,
  shownTo,
} from '../postings/index.ts'
import type { Answer, Question } from './survey.ts'

export const answerFilters = ['unanswered', 'answered', 'any'] as const
export type AnswerFilter = (typeof answerFilters)[number]

/** A line of アンケート (G-03). */
export type ListedSurvey = {
  id: string
  title: string
  sender: string
  answerUntil: Date
  answeredAt: Date | null
}

export type Survey = ListedSurvey & { body: string; questions: Question[] }

const questionsInOrder = {
  orderBy: { position: 'asc' as const },
  select: { id: true, kind: true, text: true, required: true, choices: true },
}

/** A deadline stands in every survey's row (`posting_deadline`). */
const deadlineOf = (answerUntil: Date | null): Date => {
  if (!answerUntil) throw new Error('a survey without a deadline')
  return answerUntil
}

type Wanted = PageWanted & { filter: AnswerFilter }

const keptBy = {
  answered: Prisma.sql`mine.answered_at IS NOT NULL`,
  unanswered: Prisma.sql`mine.answered_at IS NULL`,
  any: Prisma.sql`TRUE`,
}

/** A page of the surveys this reader sees now, by whether they have answered; the one that ends first comes first. */
export const surveysSql = (reader: PostingReader, now: Date, { filter, ...page }: Wanted): Prisma.Sql =>
  pageOfPostingsSql(
    'survey',
    reader,
    now,
    {
      columns: Prisma.sql`p.id, p.title, p.sender, p.answer_until AS "answerUntil", mine.answered_at AS "answeredAt"`,
      mine: 'survey_answer',
      kept: keptBy[filter],
      order: Prisma.sql`"answerUntil", id`,
    },
    page,
  )

export type FoundSurveys = FoundPage<
  Omit<ListedSurvey, 'answerUntil' | 'answeredAt'> & { answerUntil: string; answeredAt: string | null }
>

/** What `surveysSql` found. */
export const surveysFrom = ({ total, lines }: FoundSurveys): { surveys: ListedSurvey[]; total: number } => ({
  total,
  surveys: lines.map(survey => ({
    ...survey,
    answerUntil: new Date(survey.answerUntil),
    answeredAt: survey.answeredAt === null ? null : new Date(survey.answeredAt),
  })),
})

/** A page of the surveys this reader sees now. */
export const listSurveys = async (
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  reader: PostingReader,
  wanted: Wanted,
): Promise<{ surveys: ListedSurvey[]; total: number }> =>
  surveysFrom(await findPage(db, surveysSql(reader, clock.now(), wanted)))

/**
 * A page of what this reader has answered, the latest first (アンケート回答一覧): what was answered once stays there, also
 * when its survey is over.
 */
export const listAnswered = async (
  { db }: Pick<Deps, 'db'>,
  reader: PostingReader,
  page: number,
): Promise<{ surveys: ListedSurvey[]; total: number }> => {
  const where = ownOf(reader)
  const [rows, total] = await Promise.all([
    db.surveyAnswer.findMany({
      where,
      orderBy: [{ answeredAt: 'desc' }, { postingId: 'asc' }],
      skip: (page - 1) * pageSize,
      take: pageSize,
      select: {
        answeredAt: true,
        posting: { select: { id: true, title: true, sender: true, answerUntil: true } },
      },
    }),
    db.surveyAnswer.count({ where }),
  ])
  return {
    total,
    surveys: rows.map(({ answeredAt, posting }) => ({
      ...posting,
      answerUntil: deadlineOf(posting.answerUntil),
      answeredAt,
    })),
  }
}

/** One survey, if this reader sees it now or has answered it; others are not there. */
export const findSurvey = async (
  { clock }: Pick<Deps, 'clock'>,
  db: Tx,
  reader: PostingReader,
  id: string,
): Promise<Result<Survey, 'survey.notFound'>> => {
  const row = isId(id)
    ? await db.posting.findFirst({
        where: {
          id,
          kind: 'survey',
          OR: [shownTo(reader, 'survey', clock.now()), { answers: { some: ownOf(reader) } }],
        },
        select: {
          id: true,
          title: true,
          body: true,
          sender: true,
          answerUntil: true,
          questions: questionsInOrder,
          answers: { where: ownOf(reader), select: { answeredAt: true } },
        },
      })
    : null
  if (!row) return refuse('survey.notFound')
  const { answers, answerUntil, ...survey } = row
  return ok({ ...survey, answerUntil: deadlineOf(answerUntil), answeredAt: answers[0]?.answeredAt ?? null })
}

/** What this reader has answered, by question. */
export const answersOf = async (
  db: Tx,
  reader: PostingReader,
  postingId: string,
): Promise<Map<string, Answer>> => {
  const items = await db.surveyAnswerItem.findMany({ where: { postingId, ...ownOf(reader) } })
  return new Map(items.map(({ questionId, choices, text }) => [questionId, { choices, text }]))
}

/** The questions of a survey, for its editor. */
export const questionsOf = (db: Tx, postingId: string): Promise<Question[]> =>
  db.surveyQuestion.findMany({ where: { postingId }, ...questionsInOrder })

/** A survey's results for the bank: how often each choice was made, and how many wrote something. */
export type QuestionResult = Question & { answered: number; counts: number[] }

export const resultsOf = async (db: Tx, postingId: string): Promise<QuestionResult[]> => {
  const questions = await questionsOf(db, postingId)
  const chosen = await db.$queryRaw<{ question_id: string; choice: number; times: number }[]>`
    SELECT question_id, choice, count(*)::int AS times
      FROM survey_answer_item, unnest(choices) AS choice
     WHERE posting_id = ${postingId}::uuid GROUP BY question_id, choice`
  const answered = await db.$queryRaw<{ question_id: string; times: number }[]>`
    SELECT question_id, count(*)::int AS times FROM survey_answer_item
     WHERE posting_id = ${postingId}::uuid AND (cardinality(choices) > 0 OR text <> '') GROUP BY question_id`
  return questions.map(question => ({
    ...question,
    answered: answered.find(row => row.question_id === question.id)?.times ?? 0,
    counts: question.choices.map(
      (_choice, at) => chosen.find(row => row.question_id === question.id && row.choice === at)?.times ?? 0,
    ),
  }))
}

/** A page of the texts written to one question, the latest first, with whose they are. */
export const textsOf = async (
  db: Tx,
  postingId: string,
  questionId: string,
  page: number,
): Promise<{ texts: { text: string; company: string; answeredAt: Date }[]; total: number }> => {
  const where = { postingId, questionId, text: { not: '' } }
  const [rows, total] = await Promise.all([
    db.surveyAnswerItem.findMany({
      where,
      orderBy: [{ answer: { answeredAt: 'desc' } }, { userId: 'asc' }],
      skip: (page - 1) * pageSize,
      take: pageSize,
      select: {
        text: true,
        answer: { select: { answeredAt: true, user: { select: { company: { select: { name: true } } } } } },
      },
    }),
    db.surveyAnswerItem.count({ where }),
  ])
  return {
    total,
    texts: rows.map(({ text, answer }) => ({
      text,
      company: answer.user.company.name,
      answeredAt: answer.answeredAt,
    })),
  }
}
