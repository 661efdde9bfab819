import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Question, readAnswer, takesAnswers } from '../../../../src/features/surveys/survey.ts'

const question = (changed: Partial<Question> = {}): Question => ({
  id: 'x',
  kind: 'single',
  text: '問',
  required: true,
  choices: ['はい', 'いいえ', 'どちらでもない'],
  ...changed,
})

describe('an answer', () => {
  it('G-03 is one of the choices, several, or a text', () => {
    expect(readAnswer(question(), ['1'])).toEqual({ answer: { choices: [1], text: '' } })
    expect(readAnswer(question({ kind: 'multiple' }), ['2', '0', '2'])).toEqual({
      answer: { choices: [0, 2], text: '' },
    })
    expect(readAnswer(question({ kind: 'text', choices: [] }), [' よい\r\nです '])).toEqual({
      answer: { choices: [], text: 'よい\nです' },
    })
  })

  it('G-03 is asked for where it must be given, and may be left out elsewhere', () => {
    for (const kind of ['single', 'multiple', 'text'] as const) {
      expect(readAnswer(question({ kind }), [])).toEqual({ refused: 'survey.answer.missing' })
      expect(readAnswer(question({ kind, required: false }), [''])).toEqual({
        answer: { choices: [], text: '' },
      })
    }
  })

  it('G-03 that the page can’t have sent is forged; one that is too long or unprintable is refused', () => {
    expect(readAnswer(question(), ['0', '1'])).toEqual({ refused: 'survey.answer.forged' })
    const text = question({ kind: 'text', choices: [] })
    expect(readAnswer(text, ['a', 'b'])).toEqual({ refused: 'survey.answer.forged' })
    expect(readAnswer(text, ['𠮷'.repeat(1000)])).toHaveProperty('answer')
    expect(readAnswer(text, ['𠮷'.repeat(1001)])).toEqual({ refused: 'survey.answer.tooLong' })
    expect(readAnswer(text, ['a\u0007'])).toEqual({ refused: 'survey.answer.control' })
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), given => {
        fc.pre(!['0', '1', '2', '00', '01', '02', '000', '001', '002'].includes(given))
        expect(readAnswer(question(), [given])).toEqual({ refused: 'survey.answer.forged' })
      }),
    )
  })

  it('G-03 is taken before the deadline, and not at it', () => {
    const answerUntil = new Date('2026-11-20T15:00:00Z')
    expect(takesAnswers({ answerUntil }, new Date(answerUntil.getTime() - 1))).toBe(true)
    expect(takesAnswers({ answerUntil }, answerUntil)).toBe(false)
  })
})
