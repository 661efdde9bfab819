import { availableParallelism } from 'node:os'
import { argon2id, hash, needsRehash, verify } from 'argon2'

/** OWASP ASVS 5.0, appendix C: argon2id, 19 MiB, two passes, one lane. */
export const argon2Parameters = { type: argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

/** Thrown when more passwords wait to be hashed than can be answered soon; http answers 503 with Retry-After. */
export class HasherOverloaded extends Error {}

/** Hashes and compares passwords, at most as many at once as there are cores. */
export type Hasher = {
  /** A PHC string of a password: any length, any characters. */
  hash(password: string): Promise<string>
  /** Whether the password fits the PHC string. Refuses with HasherOverloaded when the queue is full. */
  verify(phc: string, password: string): Promise<boolean>
  /** Spends the time that `verify` would and says no, so that an unknown user costs what a known one does (B-05). */
  verifyNobody(password: string): Promise<false>
  /** Whether a hash was made with weaker parameters than today's and should be made again at this login. */
  isOutdated(phc: string): boolean
}

/**
 * A login storm must not freeze the pages: the hashes run on libuv's threads, one a core, the rest wait in a short
 * queue, and what would wait longer than about a second is refused.
 */
export const createHasher = (
  atOnce = availableParallelism(),
  queueLength = 25 * availableParallelism(),
): Hasher => {
  let running = 0
  const waiting: (() => void)[] = []
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= atOnce) {
      if (waiting.length >= queueLength) throw new HasherOverloaded('too many passwords are waiting')
      await new Promise<void>(resolve => waiting.push(resolve))
    } else running++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
  let nobody: Promise<string> | undefined
  const nobodysHash = () => {
    nobody ??= hash('nobody has this password', argon2Parameters)
    return nobody
  }
  return {
    hash: password => inTurn(() => hash(password, argon2Parameters)),
    verify: (phc, password) => inTurn(() => verify(phc, password)),
    verifyNobody: async password => {
      const phc = await nobodysHash()
      await inTurn(() => verify(phc, password))
      return false
    },
    isOutdated: phc => needsRehash(phc, argon2Parameters),
  }
}
