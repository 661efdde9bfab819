import { type Yen, yen } from '../../kernel/money.ts'
import type { Bound } from './operation.ts'

/** Everything that decides whether a user can do something, as the settings have it (E-06). */
export type Situation = {
  serviceState: 'available' | 'suspended' | 'blocked' | 'deleted'
  /** The bank has suspended them: no administrator resumes them (H-03). */
  suspendedByBank: boolean
  loginLocked: boolean
  /**
   * What the login password is worth: none was ever given, the one that was given has ended unused (H-05), or, after too
   * many wrong ones, it is taken from known browsers alone (B-07).
   */
  password: 'usable' | 'unset' | 'ended' | 'strangersEnd'
  /** The confirmation password is locked, and the operation ends on a page that asks for it. */
  confirmationLocked: boolean
  /** Codes by mail or short message, or the one-time password, are suspended after too many wrong ones. */
  codesSuspended: boolean
  otpSuspended: boolean
  /** What their certificate is worth, the one that works before others; null where the user logs in without one. */
  certificate: 'none' | 'issuing' | 'usable' | 'expired' | 'revoked' | 'superseded' | 'void' | null
  /** Whether the company has contracted the service; true for what belongs to no service. */
  contracted: boolean
  /** The bank alone does it, whoever they are. */
  banksOwn: boolean
  /** Only an administrator may do it, and the user is none. */
  administratorsOnly: boolean
  permitted: boolean
  /** Accounts the user may use, and the one in question; null where no account is needed. */
  accounts: { usable: number; chosen?: { closed: boolean; usable: boolean } } | null
  /** Limits that hold, each with its amount; undefined: nobody has set it. */
  limits: readonly { bound: Bound; amount: Yen | undefined }[]
  amount?: Yen
  /** Where requests need approvals: how many, and how many others may give them. */
  approval: { needed: number; beside: number } | null
  /** It is an approval, of a service whose requests need none. */
  nothingToApprove: boolean
}

/** What stands in the way. */
export type Obstacle =
  | { kind: 'state'; state: 'suspended' | 'suspendedByBank' | 'blocked' | 'deleted' }
  | { kind: 'password'; standing: Exclude<Situation['password'], 'usable'> }
  | { kind: 'locked'; which: 'login' | 'confirmation' | 'codes' | 'otp' }
  | { kind: 'certificate'; standing: Exclude<Situation['certificate'], 'usable' | null> }
  | { kind: 'notContracted' }
  | { kind: 'banksOwn' }
  | { kind: 'administratorsOnly' }
  | { kind: 'notPermitted' }
  | { kind: 'noAccount' }
  | { kind: 'account'; why: 'closed' | 'notUsable' }
  | { kind: 'limitUnset'; bound: Bound }
  | { kind: 'limitZero'; bound: Bound }
  | { kind: 'aboveLimit'; bound: Bound; limit: Yen }
  | { kind: 'tooFewApprovers'; missing: number }
  | { kind: 'nothingToApprove' }

export type Answer = {
  /** In the order in which the portal would meet them; none: nothing in the settings stands in the way. */
  obstacles: Obstacle[]
  /** The greatest amount the limits leave for one transaction; undefined where none bounds it or one is not set. */
  room: Yen | undefined
  /** How many others must approve before it is carried out; 0: the user sends alone. */
  approvals: number
}

/** What stands in the way of an operation, and how much room the settings leave (E-06). */
export const answer = (situation: Situation): Answer => ({
  obstacles: [
    ...personal(situation),
    ...permission(situation),
    ...accounts(situation),
    ...situation.limits.flatMap(limit => limits(limit, situation.amount)),
    ...approval(situation),
  ],
  room: roomIn(situation),
  approvals: situation.approval?.needed ?? 0,
})

const personal = (situation: Situation): Obstacle[] => {
  const { serviceState, suspendedByBank, certificate, password } = situation
  const locks = {
    login: situation.loginLocked,
    confirmation: situation.confirmationLocked,
    codes: situation.codesSuspended,
    otp: situation.otpSuspended,
  }
  return [
    ...(serviceState === 'available'
      ? []
      : [
          {
            kind: 'state' as const,
            state: serviceState === 'suspended' && suspendedByBank ? 'suspendedByBank' : serviceState,
          } as const,
        ]),
    ...(password === 'usable' ? [] : [{ kind: 'password' as const, standing: password }]),
    ...(['login', 'confirmation', 'codes', 'otp'] as const).flatMap(which =>
      locks[which] ? [{ kind: 'locked' as const, which }] : [],
    ),
    ...(certificate === null || certificate === 'usable'
      ? []
      : [{ kind: 'certificate' as const, standing: certificate }]),
  ]
}

/** The first of these hides the others: who may never hold a permission need not hear that they do not. */
const permission = (situation: Situation): Obstacle[] => {
  if (!situation.contracted) return [{ kind: 'notContracted' }]
  if (situation.banksOwn) return [{ kind: 'banksOwn' }]
  if (situation.administratorsOnly) return [{ kind: 'administratorsOnly' }]
  return situation.permitted ? [] : [{ kind: 'notPermitted' }]
}

const accounts = (situation: Situation): Obstacle[] => {
  if (!situation.accounts) return []
  const { usable, chosen } = situation.accounts
  if (!chosen) return usable === 0 ? [{ kind: 'noAccount' }] : []
  if (chosen.closed) return [{ kind: 'account', why: 'closed' }]
  return chosen.usable ? [] : [{ kind: 'account', why: 'notUsable' }]
}

const limits = ({ bound, amount: limit }: Situation['limits'][number], amount?: Yen): Obstacle[] => {
  if (limit === undefined) return [{ kind: 'limitUnset', bound }]
  if (limit === 0n) return [{ kind: 'limitZero', bound }]
  return amount !== undefined && amount > limit ? [{ kind: 'aboveLimit', bound, limit }] : []
}

const approval = ({ approval, nothingToApprove }: Situation): Obstacle[] => {
  const missing = approval ? approval.needed - approval.beside : 0
  return [
    ...(missing > 0 ? [{ kind: 'tooFewApprovers' as const, missing }] : []),
    ...(nothingToApprove ? [{ kind: 'nothingToApprove' as const }] : []),
  ]
}

const roomIn = ({ limits: all }: Situation): Yen | undefined => {
  const amounts = all.map(({ amount }) => amount)
  return amounts.reduce<Yen | undefined>(
    (least, amount) =>
      amount === undefined || least === undefined ? undefined : yen(amount < least ? amount : least),
    amounts[0],
  )
}
