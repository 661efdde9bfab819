import type { Prisma } from '../../generated/prisma/client.ts'
import type { CaseKind, CertificateState, UserRole } from '../../generated/prisma/enums.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { can } from '../../policy/can.ts'
import { policyOf, type SecurityPolicy } from '../../policy/policy.ts'
import { mayRelease } from '../../policy/who-helps.ts'
import { hasErrands, type RevocationReason } from '../certificates/index.ts'
import { contractorsOf } from '../company/index.ts'
import { isSuspended } from '../otp/index.ts'
import { listPasskeys, type Passkey } from '../passkeys/index.ts'
import { isAtStrangersEnd, isLocked, lockedUser } from '../passwords/index.ts'
import { type CaseState, stateOf } from '../two-officers/index.ts'
import type { Basis } from './acts.ts'
import { type AcquisitionPasswordState, acquisitionPasswordState, type Delivery } from './case.ts'

export type ServiceState = 'available' | 'suspended' | 'blocked' | 'deleted'

/** Looking at customers asks once more, whatever route leads here. */
export const viewing = (actor: StaffActor): void => {
  if (!can(actor, 'customer:view')) throw new Error(`${actor.role} may not look at customers`)
}

export type CustomerPassword = {
  kind: 'login_password' | 'confirmation_password'
  setAt: Date
  forceChange: boolean
  /** An initial or temporary one works until then (H-05); null: it is the user's own. */
  temporaryUntil: Date | null
  failures: number
  locked: boolean
  /** Too many wrong ones on pages without a certificate: those are closed, the login by certificate is not (B-07). */
  strangersEnd: boolean
  lockedAt: Date | null
  lockedUntil: Date | null
  /** An officer locked it, not wrong passwords. */
  lockedByBank: boolean
}

export type CustomerCertificate = {
  id: string
  serial: string | null
  state: CertificateState
  requestedAt: Date
  notAfter: Date | null
  lastUsedAt: Date | null
  endReason: string | null
}

export type CustomerCase = {
  id: string
  kind: CaseKind
  state: CaseState
  at: Date
  officer: string
  reason: string
}

export type Customer = {
  id: string
  companyId: string
  companyName: string
  contractNumber: string
  loginId: string
  name: string
  email: string
  emailState: 'unverified' | 'valid' | 'undeliverable'
  /** What they have registered under 個人情報 (G-06): where an officer calls back. E.164. */
  phone: string | null
  mobile: string | null
  organisation: string
  department: string
  locale: string
  role: UserRole
  serviceState: ServiceState
  /** When the contract of their company ended; null where it goes on (H-06). */
  contractEndedAt: Date | null
  /** 利用停止 by the bank, which alone resumes it. */
  suspendedByBank: boolean
  /** What they go back to when the bank resumes them; null where it has not suspended them. */
  stateBeforeBank: ServiceState | null
  /** 初期登録 is still to be done (B-16). */
  registrationDue: boolean
  /** An administrator, or a contractor, whom nobody of their company is able to help (B-06, D-14). */
  helpless: boolean
  /** Who has the contractor's role in their company, suspended or not: whom a successor succeeds (D-14). */
  contractors: { id: string; loginId: string; name: string }[]
  /** Something is on its way that could still lead to a certificate: a request, an errand, a password (C-14). */
  errands: boolean
  /** The passkeys they hold, oldest first: a revocation removes them all, 「パスキー削除」 one (C-19). */
  passkeys: Passkey[]
  /** Open sessions, save those of an errand. */
  liveSessions: number
  createdAt: Date
  lastLoginAt: Date | null
  lastLoginFrom: string | null
  policy: SecurityPolicy
  passwords: CustomerPassword[]
  /** A password is locked, closed to strangers or blocked, the one-time password or the codes suspended: what a release undoes. */
  locked: boolean
  /** Since when 認証コード are suspended; null where they are not (B-18, C-03). */
  codesSuspendedAt: Date | null
  /** Whether the policy leaves undoing it to this officer. */
  mayBeReleased: boolean
  /** The user's one-time password, if they have one (B-17). */
  otp: { suspended: boolean; suspendedAt: Date | null; registeredAt: Date | null } | null
  /** The newest wrong passwords, when and from where (H-02). */
  failures: { at: Date; ip: string | null }[]
  certificates: CustomerCertificate[]
  /** The newest acquisition password; never its value. `pending` is the one that could still be used or voided. */
  acquisitionPassword: {
    id: string
    issuedAt: Date
    expiresAt: Date
    failures: number
    state: AcquisitionPasswordState
    pending: boolean
  } | null
  cases: CustomerCase[]
}

// Named one by one: no hash and no key comes near a page.
const customerColumns = {
  id: true,
  companyId: true,
  loginId: true,
  name: true,
  email: true,
  emailState: true,
  phone: true,
  mobile: true,
  organisation: true,
  department: true,
  locale: true,
  role: true,
  serviceState: true,
  suspendedByBank: true,
  stateBeforeBank: true,
  registrationDue: true,
  createdAt: true,
  lastLoginAt: true,
  lastLoginFrom: true,
  company: {
    select: { name: true, contractNumber: true, contractEndedAt: true, policyVersion: true, policies: true },
  },
  credentials: {
    orderBy: { kind: 'asc' },
    select: {
      kind: true,
      setAt: true,
      forceChange: true,
      temporaryUntil: true,
      failures: true,
      strangerFailures: true,
      strangerRetryAfter: true,
      lockedAt: true,
      lockedUntil: true,
      lockedByBank: true,
    },
  },
  certificates: {
    orderBy: { requestedAt: 'desc' },
    take: 10,
    select: {
      id: true,
      serial: true,
      state: true,
      requestedAt: true,
      notAfter: true,
      lastUsedAt: true,
      endReason: true,
    },
  },
  acquisitionPasswords: {
    orderBy: { issuedAt: 'desc' },
    take: 1,
    select: { id: true, issuedAt: true, expiresAt: true, failures: true, usedAt: true, voidedAt: true },
  },
  otpTokens: {
    where: { state: 'active' },
    select: { failures: true, suspendedAt: true, registeredAt: true },
  },
  codeFailures: { where: { suspendedAt: { not: null } }, select: { suspendedAt: true } },
  cases: {
    orderBy: { preparedAt: 'desc' },
    take: 10,
    select: {
      id: true,
      kind: true,
      state: true,
      expiresAt: true,
      preparedAt: true,
      reason: true,
      preparedBy: { select: { name: true } },
    },
  },
} as const satisfies Prisma.UserSelect

/** Everything the helpdesk may know of one user (H-02); undefined when there is none with this id. */
export const findCustomer = async (
  deps: { db: Tx; clock: Clock },
  actor: StaffActor,
  userId: string,
): Promise<Customer | undefined> => {
  viewing(actor)
  const row = await deps.db.user.findUnique({ where: { id: userId }, select: customerColumns })
  const policyRow = row?.company.policies.find(each => each.version === row.company.policyVersion)
  if (!row || !policyRow) return undefined
  const now = deps.clock.now()
  const policy = policyOf(policyRow)
  const passwords = row.credentials.map(each => ({
    kind: each.kind,
    setAt: each.setAt,
    forceChange: each.forceChange,
    temporaryUntil: each.temporaryUntil,
    failures: each.failures,
    locked: isLocked(each, policy.lock, now),
    strangersEnd: isAtStrangersEnd(each, now),
    lockedAt: each.lockedAt,
    lockedUntil: each.lockedUntil,
    lockedByBank: each.lockedByBank,
  }))
  const {
    company,
    credentials: _credentials,
    acquisitionPasswords,
    cases,
    otpTokens,
    codeFailures,
    ...user
  } = row
  const [token] = otpTokens
  const otp = token
    ? { suspended: isSuspended(token), suspendedAt: token.suspendedAt, registeredAt: token.registeredAt }
    : null
  const newest = acquisitionPasswords[0]
  const holder = { companyId: row.companyId, userId: row.id }
  const locked = await lockedUser(deps, deps.db, policy, holder)
  return {
    ...user,
    companyName: company.name,
    contractNumber: company.contractNumber,
    contractEndedAt: company.contractEndedAt,
    policy,
    passwords,
    locked:
      row.serviceState === 'blocked' ||
      passwords.some(each => each.locked || each.strangersEnd) ||
      (otp?.suspended ?? false) ||
      codeFailures.length > 0,
    codesSuspendedAt: codeFailures[0]?.suspendedAt ?? null,
    mayBeReleased: mayRelease(policy, actor, locked),
    helpless: locked.helpless,
    contractors: await contractorsOf(deps.db, row.companyId),
    errands: await hasErrands(deps, holder),
    passkeys: await listPasskeys(deps.db, holder),
    liveSessions: await deps.db.session.count({
      where: { userId: row.id, kind: 'user', endedAt: null, absoluteEnd: { gt: now } },
    }),
    otp,
    failures: await failuresOf(deps, row),
    acquisitionPassword: newest
      ? {
          id: newest.id,
          issuedAt: newest.issuedAt,
          expiresAt: newest.expiresAt,
          failures: newest.failures,
          state: acquisitionPasswordState(newest, now),
          pending: newest.usedAt === null && newest.voidedAt === null,
        }
      : null,
    cases: cases.map(each => ({
      id: each.id,
      kind: each.kind,
      state: stateOf(each, now),
      at: each.preparedAt,
      officer: each.preparedBy.name,
      reason: each.reason,
    })),
  }
}

const failuresOf = (
  deps: { db: Pick<Tx, 'history'> },
  user: { id: string; companyId: string },
): Promise<{ at: Date; ip: string | null }[]> =>
  deps.db.history.findMany({
    where: { chainId: user.companyId, actorId: user.id, operation: 'login.failed' },
    orderBy: [{ at: 'desc' }, { id: 'desc' }],
    take: 5,
    select: { at: true, ip: true },
  })

/** What a case about a customer is to do, as it was prepared: stored with it, and carried out exactly so. */
export type Proposal = {
  delivery: Delivery
  /** The corrected mail address, where that is the act. */
  email: string | null
  /** The corrected mobile number in E.164, where that is the act. */
  mobile?: string
  revocationReason: RevocationReason
  /** Which one is removed, where that is the act. */
  passkey?: { id: string; name: string }
  /** The customer's state that it stands on. */
  basis: Basis
}
