import type { LoginWay, SecondFactor, SecurityPolicy } from './policy.ts'

/** A part of a policy because of which a second officer must agree: weaker than its preset, or than before (decision 86). */
export type Breach =
  | 'lock.failures'
  | 'lock.seconds'
  | 'lock.blocksAt'
  | 'loginPassword.minimum'
  | 'login.ways'
  | 'login.secondFactor'
  | 'login.secondFactorAtConfirm'
  | 'confirmation'
  | 'session.idleSeconds'
  | 'session.absoluteSeconds'

/** Where a policy falls below its preset's floor for locks and password length; empty where it doesn't. */
export const breachesOf = (
  preset: Pick<SecurityPolicy, 'lock' | 'loginPassword'>,
  policy: Pick<SecurityPolicy, 'lock' | 'loginPassword'>,
): Breach[] => {
  const [floor, lock] = [preset.lock, policy.lock]
  const breaches: Breach[] = []
  if (lock.failures > floor.failures) breaches.push('lock.failures')
  // A lock that somebody must release is the strictest there is.
  if (lock.seconds !== null && (floor.seconds === null || lock.seconds < floor.seconds))
    breaches.push('lock.seconds')
  if (floor.blocksAt !== null && (lock.blocksAt === null || lock.blocksAt > floor.blocksAt))
    breaches.push('lock.blocksAt')
  if (policy.loginPassword.minimum < preset.loginPassword.minimum) breaches.push('loginPassword.minimum')
  return breaches
}

const secondFactors: readonly SecondFactor[] = ['none', 'sms', 'totp', 'passkey-or-totp']
const confirmations: readonly SecurityPolicy['confirmation'][] = ['none', 'password', 'step-up']

/** What a way in asks for beside the password: nothing, some certificate of the company, or a key of the user's own. */
const strengthOf = ({ certificate, requires }: LoginWay): number => {
  if (certificate === 'names-user' || certificate === 'confirms-user' || requires === 'passkey') return 2
  return certificate === 'reaches-site' ? 1 : 0
}

/** Whoever attacks takes the weakest way in. */
const weakest = (ways: readonly LoginWay[]): number => Math.min(...ways.map(strengthOf))

/**
 * What a change makes weaker of how users prove who they are, and of how long they are believed (H-04). Presets leave most of it
 * to the company, so that no floor holds it: one officer alone would take a company's second factor away for all of its users.
 */
export const weakeningsOf = (
  before: Pick<SecurityPolicy, 'login' | 'confirmation' | 'session'>,
  after: Pick<SecurityPolicy, 'login' | 'confirmation' | 'session'>,
): Breach[] => {
  const weaker: Partial<Record<Breach, boolean>> = {
    'login.ways': weakest(after.login.ways) < weakest(before.login.ways),
    'login.secondFactor':
      secondFactors.indexOf(after.login.secondFactor) < secondFactors.indexOf(before.login.secondFactor),
    'login.secondFactorAtConfirm': before.login.secondFactorAtConfirm && !after.login.secondFactorAtConfirm,
    confirmation: confirmations.indexOf(after.confirmation) < confirmations.indexOf(before.confirmation),
    'session.idleSeconds': after.session.idleSeconds > before.session.idleSeconds,
    'session.absoluteSeconds': after.session.absoluteSeconds > before.session.absoluteSeconds,
  }
  return (Object.keys(weaker) as Breach[]).filter(part => weaker[part])
}
