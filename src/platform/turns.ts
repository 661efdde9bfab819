/**
 * Lets what belongs together happen one after the other in this program: `inTurn` runs `work` once everything that was
 * begun before under the same key has ended, however it ended. It spares people the sight of their own race; what must
 * hold between several programs is the database's.
 */
export const createTurns = () => {
  const last = new Map<string, Promise<void>>()
  return async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const mine = (last.get(key) ?? Promise.resolve()).then(work)
    const ended = mine.then(
      () => undefined,
      () => undefined,
    )
    last.set(key, ended)
    try {
      return await mine
    } finally {
      if (last.get(key) === ended) last.delete(key)
    }
  }
}
