import { createHash } from 'node:crypto'

/** Only the hash of a token is stored: a stolen database makes no browser known. */
export const hashOf = (token: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(createHash('sha256').update(token).digest())
