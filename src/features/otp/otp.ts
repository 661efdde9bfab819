import { Secret, TOTP } from 'otpauth'

/** How long one code stands, and how many steps a clock may be off (RFC 6238 §5.2). */
const stepSeconds = 30
const stepsOff = 1
export const digits = 6

/** Five wrong codes in a row suspend the token (利用停止, B-17). */
export const failuresUntilSuspension = 5

/** RFC 4226 §4 asks for at least 128 bits and recommends 160. */
export const seedBytes = 20

const generatorOf = (seed: Uint8Array, names: { issuer: string; label: string }): TOTP =>
  new TOTP({
    ...names,
    algorithm: 'SHA1', // What every authenticator app knows.
    digits,
    period: stepSeconds,
    secret: new Secret({ buffer: new Uint8Array(seed).buffer }),
  })

/** The time step whose code this is, or null: the one of now or, for a clock that is off, the one beside it. */
export const stepOf = (seed: Uint8Array, code: string, now: Date): number | null => {
  const generator = generatorOf(seed, { issuer: '', label: '' })
  const delta = generator.validate({ token: code, timestamp: now.getTime(), window: stepsOff })
  return delta === null ? null : TOTP.counter({ period: stepSeconds, timestamp: now.getTime() }) + delta
}

/** The address that the QR code holds, `otpauth://totp/…`. */
export const keyAddress = (seed: Uint8Array, names: { issuer: string; label: string }): string =>
  generatorOf(seed, names).toString()

/** The seed for those who can't scan: base32 in groups of four. */
export const keyText = (seed: Uint8Array): string =>
  (new Secret({ buffer: new Uint8Array(seed).buffer }).base32.match(/.{1,4}/g) ?? []).join(' ')

/** How a token stands: a counter at the threshold is suspended even before its suspension is written. */
export const isSuspended = (token: { failures: number; suspendedAt: Date | null }): boolean =>
  token.suspendedAt !== null || token.failures >= failuresUntilSuspension
