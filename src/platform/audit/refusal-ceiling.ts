import type { Actor } from '../../kernel/actor.ts'
import { type Clock, minute } from '../../kernel/clock.ts'
import type { Db, Tx } from '../db/client.ts'
import { countIn, type EndedWindow, endedWindows, takeWindow } from '../rate-limit.ts'

/**
 * As many refused tries of one person are written down in so many seconds (decision 94): more than anybody is refused who works,
 * and few enough that no session can fill a chain that nothing may be taken from.
 */
export const refusalCeiling = { atMost: 200, seconds: 10 * minute }

const beginning = 'refused:'

/**
 * Whether a refused try of somebody who is known is still written down; from the ceiling on it is only counted. Strangers have
 * a ceiling of their own before they come here (platform/http/refusal-rate.ts), the program itself needs none.
 */
export const isWritten = async (deps: { db: Db; clock: Clock }, actor: Actor): Promise<boolean> => {
  if (actor.kind !== 'user' && actor.kind !== 'staff') return true
  const { count } = await countIn(deps, keyOf(actor), refusalCeiling.seconds)
  return count <= refusalCeiling.atMost
}

/** Somebody's refused tries that were counted in a window, beyond those that were written down. */
export type CountedRefusals = {
  who: { kind: 'user' | 'staff'; id: string; loginId: string; companyId: string | null }
  refusals: number
  from: Date
  until: Date
  /** Takes them away, in the transaction that writes them down as one entry; false when another has. */
  take(tx: Tx): Promise<boolean>
}

/** What was only counted in windows that have ended, oldest first. */
export const countedRefusals = async (deps: { db: Db; clock: Clock }): Promise<CountedRefusals[]> =>
  (await endedWindows(deps, beginning, refusalCeiling)).map(window => ({
    who: whoOf(window),
    refusals: window.count - refusalCeiling.atMost,
    from: window.startedAt,
    until: new Date(window.startedAt.getTime() + refusalCeiling.seconds * 1000),
    take: tx => takeWindow(tx, window),
  }))

// A login ID holds no space, and comes last of what is ours: `countIn` adds the window.
const keyOf = (actor: Actor & { kind: 'user' | 'staff' }): string =>
  `${beginning}${actor.kind}:${actor.kind === 'user' ? actor.companyId : ''}:${actor.id}:${actor.loginId}`

const whoOf = ({ key }: EndedWindow): CountedRefusals['who'] => {
  const [, kind, companyId = '', id = '', ...loginId] = key.slice(0, key.lastIndexOf(' ')).split(':')
  return {
    kind: kind === 'staff' ? 'staff' : 'user',
    id,
    loginId: loginId.join(':'),
    companyId: companyId === '' ? null : companyId,
  }
}
