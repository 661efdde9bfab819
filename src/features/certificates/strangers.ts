import { minute } from '../../kernel/clock.ts'
import type { Tx } from '../../platform/db/in-tx.ts'

/**
 * How tries by people without a certificate are slowed down (B-07): `free` failures cost no wait, the next one costs
 * `firstWait` seconds, each further one twice as much up to `longestWait`, and `atMost` in a row are compared at all.
 * They never lock the login itself. Who has come to the end needs the helpdesk: a new acquisition password begins anew.
 */
export const strangerTries = { free: 4, firstWait: 5, longestWait: 15 * minute, atMost: 100 } as const

/** Begins the count of a user's tries anew, within the transaction of the act that gives them another chance (B-07). */
export const forgetStrangers = async (
  tx: Tx,
  holder: { companyId: string; userId: string },
): Promise<void> => {
  await tx.credential.updateMany({
    where: { ...holder, kind: 'login_password' },
    data: { strangerFailures: 0, strangerRetryAfter: null },
  })
}
