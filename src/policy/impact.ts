import { type BusinessDay, plusDays } from '../kernel/business-day.ts'
import type { LoginRule, LoginWay, PasswordRule, SecurityPolicy } from './policy.ts'
import { type FactorKind, factorsAtLogin } from './second-factor.ts'

/** What a change of policy asks about one user. */
export type UserFacts = {
  /** Whether they hold a certificate that can be used today. */
  certificate: boolean
  factors: ReadonlySet<FactorKind>
  /** Null where none is set. */
  loginPassword: { setOn: BusinessDay; changeForced: boolean } | null
  confirmationPassword: boolean
}

/** Users who are alike in all of that: a company may have a hundred thousand, but not so many kinds of them. */
export type AlikeUsers = UserFacts & { users: number }

/** How many users a change of policy touches, and how. One user may be in several. */
export type Impact = {
  users: number
  mustChangePassword: number
  mustSetConfirmation: number
  loseLoginMethod: number
  needCertificate: number
  needFactor: number
}

/**
 * Whether a password that kept the old rule may break the new one. A hash doesn't tell what it was made of, so everybody
 * changes theirs then.
 */
export const isTightened = (before: PasswordRule, after: PasswordRule): boolean => {
  const breadth = ['letters-digits', 'letters-digits-symbols', 'printable', 'any']
  return (
    after.minimum > before.minimum ||
    minimumWithFactor(after) > minimumWithFactor(before) ||
    after.maximum < before.maximum ||
    breadth.indexOf(after.alphabet) < breadth.indexOf(before.alphabet) ||
    after.contains.some(kind => !before.contains.includes(kind)) ||
    (after.blocklist && !before.blocklist)
  )
}

const minimumWithFactor = (rule: PasswordRule): number => rule.minimumWithSecondFactor ?? rule.minimum

/** Whether this user's login password must be changed because of the new policy, and was not to be before. */
const mustChangeBecause = (
  before: PasswordRule,
  after: PasswordRule,
  password: UserFacts['loginPassword'],
  today: BusinessDay,
): boolean => {
  if (!password || password.changeForced) return false
  const ended = (days: number | null) => days !== null && today > plusDays(password.setOn, days)
  return isTightened(before, after) || (ended(after.days) && !ended(before.days))
}

const isOpenTo = (user: UserFacts, way: LoginWay): boolean =>
  (way.certificate === 'none' || user.certificate) &&
  (way.requires !== 'passkey' || user.factors.has('passkey'))

/** Which of the ways in this user can take as things are. */
const openWays = (login: LoginRule, user: UserFacts): LoginWay[] =>
  login.ways.filter(way => isOpenTo(user, way))

/** What a way in is to the person who takes it. */
const methodOf = (way: LoginWay): string =>
  way.certificate === 'none' ? (way.requires ?? way.asks) : 'certificate'

const losesMethod = (before: LoginRule, after: LoginRule, user: UserFacts): boolean => {
  const kept = new Set(after.ways.map(methodOf))
  return openWays(before, user).some(way => !kept.has(methodOf(way)))
}

const needsFactor = (login: LoginRule, user: UserFacts): boolean =>
  login.ways.every(way => {
    const wanted = factorsAtLogin(login, way.certificate !== 'none')
    return wanted.length > 0 && !wanted.some(kind => user.factors.has(kind))
  })

/** What a change of policy would mean for a company's users, before anything is changed. */
export const impactOf = (
  before: SecurityPolicy,
  after: SecurityPolicy,
  groups: readonly AlikeUsers[],
  today: BusinessDay,
): Impact => {
  const count = (meant: (user: UserFacts) => boolean) =>
    groups.reduce((sum, group) => (meant(group) ? sum + group.users : sum), 0)
  return {
    users: count(() => true),
    mustChangePassword: count(({ loginPassword }) =>
      mustChangeBecause(before.loginPassword, after.loginPassword, loginPassword, today),
    ),
    mustSetConfirmation: count(
      user =>
        after.confirmation === 'password' && before.confirmation !== 'password' && !user.confirmationPassword,
    ),
    loseLoginMethod: count(user => losesMethod(before.login, after.login, user)),
    needCertificate: count(
      user => !user.certificate && after.login.ways.every(way => way.certificate !== 'none'),
    ),
    needFactor: count(user => !needsFactor(before.login, user) && needsFactor(after.login, user)),
  }
}
