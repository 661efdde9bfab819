import common from 'fxa-common-password-list'
import { passwordText } from '../kernel/password-text.ts'
import { ok, type Result, refuse } from '../kernel/result.ts'
import type { PasswordRule } from './policy.ts'

export type PasswordRefusal =
  | 'password.tooShort'
  | 'password.tooLong'
  | 'password.alphabet'
  | 'password.letterMissing'
  | 'password.upperMissing'
  | 'password.lowerMissing'
  | 'password.digitMissing'
  | 'password.symbolMissing'
  | 'password.isUserName'
  | 'password.isLoginId'
  | 'password.isCommon'
  | 'password.ownWord'

/** Whose password it is to be, as far as the rule asks. */
export type PasswordOwner = {
  loginId: string
  name: string
  /** Names of the company's and the user's own, as they are written. */
  ownWords?: readonly string[]
  /** Who holds a second factor may have a shorter password where the rule says so. */
  holdsSecondFactor?: boolean
}

const alphabets = {
  'letters-digits': /^[A-Za-z0-9]*$/,
  'letters-digits-symbols': /^[\x21-\x7e]*$/,
  printable: /^[\x20-\x7e]*$/,
  // SP 800-63B-4 §3.1.1.2: any character, spaces and emoji among them; what can't be typed is no character.
  any: /^\P{Cc}*$/u,
} as const

const kinds = {
  letter: [/[A-Za-z]/, 'password.letterMissing'],
  upper: [/[A-Z]/, 'password.upperMissing'],
  lower: [/[a-z]/, 'password.lowerMissing'],
  digit: [/[0-9]/, 'password.digitMissing'],
  symbol: [/[^A-Za-z0-9\s]/, 'password.symbolMissing'],
} as const

const folded = (text: string): string => text.normalize('NFKC').toLowerCase()

/** What stands before or behind a company's name and is nobody's own. */
const legalForms = /(?:株式|有限|合同|合名|合資)会社|(?:一般|公益)(?:社団|財団)法人|(?:協同)?組合|連合会/gu

/** Words of three characters in Japanese, four in Latin, and more: shorter ones are in every other password by chance. */
const wordsOf = (names: readonly string[]): string[] =>
  names
    .map(name => folded(name).replace(legalForms, ' '))
    // Japanese names are written with a space between and without one.
    .flatMap(name => [...name.split(/[^\p{L}\p{N}]+/u), name.replace(/\s/g, '')])
    .filter(word => word.length >= (/^[\x20-\x7e]*$/.test(word) ? 4 : 3))

/** Whether a new password keeps the rule; which passwords were used before is asked elsewhere, by hash. */
export const checkNewPassword = (
  rule: PasswordRule,
  typed: string,
  owner: PasswordOwner,
): Result<string, PasswordRefusal> => {
  const password = passwordText(typed)
  const length = [...password].length
  const minimum = owner.holdsSecondFactor ? (rule.minimumWithSecondFactor ?? rule.minimum) : rule.minimum
  if (length < minimum) return refuse('password.tooShort', { minimum })
  if (length > rule.maximum) return refuse('password.tooLong', { maximum: rule.maximum })
  if (!alphabets[rule.alphabet].test(password)) return refuse('password.alphabet')
  for (const kind of rule.contains) {
    const [pattern, missing] = kinds[kind]
    if (!pattern.test(password)) return refuse(missing)
  }
  const whole = folded(password)
  const same = (name: string) => whole === folded(name)
  if (rule.differsFrom.includes('userName') && same(owner.name)) return refuse('password.isUserName')
  if (rule.differsFrom.includes('loginId') && same(owner.loginId)) return refuse('password.isLoginId')
  if (rule.blocklist && isCommon(whole)) return refuse('password.isCommon')
  if (rule.differsFrom.includes('ownWords')) {
    const own = wordsOf([owner.loginId, owner.name, ...(owner.ownWords ?? [])])
    if (own.some(word => whole.replace(/\s/g, '').includes(word))) return refuse('password.ownWord')
  }
  return ok(password)
}

/** What everybody tries first, also with figures or signs put behind it, or one character over and over. */
const isCommon = (password: string): boolean => {
  const bare = password.replace(/[^\p{L}]+$/u, '')
  return common.test(password) || (bare.length >= 8 && common.test(bare)) || /^(.)\1*$/u.test(password)
}
