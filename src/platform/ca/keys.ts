import { generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'

const generate = promisify(generateKeyPair)

/** C-13: RSA-3072 by default, P-256 as an option, RSA-2048 as a labelled deviation. */
export type KeyAlgorithm = 'rsa-3072' | 'rsa-2048' | 'p-256'

export type KeyPair = { publicKey: KeyObject; privateKey: KeyObject }

/** A new pair of keys, made in the thread pool: pages go on meanwhile. */
export const generateKeys = (algorithm: KeyAlgorithm): Promise<KeyPair> => {
  switch (algorithm) {
    case 'rsa-3072':
      return generate('rsa', { modulusLength: 3072 })
    case 'rsa-2048':
      return generate('rsa', { modulusLength: 2048 })
    case 'p-256':
      return generate('ec', { namedCurve: 'P-256' })
  }
}
