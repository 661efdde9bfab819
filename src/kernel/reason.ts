import { lengthAsCounted } from './width.ts'

/** What neither a page nor paper shows as it is; a text of several lines has its line ends (I-05). */
export const unprintable = /[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]/u

/** The same in a text of one line, such as a name that is looked for. */
export const unprintableInLine = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u

/** A reason in somebody's own words as it is kept, its line ends of one kind; or what is wrong with it (I-05). */
export const readReason = (
  typed: string,
  longest: number,
): { text: string; problem?: 'missing' | 'tooLong' | 'unprintable' } => {
  const text = typed.replaceAll('\r\n', '\n').trim()
  if (text === '') return { text, problem: 'missing' }
  // Counting is for reasons, not for a megabyte: no character takes more units than this.
  if (text.length > longest * 8 || lengthAsCounted(text) > longest) return { text, problem: 'tooLong' }
  return unprintable.test(text) ? { text, problem: 'unprintable' } : { text }
}
