import type { Origin } from '../../kernel/actor.ts'
import { type Clock, minute } from '../../kernel/clock.ts'
import type { Db } from '../db/client.ts'
import { takeTry } from '../rate-limit.ts'
import { networkOf } from './login-rate.ts'

/**
 * Whether a refusal of somebody who is not logged in is the first of its kind from their address within a minute: that
 * one is written into the history. Whoever needs no login to be refused could fill the history otherwise (F-02, decision 0020).
 * @param what the reason, with whatever else tells two refusals apart
 */
export const isFirstThisMinute = async (
  deps: { db: Db; clock: Clock },
  origin: Origin,
  what: string,
): Promise<boolean> => {
  const taken = await takeTry(deps, `refusal:${networkOf(origin.ip ?? '')} ${what}`, {
    atMost: 1,
    seconds: minute,
  })
  return taken.ok
}
