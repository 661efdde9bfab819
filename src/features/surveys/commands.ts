import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import type { PostingReader } from '../postings/index.ts'
import { SurveyAnswered, SurveyAnswerRefused } from './events.ts'
import type { WrittenQuestion } from './forms.ts'
import { findSurvey } from './queries.ts'
import { type Answer, takesAnswers } from './survey.ts'

type Store = Pick<Deps, 'db' | 'clock' | 'ids'>

export type AnswerSurveyRefusal = 'survey.notFound' | 'survey.late' | 'survey.answered' | 'survey.changed'

/**
 * Answers a survey, once, before its deadline (G-03). Refuses one that is not the reader's or no longer there, a late answer, and a
 * second one, also at the same moment.
 */
export const answerSurvey = (
  deps: Store,
  actor: UserActor,
  reader: PostingReader,
  id: string,
  answers: ReadonlyMap<string, Answer>,
): Promise<Result<{ surveyId: string }, AnswerSurveyRefusal>> =>
  inTx(deps, async tx => {
    // Held against the bank's editor: questions that have been answered are not changed, and no others are answered.
    await tx.$queryRaw`SELECT id FROM posting WHERE id = ${id}::uuid FOR SHARE`
    const found = await findSurvey(deps, tx, reader, id)
    if (!found.ok) return found
    if (found.value.answeredAt) return refuse('survey.answered')
    const now = deps.clock.now()
    if (!takesAnswers(found.value, now)) return refuse('survey.late')
    const asked = new Set(found.value.questions.map(question => question.id))
    // Questions that were changed have other ids, all of them.
    if ([...answers.keys()].some(questionId => !asked.has(questionId))) return refuse('survey.changed')
    const whose = { postingId: id, companyId: actor.companyId, userId: actor.id }
    const { count } = await tx.surveyAnswer.createMany({
      data: [{ ...whose, answeredAt: now }],
      skipDuplicates: true,
    })
    if (count === 0) return refuse('survey.answered')
    await tx.surveyAnswerItem.createMany({
      data: [...answers].map(([questionId, { choices, text }]) => ({
        ...whose,
        questionId,
        choices: [...choices],
        text,
      })),
    })
    await audit.record(deps, tx, SurveyAnswered, entryOf(actor, found.value))
    return ok({ surveyId: id })
  })

const entryOf = (actor: UserActor, { id, title }: { id: string; title?: string }) => ({
  actor,
  companyId: actor.companyId,
  subject: { kind: 'posting', id, ...(title && { label: title }) },
  details: {},
})

/** Keeps that an answer was refused, after its transaction is rolled back (F-02). */
export const recordAnswerRefused = async (
  deps: Store,
  actor: UserActor,
  id: string,
  reason: string,
): Promise<void> => {
  await audit.recordAlone(deps, SurveyAnswerRefused, {
    ...entryOf(actor, { id }),
    outcome: 'refused',
    reason,
  })
}

/**
 * Stores a survey's questions in the place of those it had, within the transaction that saves it. Where somebody has answered
 * they stay as they are: a change of them is refused.
 */
export const storeQuestions = async (
  deps: Pick<Deps, 'ids'>,
  tx: Tx,
  postingId: string,
  questions: readonly WrittenQuestion[],
): Promise<Result<null, 'posting.questionsAnswered'>> => {
  const present = await tx.surveyQuestion.findMany({
    where: { postingId },
    orderBy: { position: 'asc' },
    select: { kind: true, text: true, required: true, choices: true },
  })
  if (JSON.stringify(present.map(written)) === JSON.stringify(questions.map(written))) return ok(null)
  if ((await tx.surveyAnswer.count({ where: { postingId } })) > 0) return refuse('posting.questionsAnswered')
  await tx.surveyQuestion.deleteMany({ where: { postingId } })
  await tx.surveyQuestion.createMany({
    data: questions.map((question, position) => ({
      id: deps.ids.next(),
      postingId,
      position,
      ...question,
      choices: [...question.choices],
    })),
  })
  return ok(null)
}

const written = ({ kind, text, required, choices }: WrittenQuestion) => [kind, text, required, choices]
