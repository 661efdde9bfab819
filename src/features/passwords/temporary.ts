import { businessDayOf, plusDays, startOf } from '../../kernel/business-day.ts'
import { randomPassword } from '../../platform/random.ts'
import { checkNewPassword, type PasswordOwner } from '../../policy/password-rules.ts'
import type { PasswordRule } from '../../policy/policy.ts'

/** JST days after the day on which it was made that a made password works; the last one counts whole (D-03, H-05). */
export const temporaryDays = 7

/** A password that the portal made for somebody. It is shown or printed once, and works before `until`. */
export type MadePassword = { password: string; until: Date }

/** Long enough to be guessed by nobody under any rule: twelve characters without look-alikes are 69 random bits. */
const usualLength = 12

/**
 * Makes an initial or temporary login or confirmation password for its owner by their company's rule (D-03, H-03, B-21):
 * none of its characters looks like another, and it keeps whatever the rule asks of passwords that people choose. Store
 * it by `storePassword` with `forceChange: true` and `temporaryUntil: until`: made on day D, it ends with day D + 7, JST.
 */
export const makeTemporaryPassword = (rule: PasswordRule, owner: PasswordOwner, now: Date): MadePassword => {
  const length = Math.min(Math.max(usualLength, rule.minimum), rule.maximum)
  for (;;) {
    const password = randomPassword(length, { sign: rule.contains.includes('symbol') })
    // By chance it may hold a word of the owner's own.
    if (checkNewPassword(rule, password, owner).ok)
      return { password, until: startOf(plusDays(businessDayOf(now), temporaryDays + 1)) }
  }
}
