import type { Deps } from '../../deps.ts'
import type { OwnPart } from '../postings/index.ts'
import { storeQuestions } from './commands.ts'
import type { WrittenQuestion } from './forms.ts'

/** What a survey has of its own: its questions, and until when they are answered (G-03). */
export const surveyPart = (
  deps: Pick<Deps, 'ids'>,
  questions: readonly WrittenQuestion[],
  answerUntil: Date,
): OwnPart => ({
  columns: { answerUntil },
  store: (tx, postingId) => storeQuestions(deps, tx, postingId, questions),
  details: { questions: questions.map(({ text }) => text) },
})
