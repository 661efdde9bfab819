import type { Deps } from '../../deps.ts'
import type { Prisma } from '../../generated/prisma/client.ts'
import type { CaseKind, CertificateState, UserRole } from '../../generated/prisma/enums.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { type BusinessDay, fromColumn } from '../../kernel/business-day.ts'
import { can } from '../../policy/can.ts'
import { mayRelease, policyOf, type SecurityPolicy } from '../../policy/policy.ts'
import { isSuspended } from '../otp/index.ts'
import { isAtStrangersEnd, isLocked, lockedUser } from '../passwords/index.ts'
import { type AcquisitionPasswordState, acquisitionPasswordState } from './case.ts'

export type ServiceState = 'available' | 'suspended' | 'blocked' | 'deleted'

/** Looking at customers asks once more, whatever route leads here. */
export const viewing = (actor: StaffActor): void => {
  if (!can(actor, 'customer:view')) throw new Error(`${actor.role} may not look at customers`)
}

export type CustomerPassword = {
  kind: 'login_password' | 'confirmation_password'
  setAt: Date
  forceChange: boolean
  failures: number
  locked: boolean
  /** Too many wrong ones on pages without a certificate: those are closed, the login by certificate is not (B-07). */
  strangersEnd: boolean
  lockedAt: Date | null
  lockedUntil: Date | null
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

export type CustomerCase = { id: string; kind: CaseKind; at: Date; officer: string; reason: string }

export type Customer = {
  id: string
  companyId: string
  companyName: string
  contractNumber: string
  loginId: string
  name: string
  email: string
  emailState: 'unverified' | 'valid' | 'undeliverable'
  role: UserRole
  serviceState: ServiceState
  createdAt: Date
  lastLoginAt: Date | null
  lastLoginFrom: string | null
  policy: SecurityPolicy
  passwords: CustomerPassword[]
  /** A password is locked, closed to strangers, the one-time password or the codes suspended: what a release undoes. */
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
  role: true,
  serviceState: true,
  createdAt: true,
  lastLoginAt: true,
  lastLoginFrom: true,
  company: { select: { name: true, contractNumber: true, policyVersion: true, policies: true } },
  credentials: {
    orderBy: { kind: 'asc' },
    select: {
      kind: true,
      setAt: true,
      forceChange: true,
      failures: true,
      strangerFailures: true,
      strangerRetryAfter: true,
      lockedAt: true,
      lockedUntil: true,
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
    select: { id: true, kind: true, preparedAt: true, reason: true, preparedBy: { select: { name: true } } },
  },
} as const satisfies Prisma.UserSelect

/** Whether a customer's user has a certificate that could be revoked. */
export const hasUsable = ({ certificates }: Pick<Customer, 'certificates'>): boolean =>
  certificates.some(({ state }) => state === 'signed' || state === 'delivered' || state === 'active')

/** Everything the helpdesk may know of one user (H-02); undefined when there is none with this id. */
export const findCustomer = async (
  deps: Pick<Deps, 'db' | 'clock'>,
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
    failures: each.failures,
    locked: isLocked(each, policy.lock, now),
    strangersEnd: isAtStrangersEnd(each, now),
    lockedAt: each.lockedAt,
    lockedUntil: each.lockedUntil,
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
  return {
    ...user,
    companyName: company.name,
    contractNumber: company.contractNumber,
    policy,
    passwords,
    locked:
      passwords.some(each => each.locked || each.strangersEnd) ||
      (otp?.suspended ?? false) ||
      codeFailures.length > 0,
    codesSuspendedAt: codeFailures[0]?.suspendedAt ?? null,
    mayBeReleased: mayRelease(
      policy,
      actor,
      await lockedUser(deps, deps.db, policy, { companyId: row.companyId, userId: row.id }),
    ),
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
      at: each.preparedAt,
      officer: each.preparedBy.name,
      reason: each.reason,
    })),
  }
}

const failuresOf = (
  deps: Pick<Deps, 'db'>,
  user: { id: string; companyId: string },
): Promise<{ at: Date; ip: string | null }[]> =>
  deps.db.history.findMany({
    where: { chainId: user.companyId, actorId: user.id, operation: 'login.failed' },
    orderBy: [{ at: 'desc' }, { id: 'desc' }],
    take: 5,
    select: { at: true, ip: true },
  })

export type Case = {
  id: string
  kind: CaseKind
  companyId: string
  userId: string
  loginId: string
  name: string
  companyName: string
  at: Date
  officer: string
  reason: string
  formReceivedOn: BusinessDay | null
  acquisitionPassword: { expiresAt: Date; state: AcquisitionPasswordState } | null
  /** By which JST day another officer looks at it; null where nobody need. */
  reviewDueOn: BusinessDay | null
  reviewed: { at: Date; officer: string } | null
  /** Who did it, and so can't review it. */
  officerId: string
}

/** One case; undefined when there is none with this id. */
export const findCase = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: StaffActor,
  caseId: string,
): Promise<Case | undefined> => {
  viewing(actor)
  const row = await deps.db.helpdeskCase.findUnique({
    where: { id: caseId },
    include: {
      user: { select: { loginId: true, name: true } },
      company: { select: { name: true } },
      preparedBy: { select: { name: true } },
      reviewedBy: { select: { name: true } },
    },
  })
  // A case of the company itself has a page of its own, with its policy.
  if (!row?.user || !row.userId) return undefined
  const issued =
    row.kind === 'acquisition_password' || row.kind === 'new_computer'
      ? await deps.db.acquisitionPassword.findUnique({ where: { id: row.id } })
      : null
  return {
    id: row.id,
    kind: row.kind,
    companyId: row.companyId,
    userId: row.userId,
    loginId: row.user.loginId,
    name: row.user.name,
    companyName: row.company.name,
    at: row.preparedAt,
    officer: row.preparedBy.name,
    reason: row.reason,
    formReceivedOn: row.formReceivedOn && fromColumn(row.formReceivedOn),
    reviewDueOn: row.reviewDueOn && fromColumn(row.reviewDueOn),
    reviewed: row.reviewedAt && row.reviewedBy ? { at: row.reviewedAt, officer: row.reviewedBy.name } : null,
    officerId: row.preparedById,
    acquisitionPassword: issued && {
      expiresAt: issued.expiresAt,
      state: acquisitionPasswordState(issued, deps.clock.now()),
    },
  }
}

/** A case that waits for another officer's look. */
export type WaitingReview = {
  id: string
  kind: CaseKind
  at: Date
  dueOn: BusinessDay
  officer: string
  officerId: string
  loginId: string
  companyName: string
  reason: string
}

/** What one officer did alone and nobody has looked at yet, the most urgent first (H-04). */
export const waitingReviews = async (deps: Pick<Deps, 'db'>, actor: StaffActor): Promise<WaitingReview[]> => {
  viewing(actor)
  const rows = await deps.db.helpdeskCase.findMany({
    where: { reviewDueOn: { not: null }, reviewedAt: null },
    orderBy: [{ reviewDueOn: 'asc' }, { preparedAt: 'asc' }],
    take: 200,
    include: {
      user: { select: { loginId: true } },
      company: { select: { name: true } },
      preparedBy: { select: { name: true } },
    },
  })
  return rows.flatMap(row =>
    row.reviewDueOn
      ? [
          {
            id: row.id,
            kind: row.kind,
            at: row.preparedAt,
            dueOn: fromColumn(row.reviewDueOn),
            officer: row.preparedBy.name,
            officerId: row.preparedById,
            loginId: row.user?.loginId ?? '',
            companyName: row.company.name,
            reason: row.reason,
          },
        ]
      : [],
  )
}
