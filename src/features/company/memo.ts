import { type Refusal, refuse } from '../../kernel/result.ts'
import { lengthAsCounted } from '../../kernel/width.ts'

export const longestMemo = 40

export type MemoRefusal = 'company.memo.tooLong' | 'company.memo.characters'

// What turns the direction of the text around it, breaks lines or can't be seen has no place in a note.
const unseen = /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/u

/** What is wrong with the note beside an account (E-01): at most forty characters as people count them, on one line. */
export const memoProblem = (memo: string): Refusal<MemoRefusal> | undefined => {
  // Counting is for notes, not for a megabyte.
  if (memo.length > longestMemo * 8 || lengthAsCounted(memo) > longestMemo)
    return refuse('company.memo.tooLong', { maximum: longestMemo })
  return unseen.test(memo) ? refuse('company.memo.characters') : undefined
}
