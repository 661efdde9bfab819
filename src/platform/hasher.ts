import { availableParallelism } from 'node:os'
import { argon2id, hash, needsRehash, verify } from 'argon2'
import { passwordText } from '../kernel/password-text.ts'

/** OWASP ASVS 5.0, appendix C: argon2id, 19 MiB, two passes, one lane. */
export const argon2Parameters = { type: argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

/** Thrown when more passwords wait to be hashed than can be answered soon; http answers 503 with Retry-After. */
export class HasherOverloaded extends Error {}

/** Who waits for a hash: somebody whose connection holds a certificate or a session, or anybody at all. */
export type Lane = 'known' | 'stranger'

/** A place in the queue: whatever is asked of it is done, sooner or later, and never refused for want of room. */
export type HashingPlace = {
  /** Whether the password fits the PHC string. */
  verify(phc: string, password: string): Promise<boolean>
  /** Spends the time that `verify` would and says no, so that an unknown user costs what a known one does (B-05). */
  verifyNobody(password: string): Promise<false>
}

/** Hashes and compares passwords, at most as many at once as there are cores. */
export type Hasher = {
  /** A PHC string of a password: any length, any characters, composed or not. Refuses with HasherOverloaded when the queue is full. */
  hash(password: string): Promise<string>
  /** The same for one comparison of which nothing hangs but its answer. */
  verify(phc: string, password: string): Promise<boolean>
  /**
   * Runs `work` with a place in the queue, or refuses with HasherOverloaded before it begins. Whoever counts a try
   * before comparing takes the place first: a try that can't be compared must not be counted (B-06, B-07).
   */
  withPlace<T>(lane: Lane, work: (place: HashingPlace) => Promise<T>): Promise<T>
  /** Whether a hash was made with weaker parameters than today's and should be made again at this login. */
  isOutdated(phc: string): boolean
}

/**
 * A login storm must not freeze the pages: the hashes run on libuv's threads, one a core, the rest wait in a short
 * queue, and what would wait longer than about a second is refused. Strangers may fill half of it and wait behind those
 * who are known, so that a flood at the open doors keeps nobody with a certificate out.
 */
export const createHasher = (
  atOnce = availableParallelism(),
  queueLength = 25 * availableParallelism(),
): Hasher => {
  const room: Record<Lane, number> = { known: atOnce + queueLength, stranger: atOnce + queueLength / 2 }
  const waiting: Record<Lane, (() => void)[]> = { known: [], stranger: [] }
  let taken = 0
  let running = 0
  const inTurn = async <T>(lane: Lane, work: () => Promise<T>): Promise<T> => {
    if (running >= atOnce) await new Promise<void>(resolve => waiting[lane].push(resolve))
    else running++
    try {
      return await work()
    } finally {
      const next = waiting.known.shift() ?? waiting.stranger.shift()
      if (next) next()
      else running--
    }
  }
  let nobody: Promise<string> | undefined
  const nobodysHash = () => {
    nobody ??= hash('nobody has this password', argon2Parameters)
    return nobody
  }
  const placeIn = (lane: Lane): HashingPlace => ({
    verify: (phc, password) => inTurn(lane, () => verify(phc, passwordText(password))),
    verifyNobody: async password => {
      const phc = await nobodysHash()
      await inTurn(lane, () => verify(phc, passwordText(password)))
      return false
    },
  })
  const places = { known: placeIn('known'), stranger: placeIn('stranger') }
  const withRoom = async <T>(lane: Lane, work: () => Promise<T>): Promise<T> => {
    if (taken >= room[lane]) throw new HasherOverloaded('too many passwords are waiting')
    taken++
    try {
      return await work()
    } finally {
      taken--
    }
  }
  return {
    hash: password =>
      withRoom('known', () => inTurn('known', () => hash(passwordText(password), argon2Parameters))),
    verify: (phc, password) => withRoom('known', () => places.known.verify(phc, password)),
    withPlace: (lane, work) => withRoom(lane, () => work(places[lane])),
    isOutdated: phc => needsRehash(phc, argon2Parameters),
  }
}
