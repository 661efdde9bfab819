import crypto from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

/**
 * Loaded before a program: notes in the file SIGNING_WITNESS a hash of whatever is about to be signed, so that a test
 * knows of every signature, also of one that nobody lived to record.
 */
const sign = crypto.sign
crypto.sign = (algorithm, bytes, ...rest) => {
  appendFileSync(process.env.SIGNING_WITNESS ?? '', `${crypto.hash('sha256', bytes)}\n`)
  return sign(algorithm, bytes, ...rest)
}
syncBuiltinESMExports()
