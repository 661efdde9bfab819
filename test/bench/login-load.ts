import { setTimeout as pause } from 'node:timers/promises'
import { type Customer, logIn, logOut } from './bed.ts'

/**
 * Logins at a steady pace, each followed by home and a logout, one customer after the other. A customer whose last
 * visit still lasts lets the turn pass; gives how many logins were done.
 * @throws when a login was refused
 */
export const stormOfLogins = async (
  customers: readonly Customer[],
  { perSecond, seconds }: { perSecond: number; seconds: number },
): Promise<number> => {
  const visiting = new Map<Customer, Promise<void>>()
  let done = 0
  let failure: { error: unknown } | undefined
  const startedAt = performance.now()
  for (let turn = 0; turn < perSecond * seconds; turn++) {
    await pause(Math.max(0, startedAt + (turn * 1000) / perSecond - performance.now()))
    const customer = customers[turn % customers.length]
    if (!customer || visiting.has(customer)) continue
    const visit = logIn(customer)
      .then(() => logOut(customer))
      .then(
        () => {
          done++
        },
        error => {
          failure ??= { error }
        },
      )
      .finally(() => visiting.delete(customer))
    visiting.set(customer, visit)
  }
  await Promise.all(visiting.values())
  if (failure) throw failure.error
  return done
}
