import type { Hasher } from '../../src/platform/hasher.ts'

const hashes = new Map<string, Promise<string>>()

/** The hash of a password that many of a test's people have: made once, for it costs what guessing is to cost. */
export const hashOf = (hasher: Pick<Hasher, 'hash'>, password: string): Promise<string> => {
  const known = hashes.get(password) ?? hasher.hash(password)
  hashes.set(password, known)
  return known
}

/** A hasher that counts what is asked of it: comparisons with a stored hash, and those for nobody. */
export const countingHasher = (hasher: Hasher) => {
  const seen = { verify: 0, nobody: 0 }
  const counting: Hasher = {
    ...hasher,
    verify: (phc, password) => {
      seen.verify++
      return hasher.verify(phc, password)
    },
    withPlace: (lane, work) =>
      hasher.withPlace(lane, place =>
        work({
          verify: (phc, password) => {
            seen.verify++
            return place.verify(phc, password)
          },
          verifyNobody: password => {
            seen.nobody++
            return place.verifyNobody(password)
          },
        }),
      ),
  }
  return { hasher: counting, seen }
}
