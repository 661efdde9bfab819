import type { Clock } from '../../kernel/clock.ts'
import { minute, plusSeconds } from '../../kernel/clock.ts'

/** How long a proof of who is there is good for changes of factors and addresses (B-22). */
export const freshSeconds = 5 * minute

/** Whether the holder of a session has proved who they are just now. */
export const isFresh = (deps: { clock: Clock }, session: { stepUpAt: Date | null }): boolean =>
  session.stepUpAt !== null && deps.clock.now() < plusSeconds(session.stepUpAt, freshSeconds)
