import type { CertificatePurpose, CertificateState } from '../../generated/prisma/enums.ts'
import { businessDayOf, lastSecondOf, plusDays, plusMonths, startOf } from '../../kernel/business-day.ts'
import { isOver, minute, plusSeconds } from '../../kernel/clock.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import type { CertificateLife } from '../../policy/policy.ts'

/** What a certificate is asked for. */
export const purposes = ['enrolment', 'renewal', 'reissue'] as const satisfies readonly CertificatePurpose[]

/** Why a certificate is revoked: as the history, the mail and the revocation list tell it. */
export const revocationReasons = [
  'lost',
  'newComputer',
  'userLeft',
  'contractEnded',
  'loginIdChanged',
  'replaced',
  'other',
] as const
export type RevocationReason = (typeof revocationReasons)[number]

/**
 * What can happen to a certificate (C-10). `deliver` is its file given out, again and again until the first `use`, a
 * login with it.
 */
export type CertificateStep =
  | 'prepare'
  | 'sign'
  | 'deliver'
  | 'use'
  | 'void'
  | 'revoke'
  | 'supersede'
  | 'expire'

const transitions: Record<CertificateState, Partial<Record<CertificateStep, CertificateState>>> = {
  requested: { prepare: 'prepared', void: 'void' },
  prepared: { sign: 'signed', void: 'void' },
  signed: {
    deliver: 'delivered',
    void: 'void',
    revoke: 'revoked',
    supersede: 'superseded',
    expire: 'expired',
  },
  delivered: {
    deliver: 'delivered',
    use: 'active',
    void: 'void',
    revoke: 'revoked',
    supersede: 'superseded',
    expire: 'expired',
  },
  active: { use: 'active', revoke: 'revoked', supersede: 'superseded', expire: 'expired' },
  // What has ended stays ended, and for the reason it ended for.
  void: {},
  revoked: {},
  superseded: {},
  expired: {},
}

/** The state a step leads to, or a refusal where it can't be taken from this one (C-10). */
export const after = (
  state: CertificateState,
  step: CertificateStep,
): Result<CertificateState, 'certificate.state'> => {
  const next = transitions[state][step]
  return next ? ok(next) : refuse('certificate.state', { state, step })
}

/** The states from which a step can be taken: what a conditional UPDATE asks for. */
export const statesBefore = (step: CertificateStep): CertificateState[] =>
  (Object.keys(transitions) as CertificateState[]).filter(state => transitions[state][step] !== undefined)

/** What a certificate is worth to somebody who presents it (B-02). */
export type Standing = 'usable' | 'expired' | 'revoked' | 'superseded' | 'void'

/** What of a certificate's row says what it is worth. */
export type StandingFacts = {
  state: CertificateState
  purpose: CertificatePurpose
  signedAt: Date | null
  notAfter: Date | null
  /** Null where it was handed over directly: that one may wait for its first login. */
  delivery: object | null
}

/** How a query asks for them. */
export const standingFacts = {
  state: true,
  purpose: true,
  signedAt: true,
  notAfter: true,
  delivery: { select: { certificateId: true } },
} as const

/**
 * Whether a genuine certificate may be used: it must have reached its owner, must not have been ended, its time must
 * not be over, and neither must the seven days for its first login (C-11). The clock decides, not only the state that a
 * job writes later.
 */
export const standingOf = (certificate: StandingFacts, now: Date): Standing => {
  const { state, notAfter } = certificate
  if (state === 'revoked' || state === 'superseded') return state
  if (state === 'expired' || (notAfter !== null && isOver(notAfter, now))) return 'expired'
  if (state === 'active') return 'usable'
  return state === 'delivered' && !isLeftUnused(certificate, now) ? 'usable' : 'void'
}

const isLeftUnused = ({ purpose, signedAt, delivery }: StandingFacts, now: Date): boolean =>
  delivery !== null && purposesThatVoid.includes(purpose) && signedAt !== null && signedAt < unusedSince(now)

/** A computer whose clock is a little slow must not find a new certificate not yet valid. */
const toleranceSeconds = 5 * minute

/**
 * From when to when a certificate issued at `now` is good, to 23:59:59 JST of its last day: calendar months
 * from the JST day of issue, clipped at the month's end, or days that count the day of issue.
 */
export const lifeOf = (now: Date, life: CertificateLife): { notBefore: Date; notAfter: Date } => {
  const issuedOn = businessDayOf(now)
  return {
    notBefore: plusSeconds(now, -toleranceSeconds),
    notAfter: lastSecondOf(
      'months' in life ? plusMonths(issuedOn, life.months) : plusDays(issuedOn, life.days - 1),
    ),
  }
}

const downloadSeconds = 30 * minute

/** Until when a file that was ready at `readyAt` can be downloaded, unless a login with it comes first (C-11). */
export const downloadableUntil = (readyAt: Date): Date => plusSeconds(readyAt, downloadSeconds)

/** Files that were ready at this moment or before are overdue for erasure at `now` (C-11). */
export const overdueSince = (now: Date): Date => plusSeconds(now, -downloadSeconds)

/** How far a certificate is on its way to its owner. */
export type Progress = 'issuing' | 'ready' | 'gone'

/** What the waiting page says: the clock closes a download, whether or not the file has been erased yet (C-11). */
export const progressOf = (
  certificate: { state: CertificateState; readyAt: Date | null; erasedAt: Date | null },
  now: Date,
): Progress => {
  const { state, readyAt, erasedAt } = certificate
  if (erasedAt || !(state in onTheWay)) return 'gone'
  if (!readyAt) return 'issuing'
  return now < downloadableUntil(readyAt) ? 'ready' : 'gone'
}

const onTheWay: Partial<Record<CertificateState, true>> = {
  requested: true,
  prepared: true,
  signed: true,
  delivered: true,
}

/** First and reissued certificates must be seen in a login; a renewed one has an older one beside it (C-05, C-11). */
export const purposesThatVoid: CertificatePurpose[] = ['enrolment', 'reissue']

/** Certificates requested before this moment and never used are void at `now`: seven JST days have passed (C-11). */
export const unusedSince = (now: Date): Date => startOf(plusDays(businessDayOf(now), -7))
