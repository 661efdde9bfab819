import type { LoginRule } from './policy.ts'

/** What may stand as a second factor beside the password. A mailed code never does (SP 800-63B-4 §3.1.3.1). */
export const factorKinds = ['totp', 'sms', 'passkey'] as const
export type FactorKind = (typeof factorKinds)[number]

const offeredBy = {
  none: [],
  // TOTP is offered beside the short message, for those without a phone at hand (B-18).
  sms: ['sms', 'totp'],
  totp: ['totp'],
  'passkey-or-totp': ['passkey', 'totp'],
} as const satisfies Record<LoginRule['secondFactor'], readonly FactorKind[]>

/** The kinds of factor that a company's users may hold, used at login or not. */
export const factorsOf = (login: LoginRule): readonly FactorKind[] => {
  const kinds = new Set<FactorKind>(offeredBy[login.secondFactor])
  if (login.ways.some(way => way.requires === 'passkey')) kinds.add('passkey')
  return [...kinds]
}

/**
 * Which factors finish a login, any one of them; none are asked for where the list is empty. A way in that can't do
 * without a passkey takes nothing else.
 */
export const factorsAtLogin = (login: LoginRule, byCertificate: boolean): readonly FactorKind[] => {
  const ways = login.ways.filter(way => (way.certificate !== 'none') === byCertificate)
  if (ways.length > 0 && ways.every(way => way.requires === 'passkey')) return ['passkey']
  if (byCertificate && login.secondFactorAt === 'ways-without-certificate') return []
  return offeredBy[login.secondFactor]
}

/**
 * Whether confirm pages ask for a one-time password beside the confirmation password (B-17). A code by SMS is
 * asked for at the login only (B-18).
 */
export const asksOtpAtConfirm = (login: LoginRule): boolean =>
  login.secondFactorAtConfirm && (login.secondFactor === 'totp' || login.secondFactor === 'passkey-or-totp')
