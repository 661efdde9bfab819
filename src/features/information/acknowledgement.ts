import type { Deps } from '../../deps.ts'
import { plusSeconds } from '../../kernel/clock.ts'
import { asksAnybody } from './queries.ts'

const rememberedSeconds = 5

type Memory = { asked: boolean; until: Date }
const memories = new WeakMap<object, Memory>()

/**
 * Whether anybody is asked to acknowledge anything: looked up once in five seconds, since every page asks, and nearly
 * always nobody is.
 */
export const anybodyIsAsked = async ({ db, clock }: Pick<Deps, 'db' | 'clock'>): Promise<boolean> => {
  const now = clock.now()
  const remembered = memories.get(db)
  if (remembered && now < remembered.until) return remembered.asked
  const asked = await asksAnybody(db, now)
  memories.set(db, { asked, until: plusSeconds(now, rememberedSeconds) })
  return asked
}

/** From now on somebody may be asked: an article that demands it is on its way. */
export const expectAcknowledgements = ({ db }: Pick<Deps, 'db'>): void => {
  memories.delete(db)
}
