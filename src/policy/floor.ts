import type { SecurityPolicy } from './policy.ts'

/** A part of a policy that is weaker than its preset where a second officer must agree. */
export type Breach = 'lock.failures' | 'lock.seconds' | 'lock.blocksAt' | 'loginPassword.minimum'

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
