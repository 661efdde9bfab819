import type { Actor } from '../kernel/actor.ts'
import { hour, minute } from '../kernel/clock.ts'
import { presets } from './presets.ts'

/** What a password of some kind must look like, and what it must differ from. Lengths count characters. */
export type PasswordRule = {
  minimum: number
  maximum: number
  /** Which characters may occur: half-width letters and digits, or any printable half-width character. */
  alphabet: 'letters-digits' | 'printable'
  /** Each of these must occur at least once. */
  contains: readonly ('letter' | 'upper' | 'lower' | 'digit' | 'symbol')[]
  /** How many passwords before the current one may not come again; the current one never may. */
  remembered: number
  differsFrom: readonly ('userName' | 'loginId')[]
  /** Calendar days a password lasts, JST; null: it does not end by itself. */
  days: number | null
}

export type LockRule = {
  /** Consecutive failures that lock. */
  failures: number
  /** Seconds after which a lock ends by itself; null: somebody must release it. */
  seconds: number | null
  /** The lock, counted since the last success, that blocks (閉塞); null: locks never block. */
  blocksAt: number | null
}

export type SecurityPolicy = {
  loginPassword: PasswordRule
  lock: LockRule
  /** What a new login ID must look like; `as-given` leaves it to the bank or the administrator. */
  loginId: 'as-given' | 'letters-and-digits-6-12'
  /** Whether changes ask for 確認用パスワード, a password of its own (B-21). */
  confirmationPassword: boolean
  session: { idleSeconds: number; absoluteSeconds: number }
  certificate: {
    /** Calendar months from the day of issue, clipped at the month's end. */
    months: number
    compatibility: 'aes256' | '3des'
  }
  acquisitionPassword: { validSeconds: number; failuresUntilVoid: number }
  /** Who may undo a lock. */
  releasedBy: readonly ('helpdesk' | 'administrator')[]
  /** Bank acts that one officer may do alone; any other that gives access needs a second one (H-04). */
  byOneOfficer: readonly BankAct[]
}

/** What the bank does for a customer that gives access again (H-04). */
export type BankAct = 'lock_release' | 'acquisition_password'

/** A company's own deviations from its preset: each part given replaces the preset's. */
export type PolicyOverrides = Partial<Pick<SecurityPolicy, 'confirmationPassword'>> & {
  certificate?: Partial<SecurityPolicy['certificate']>
}

export type PresetName = keyof typeof presets

/** The policy in force for a company: its preset with its overrides laid over it. Throws for an unknown preset. */
export const policyOf = (company: { preset: string; overrides: unknown }): SecurityPolicy => {
  const preset = presets[company.preset as PresetName]
  if (!preset) throw new Error(`there is no preset "${company.preset}"`)
  const { certificate, ...rest } = (company.overrides ?? {}) as PolicyOverrides
  return { ...preset, ...rest, certificate: { ...preset.certificate, ...certificate } }
}

/** Staff log in under the bank's own rules, not a customer's (H-01). */
export const staffPolicy: Pick<SecurityPolicy, 'loginPassword' | 'lock' | 'session' | 'certificate'> = {
  loginPassword: {
    minimum: 12,
    maximum: 128,
    alphabet: 'printable',
    contains: [],
    remembered: 2,
    differsFrom: ['loginId', 'userName'],
    days: null,
  },
  lock: { failures: 5, seconds: null, blocksAt: null },
  session: { idleSeconds: 15 * minute, absoluteSeconds: 12 * hour },
  certificate: { months: 12, compatibility: 'aes256' },
}

/** Whether this actor may undo a lock of this company's users at all; whose, the command decides on the row. */
export const mayRelease = (policy: SecurityPolicy, actor: Actor): boolean =>
  (actor.kind === 'staff' && policy.releasedBy.includes('helpdesk')) ||
  (actor.kind === 'user' && actor.role !== 'user' && policy.releasedBy.includes('administrator'))
