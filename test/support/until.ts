import { setTimeout as pause } from 'node:timers/promises'

/** Asks again and again until the answer is yes: for a minute at most, which no machine that works at all needs. */
export const until = async (done: () => Promise<boolean>): Promise<void> => {
  const limit = performance.now() + 60_000
  while (!(await done())) {
    if (performance.now() > limit) throw new Error('waited for a minute in vain')
    await pause(25)
  }
}
