import { type BusinessDay, businessDayOf, fromColumn, plusDays } from '../../kernel/business-day.ts'
import type { LockRule, PasswordRule } from '../../policy/policy.ts'

export type { Holder } from '../../kernel/actor.ts'

export type LockFacts = { failures: number; lockedAt: Date | null; lockedUntil: Date | null }

/**
 * Whether a password is locked now. A counter at the threshold counts as locked even before its lock is written: a
 * program that died in between must not open a door.
 */
export const isLocked = (facts: LockFacts, rule: LockRule, now: Date): boolean =>
  facts.lockedAt ? facts.lockedUntil === null || now < facts.lockedUntil : facts.failures >= rule.failures

/** The last JST day on which a password works; null when it does not end by itself (A-00: day D ends with D + 90). */
export const lastDayOf = (rule: PasswordRule, setOn: Date): BusinessDay | null =>
  rule.days === null ? null : plusDays(fromColumn(setOn), rule.days)

/** Whether the login must go through the forced change (B-08): never changed, reset by somebody, or expired. */
export const mustChange = (
  credential: { forceChange: boolean; setOn: Date },
  rule: PasswordRule,
  now: Date,
): boolean => {
  const last = lastDayOf(rule, credential.setOn)
  return credential.forceChange || (last !== null && businessDayOf(now) > last)
}
