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

const alphabets = {
  'letters-digits': /^[A-Za-z0-9]*$/,
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

/** Whether a new password keeps the rule; which passwords were used before is asked elsewhere, by hash. */
export const checkNewPassword = (
  rule: PasswordRule,
  password: string,
  owner: { loginId: string; name: string },
): Result<string, PasswordRefusal> => {
  const length = [...password].length
  if (length < rule.minimum) return refuse('password.tooShort', { minimum: rule.minimum })
  if (length > rule.maximum) return refuse('password.tooLong', { maximum: rule.maximum })
  if (!alphabets[rule.alphabet].test(password)) return refuse('password.alphabet')
  for (const kind of rule.contains) {
    const [pattern, missing] = kinds[kind]
    if (!pattern.test(password)) return refuse(missing)
  }
  const same = (name: string) => password.toLowerCase() === name.normalize('NFKC').toLowerCase()
  if (rule.differsFrom.includes('userName') && same(owner.name)) return refuse('password.isUserName')
  if (rule.differsFrom.includes('loginId') && same(owner.loginId)) return refuse('password.isLoginId')
  return ok(password)
}
