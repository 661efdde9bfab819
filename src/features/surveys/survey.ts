import { unprintable } from '../../kernel/reason.ts'

/** A question of a survey: one choice, several, or a text (G-03). */
export const questionKinds = ['single', 'multiple', 'text'] as const
export type QuestionKind = (typeof questionKinds)[number]

export type Question = {
  id: string
  kind: QuestionKind
  text: string
  required: boolean
  choices: readonly string[]
}

/** An answer to one question: positions of the choices from 0, or a text. */
export type Answer = { choices: readonly number[]; text: string }

export const longestAnswer = 1000

export type AnswerRefusal =
  | 'survey.answer.missing'
  | 'survey.answer.tooLong'
  | 'survey.answer.control'
  | 'survey.answer.forged'

/** The field of a question in the answer form. */
export const answerField = (questionId: string): string => `q-${questionId}`

/**
 * What somebody has answered to a question: a value that the page does not offer is forged, as are two choices where one
 * may be made.
 */
export const readAnswer = (
  { kind, required, choices }: Question,
  given: readonly string[],
): { answer: Answer } | { refused: AnswerRefusal } => {
  if (kind === 'text') {
    const text = (given[0] ?? '').replaceAll('\r\n', '\n').trim()
    if (given.length > 1) return { refused: 'survey.answer.forged' }
    if (text === '' && required) return { refused: 'survey.answer.missing' }
    if ([...text].length > longestAnswer) return { refused: 'survey.answer.tooLong' }
    if (unprintable.test(text)) return { refused: 'survey.answer.control' }
    return { answer: { choices: [], text } }
  }
  // One way to write a position: 「00」 would be counted beside 「0」.
  const positions = [...new Set(given.filter(each => each !== ''))].map(each =>
    /^(0|[1-9]\d?)$/.test(each) ? Number(each) : -1,
  )
  if (positions.some(each => each < 0 || each >= choices.length)) return { refused: 'survey.answer.forged' }
  if (kind === 'single' && positions.length > 1) return { refused: 'survey.answer.forged' }
  if (positions.length === 0 && required) return { refused: 'survey.answer.missing' }
  return { answer: { choices: positions.sort((a, b) => a - b), text: '' } }
}

/** Whether a survey takes answers: up to the deadline, and not at it. */
export const takesAnswers = ({ answerUntil }: { answerUntil: Date }, now: Date): boolean => now < answerUntil
