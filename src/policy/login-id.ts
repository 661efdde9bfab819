import type { LoginIdRule } from './policy.ts'

/** Within what a login ID may occur once, as users' rows name it: the bank's name for itself or a contract number. */
export const loginIdScopeOf = (rule: Pick<LoginIdRule, 'uniqueWithin'>, contractNumber: string): string =>
  rule.uniqueWithin === 'bank' ? 'bank' : contractNumber
