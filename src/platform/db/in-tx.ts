import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Db, Tx } from './client.ts'
import { isConflict } from './errors.ts'

export type { Tx } from './client.ts'

type Open = { db: Db; tx: Tx; ended: boolean }
const current = new AsyncLocalStorage<Open | undefined>()

const tries = 5

/** Carries a refusal out of a transaction that it rolls back. */
class Refused extends Error {
  readonly value: unknown
  constructor(value: unknown) {
    super('refused')
    this.value = value
  }
}

const isRefusal = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'ok' in value && value.ok === false

/**
 * Runs `fn` in a transaction and gives what it gives.
 *
 * - Inside another `inTx` on the same database it joins that transaction; the outermost one decides its end.
 * - It commits, unless `fn` throws or gives a refusal `{ ok: false, … }`: then nothing is stored, and the refusal is
 *   recorded afterwards by `inOwnTx`. A refusal of a joined call rolls nothing back unless the outer one gives it on.
 * - Where another transaction was in the way (SQLSTATE 40001, 40P01) it runs again from the start, five times at most:
 *   `fn` must do nothing but through `tx` that can't be done twice.
 * - `seconds`: how long it may take, for jobs that store much at once; each of its statements must be as quick as others.
 * - A failed statement ends the transaction even if its error is caught: never go on after one. COMMIT would then
 *   throw a PoisonedTransactionError.
 */
export const inTx = async <T>(
  deps: { db: Db },
  fn: (tx: Tx) => Promise<T>,
  { seconds }: { seconds?: number | undefined } = {},
): Promise<T> => {
  const open = current.getStore()
  if (open && open.db === deps.db && !open.ended) return fn(open.tx)
  return transaction(deps.db, fn, isRefusal, seconds === undefined ? {} : { timeout: seconds * 1000 })
}

/**
 * Runs `fn` in a transaction of its own, whatever is open around it, and commits whatever it gives, refusals too:
 * for failed passwords and refused tries, which must be remembered although nothing else is stored (B-06, F-02).
 *
 * It takes a second connection while an outer transaction holds the first, and waits in vain for rows that the outer
 * one has locked: call it when that one has ended wherever possible.
 */
export const inOwnTx = <T>(deps: { db: Db }, fn: (tx: Tx) => Promise<T>): Promise<T> =>
  current.run(undefined, () => transaction(deps.db, fn, () => false))

const transaction = async <T>(
  db: Db,
  fn: (tx: Tx) => Promise<T>,
  rollsBack: (value: T) => boolean,
  patience: { timeout?: number } = {},
): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.$transaction(async tx => {
        const open: Open = { db, tx, ended: false }
        try {
          const value = await current.run(open, () => fn(tx))
          if (rollsBack(value)) throw new Refused(value)
          return value
        } finally {
          // Whatever fn left running unawaited must not join a transaction that is over.
          open.ended = true
        }
      }, patience)
    } catch (error) {
      if (error instanceof Refused) return error.value as T
      if (attempt === tries || !isConflict(error)) throw error
      // Those that collided must not meet again at the same moment.
      await sleep(Math.random() * 10 * 2 ** attempt)
    }
  }
}
