import { randomBytes, randomInt } from 'node:crypto'

/** A secret nobody can guess: 256 random bits in 43 characters that fit into cookies and URLs. */
export const randomToken = (): string => randomBytes(32).toString('base64url')

/** A key for one-time passwords and the like. */
export const randomSeed = (bytes: number): Buffer => randomBytes(bytes)

/** Characters of an alphabet, each as likely as the other. */
export const randomText = (alphabet: string, length: number): string =>
  Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')

/** A host label nobody can guess, for one login: 80 random bits as 20 hexadecimal digits (B-03). */
export const randomLabel = (): string => randomBytes(10).toString('hex')

/** A code to be read from a mail or a telephone and typed once: decimal digits, leading zeros included. */
export const randomDigits = (length: number): string => Array.from({ length }, () => randomInt(10)).join('')

// Without characters that look alike on paper: 0 and O, 1, I and l.
const letters = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ'
const digits = '23456789'

// Signs that a person finds on every keyboard and can call by a name, and that no mail or letter eats.
const signs = '!#$%&*+=?@'

/**
 * A password made for somebody, to be read from a letter and typed once: letters and digits, at least two of each,
 * no look-alikes, and a sign among them where the rule it must keep wants one. Twelve characters carry about 69 random bits.
 */
export const randomPassword = (length = 12, { sign = false } = {}): string => {
  for (;;) {
    const password = randomText(letters + digits + (sign ? signs : ''), length)
    const count = (pattern: RegExp) => password.match(pattern)?.length ?? 0
    if (sign && count(/[^A-Za-z\d]/g) === 0) continue
    if (count(/[a-z]/g) > 0 && count(/[A-Z]/g) > 0 && count(/\d/g) >= 2) return password
  }
}
