import { unprintableInLine } from '../../kernel/reason.ts'
import { lengthAsCounted } from '../../kernel/width.ts'
import type { Mistake } from '../../platform/http/mistake.ts'
import { listOf, momentValues, readMoment, readText, type Typed, textOf } from '../postings/index.ts'
import { type Question, type QuestionKind, questionKinds } from './survey.ts'

export type WrittenQuestion = Omit<Question, 'id'>

const rowsAtFirst = 3
const mostRows = 30
const longestQuestion = 200
const mostChoices = 20
const longestChoice = 100

/** How many questions the form shows: three more where 「行を追加」 was pressed. */
export const rowsOf = (typed: Typed): number => {
  const given = Number(textOf(typed, 'rows'))
  const rows = Number.isInteger(given) && given >= 1 ? given : rowsAtFirst
  return Math.min(mostRows, textOf(typed, 'more') === '' ? rows : rows + rowsAtFirst)
}

const kindOf = (text: string): QuestionKind | undefined => questionKinds.find(kind => kind === text)

const choicesIn = (typed: Typed, field: string): string[] =>
  textOf(typed, field)
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')

const checkChoices = (choices: readonly string[], field: string): Mistake[] => {
  if (choices.length < 2 || choices.length > mostChoices)
    return [{ field, reason: 'posting.choices.count', params: { most: mostChoices } }]
  if (choices.some(each => lengthAsCounted(each) > longestChoice))
    return [{ field, reason: 'posting.choices.tooLong', params: { longest: longestChoice } }]
  if (new Set(choices).size < choices.length) return [{ field, reason: 'posting.choices.twice' }]
  return choices.some(each => unprintableInLine.test(each))
    ? [{ field, reason: 'posting.controlCharacters' }]
    : []
}

/** The questions and the deadline of a survey; questions whose text is blank are none. */
export const readSurvey = (
  typed: Typed,
): { questions: WrittenQuestion[]; answerUntil?: Date; mistakes: Mistake[] } => {
  const mistakes: Mistake[] = []
  const questions: WrittenQuestion[] = []
  for (let row = 1; row <= mostRows; row++) {
    const choices = choicesIn(typed, `choices-${row}`)
    if (textOf(typed, `question-${row}`).trim() === '' && choices.length === 0) continue
    const text = readText(typed, `question-${row}`, longestQuestion, mistakes)
    const kind = kindOf(textOf(typed, `questionKind-${row}`))
    if (!kind) mistakes.push({ field: `questionKind-${row}`, reason: 'posting.question.kind' })
    else if (kind !== 'text') mistakes.push(...checkChoices(choices, `choices-${row}`))
    else if (choices.length > 0) mistakes.push({ field: `choices-${row}`, reason: 'posting.choices.ofText' })
    if (kind)
      questions.push({ kind, text, required: listOf(typed, `required-${row}`).includes('on'), choices })
  }
  if (questions.length === 0 && mistakes.length === 0)
    mistakes.push({ field: 'question-1', reason: 'posting.question.none' })
  const answerUntil = readMoment(typed, 'answerDay', 'answerTime', mistakes)
  return { questions, ...(answerUntil && { answerUntil }), mistakes }
}

/** A survey's own part as the form shows it. */
export const surveyValues = (questions: readonly WrittenQuestion[], answerUntil: Date | null): Typed => ({
  rows: String(Math.max(rowsAtFirst, questions.length)),
  ...momentValues('answer', answerUntil),
  ...Object.fromEntries(
    questions.flatMap(({ kind, text, required, choices }, index) => [
      [`question-${index + 1}`, text],
      [`questionKind-${index + 1}`, kind],
      [`choices-${index + 1}`, choices.join('\n')],
      ...(required ? [[`required-${index + 1}`, 'on']] : []),
    ]),
  ),
})
