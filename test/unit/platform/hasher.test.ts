import { describe, expect, it } from 'vitest'
import { createHasher } from '../../../src/platform/hasher.ts'

describe('passwords as they are kept', () => {
  it('A-01 a password is the same from a keyboard that composes its characters and from one that does not', async () => {
    const hasher = createHasher()
    const password = 'がっこうのピアノ、ｃafé'
    expect(password.normalize('NFD')).not.toBe(password.normalize('NFC'))
    for (const [kept, typed] of [
      ['NFC', 'NFD'],
      ['NFD', 'NFC'],
    ]) {
      const hash = await hasher.hash(password.normalize(kept))
      expect(await hasher.verify(hash, password.normalize(typed))).toBe(true)
      expect(await hasher.withPlace('stranger', place => place.verify(hash, password.normalize(typed)))).toBe(
        true,
      )
      // Width is kept: a full-width letter is another one.
      expect(await hasher.verify(hash, password.normalize('NFKC'))).toBe(false)
    }
  })
})
