import { oneLineProblem } from '../../kernel/one-line.ts'
import { type Refusal, refuse } from '../../kernel/result.ts'

export const longestMemo = 40

export type MemoRefusal = 'company.memo.tooLong' | 'company.memo.characters'

/** What is wrong with the note beside an account (E-01): at most forty characters as people count them, on one line. */
export const memoProblem = (memo: string): Refusal<MemoRefusal> | undefined => {
  const problem = oneLineProblem(memo, longestMemo)
  if (problem === 'tooLong') return refuse('company.memo.tooLong', { maximum: longestMemo })
  return problem && refuse('company.memo.characters')
}
