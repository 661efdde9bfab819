import { hour, minute } from '../../kernel/clock.ts'
import { toHalfWidth } from '../../kernel/width.ts'

export type CodeChannel = 'mail' | 'sms'

type CodeRule = {
  channel: CodeChannel
  validSeconds: number
  tries: number
  /** Whether a guessed code would pass for the user; the others only prove an address that the user has named. */
  standsForPerson: boolean
}

/**
 * What a code is for, by which way it may go, how long it works and how often it may be tried. A mailed code proves an
 * address and never a person (SP 800-63B-4 §3.1.3.1): the login knows short messages only, and the one exception is
 * the issuing of a certificate as rokin's manual has it.
 */
export const codeRules = {
  /** B-16: the address a first registration names. */
  'mail-registration': { channel: 'mail', validSeconds: 30 * minute, tries: 5, standsForPerson: false },
  /** G-06, B-22: a new address counts once its code is typed. */
  'mail-change': { channel: 'mail', validSeconds: 30 * minute, tries: 5, standsForPerson: false },
  /** D-15: the address that the user has; nobody is asked anew who they are, so it never changes one (B-22). */
  'mail-proof': { channel: 'mail', validSeconds: 30 * minute, tries: 5, standsForPerson: false },
  /** C-03. */
  'certificate-issue': { channel: 'mail', validSeconds: 30 * minute, tries: 5, standsForPerson: true },
  /** B-18. */
  'login-sms': { channel: 'sms', validSeconds: 10 * minute, tries: 5, standsForPerson: true },
  /** B-18, G-06: a new number counts once its code is typed. */
  'mobile-change': { channel: 'sms', validSeconds: 10 * minute, tries: 5, standsForPerson: false },
} as const satisfies Record<string, CodeRule>

export type CodePurpose = keyof typeof codeRules
export const codePurposes = Object.keys(codeRules) as [CodePurpose, ...CodePurpose[]]

/** How many codes a user may ask for in a while, for one purpose: guesses and messages both have an end. */
export const issuing = { atMost: 5, withinSeconds: hour } as const

/** So many wrong codes in a row, over several codes, suspend a purpose whose codes stand for the person (B-18, C-03). */
export const failuresUntilSuspension = 20

/**
 * A code as it was meant: typed with an input method, or with the spaces that the letter shows it with (I-06).
 * Undefined where it can be none.
 */
export const readCode = (typed: string): string | undefined => {
  const digits = toHalfWidth(typed).replace(/[\s\u2010-\u2015\u2212-]/g, '')
  return /^\d{6}$/.test(digits) ? digits : undefined
}
