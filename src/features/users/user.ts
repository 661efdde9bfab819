import { readYen, type Yen } from '../../kernel/money.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import { lengthAsCounted, toFullWidth } from '../../kernel/width.ts'
import type { SecurityPolicy } from '../../policy/policy.ts'

/** The roles that a registration gives (D-03); a contractor (契約者) is not made by a company's administrator. */
export const grantableRoles = ['user', 'administrator'] as const
export type GrantableRole = (typeof grantableRoles)[number]

/**
 * A login ID as it is stored: half-width. Its case is kept, for some presets compare it; uniqueness ignores it.
 */
export const loginIdKey = (loginId: string): string => loginId.toLowerCase()

export type LoginIdRefusal =
  | 'user.loginId.blank'
  | 'user.loginId.letters-and-digits-6-12'
  | 'user.loginId.as-given'
  | 'user.loginId.half-width-6-20'
  | 'user.loginId.email-or-6-64'

const loginIdShapes = {
  // The manual leaves the ID to whoever gives it: anything that can be typed, read aloud and written on paper.
  'as-given': /^[A-Za-z0-9]{1,20}$/,
  'letters-and-digits-6-12': /^(?=.*[A-Za-z])(?=.*[0-9])[A-Za-z0-9]{6,12}$/,
  'half-width-6-20': /^[\x21-\x7e]{6,20}$/,
  // An e-mail address has at least six characters of these too.
  'email-or-6-64': /^[A-Za-z0-9._%+@-]{6,64}$/,
} as const satisfies Record<SecurityPolicy['loginId']['shape'], RegExp>

/** Whether a text may become a login ID by the company's policy (D-03, chapter A). */
export const checkLoginId = (
  rule: Pick<SecurityPolicy['loginId'], 'shape'>,
  text: string,
): Result<string, LoginIdRefusal> => {
  if (text.trim() === '') return refuse('user.loginId.blank')
  return loginIdShapes[rule.shape].test(text) ? ok(text) : refuse(`user.loginId.${rule.shape}`)
}

export const longestName = 30

// What Japanese is written with, all of it full-width: ideographs (with at most one variation selector each), kana,
// full-width forms, punctuation, and the Greek and Cyrillic letters of JIS X 0208.
const fullWidth =
  /^(?:\p{Script=Han}[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]?|[\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u301c\u30fb\u30fc\uff01-\uff5e\uffe0-\uffe6\u2010\u2015\u2026\u2025\u2018\u2019\u201c\u201d\u00d7]|(?=\p{L})[\p{Script=Greek}\p{Script=Cyrillic}])+$/u

const segmenter = new Intl.Segmenter('ja', { granularity: 'grapheme' })

/** More than these nobody looks for one by one. */
const mostSigns = 5

/** What of a text no name may hold, as it was typed, so that nobody guesses which of thirty it is (I-03); by its number what can't be seen. */
const refusedSigns = (text: string): string =>
  [...new Set([...segmenter.segment(text)].map(({ segment }) => segment))]
    .filter(sign => !fullWidth.test(toFullWidth(sign)))
    .slice(0, mostSigns)
    .map(sign => (/^[\p{C}\p{Z}\p{M}]/u.test(sign) ? numberOf(sign) : [...sign].slice(0, 8).join('')))
    .join(' ')

const numberOf = (sign: string): string =>
  `U+${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`

export type NameRefusal = 'user.name.blank' | 'user.name.tooLong' | 'user.name.width' | 'user.name.spaces'

/** A user name: at most 30 full-width characters as people count them; half-width ones are converted (I-06). */
export const checkName = (text: string): Result<string, NameRefusal> => {
  // Counting is for names, not for a megabyte: no 30 characters take more units than this.
  if (text.length > longestName * 8) return refuse('user.name.tooLong', { maximum: longestName })
  const name = toFullWidth(text)
  if (name.trim() === '') return refuse('user.name.blank')
  if (!fullWidth.test(name)) return refuse('user.name.width', { signs: refusedSigns(text) })
  if (name !== name.trim()) return refuse('user.name.spaces')
  return lengthAsCounted(name) > longestName
    ? refuse('user.name.tooLong', { maximum: longestName })
    : ok(name)
}

export const limitDigits = 12

export type LimitRefusal = 'user.limit.blank' | 'user.limit.digits'

/** A limit for one transaction: whole yen of at most 12 digits; 0 means that the service can't be used (D-05). */
export const checkLimit = (text: string): Result<Yen, LimitRefusal> => {
  const read = readYen(text, limitDigits)
  if (read === 'blank') return refuse('user.limit.blank')
  return read === 'shape' ? refuse('user.limit.digits', { digits: limitDigits }) : ok(read)
}
