import { lengthAsCounted } from './width.ts'

// What turns the direction of the text around it, breaks lines or can't be seen has no place in a line of text.
const unseen = /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/u

/** What is wrong with one line of text of somebody's own: more characters than people may count, or ones that nobody sees (I-05). */
export const oneLineProblem = (text: string, longest: number): 'tooLong' | 'characters' | undefined => {
  // Counting is for lines, not for a megabyte: no character takes more units than this.
  if (text.length > longest * 8 || lengthAsCounted(text) > longest) return 'tooLong'
  return unseen.test(text) ? 'characters' : undefined
}
