import type { Deps } from '../../deps.ts'
import type { EmailState, ServiceState, UserRole } from '../../generated/prisma/enums.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { isId } from '../../kernel/ids.ts'
import { type Yen, yen } from '../../kernel/money.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { loginIdScopeOf } from '../../policy/login-id.ts'
import { policyOf, type RoleWord, roleWordOf, type SecurityPolicy } from '../../policy/policy.ts'
import { type Standing, type StandingFacts, standingFacts, standingOf } from '../certificates/index.ts'
import { isSuspended, type OtpStanding } from '../otp/index.ts'
import { isAtStrangersEnd, isLocked } from '../passwords/index.ts'
import type { MatrixService, PermissionKind } from './matrix.ts'
import { loginIdKey } from './user.ts'

/** 電子証明書 as the list and the enquiry show it: the one its holder can log in with, else the newest (D-01). */
export type CertificateFact = { standing: 'none' | 'issuing' | Standing; notAfter: Date | null }

export type ListedUser = {
  id: string
  loginId: string
  name: string
  role: UserRole
  /** What the company's manual calls such a user. */
  roleWord: RoleWord
  serviceState: ServiceState
  /** 利用停止 by the bank, which alone resumes it (H-03). */
  suspendedByBank: boolean
  emailState: EmailState
  locked: boolean
  /** False until somebody gives them their first login password: nobody can log in as them (D-13). */
  passwordSet: boolean
  /** The pages without a certificate are closed to them, after too many wrong passwords there (B-07). */
  strangersEnd: boolean
  /** 認証コード, by short message or mail, are suspended after too many wrong ones (B-18, C-03). */
  codesSuspended: boolean
  certificate: CertificateFact
  /** ワンタイムパスワード状態 (D-01). */
  otp: OtpStanding
  lastLoginAt: Date | null
}

export type CompanyAccount = {
  id: string
  branchCode: string
  branchName: string
  kind: 'ordinary' | 'checking' | 'savings'
  number: string
  memo: string
}

/** Everything of D-03 to D-05 about one user. */
export type UserRecord = ListedUser & {
  /** Grows with each change (D-12). */
  version: number
  email: string
  /** E.164 (B-18). */
  mobile: string | null
  /** What they have written of themselves under 個人情報 (G-06); the number in E.164. */
  phone: string | null
  organisation: string
  department: string
  createdAt: Date
  lastLoginFrom: string | null
  /** Must the login password be changed at the next login? */
  changeForced: boolean
  confirmationLocked: boolean
  /** The login password was a temporary one, and its time is over (H-05). */
  passwordEnded: boolean
  matrix: MatrixService[]
  permissions: ReadonlySet<string>
  accounts: CompanyAccount[]
  limits: ReadonlyMap<string, Yen>
}

/** How many users a page shows. */
export const pageSize = 20

/** How a query asks for the certificates of a user, the newest first, for `certificateFact`. */
export const certificateFacts = { select: standingFacts, orderBy: { requestedAt: 'desc' } } as const

const listed = {
  id: true,
  loginId: true,
  name: true,
  role: true,
  serviceState: true,
  suspendedByBank: true,
  emailState: true,
  lastLoginAt: true,
  credentials: {
    select: {
      kind: true,
      failures: true,
      strangerFailures: true,
      strangerRetryAfter: true,
      lockedAt: true,
      lockedUntil: true,
      forceChange: true,
      temporaryUntil: true,
    },
  },
  certificates: certificateFacts,
  otpTokens: { where: { state: 'active' }, select: { failures: true, suspendedAt: true } },
  codeFailures: { where: { suspendedAt: { not: null } }, select: { purpose: true } },
} as const

/** What of a user's rows says how they stand. */
export type ListedRow = Omit<
  ListedUser,
  'locked' | 'strangersEnd' | 'codesSuspended' | 'certificate' | 'otp' | 'roleWord' | 'passwordSet'
> & {
  credentials: {
    kind: 'login_password' | 'confirmation_password'
    failures: number
    strangerFailures: number
    strangerRetryAfter: Date | null
    lockedAt: Date | null
    lockedUntil: Date | null
    forceChange: boolean
  }[]
  certificates: StandingFacts[]
  otpTokens: { failures: number; suspendedAt: Date | null }[]
  codeFailures: { purpose: string }[]
}

/** One user of the actor's company, or `user.notFound`; another company's is not found either (security.md). */
export const findUser = async (
  deps: { db: Tx; clock: Deps['clock'] },
  actor: UserActor,
  id: string,
): Promise<Result<UserRecord, 'user.notFound'>> => {
  if (!isId(id)) return refuse('user.notFound')
  const row = await deps.db.user.findFirst({
    where: { id, companyId: actor.companyId, serviceState: { not: 'deleted' } },
    select: {
      ...listed,
      version: true,
      email: true,
      mobile: true,
      phone: true,
      organisation: true,
      department: true,
      createdAt: true,
      lastLoginFrom: true,
      permissions: { select: { serviceCode: true, permissionCode: true } },
      accounts: { select: { accountId: true } },
      limits: { select: { serviceCode: true, amount: true } },
    },
  })
  if (!row) return refuse('user.notFound')
  const { policy } = await contractOf(deps.db, actor)
  const now = deps.clock.now()
  const usable = new Set(row.accounts.map(({ accountId }) => accountId))
  const login = row.credentials.find(each => each.kind === 'login_password')
  const confirmation = row.credentials.find(each => each.kind === 'confirmation_password')
  return ok({
    ...listedUser(row, policy, now),
    version: row.version,
    email: row.email,
    mobile: row.mobile,
    phone: row.phone,
    organisation: row.organisation,
    department: row.department,
    createdAt: row.createdAt,
    lastLoginFrom: row.lastLoginFrom,
    changeForced: login?.forceChange ?? false,
    confirmationLocked: confirmation !== undefined && isLocked(confirmation, policy.lock, now),
    passwordEnded: login?.temporaryUntil != null && login.temporaryUntil <= now,
    matrix: await serviceMatrix(deps.db, actor),
    permissions: new Set(row.permissions.map(each => `${each.serviceCode}.${each.permissionCode}`)),
    accounts: (await companyAccounts(deps.db, actor)).filter(({ id }) => usable.has(id)),
    limits: new Map(row.limits.map(({ serviceCode, amount }) => [serviceCode, yen(amount)])),
  })
}

/** The services that the actor's company has contracted, each with its permissions, in the manual's order (D-04). */
export const serviceMatrix = async (db: Tx, actor: UserActor): Promise<MatrixService[]> => {
  const contracted = await db.companyService.findMany({
    where: { companyId: actor.companyId },
    orderBy: { service: { sort: 'asc' } },
    select: {
      approval: true,
      service: { select: { code: true, userLimit: true, permissions: { orderBy: { sort: 'asc' } } } },
    },
  })
  return contracted.map(({ approval, service }) => ({
    code: service.code,
    approval,
    userLimit: service.userLimit,
    permissions: service.permissions.map(({ code, kind, administratorsOnly }) => ({
      code,
      kind: kind as PermissionKind,
      administratorsOnly,
    })),
  }))
}

/** The accounts of the actor's company that are not closed, by branch and number. */
export const companyAccounts = (db: Tx, actor: UserActor): Promise<CompanyAccount[]> =>
  db.account.findMany({
    where: { companyId: actor.companyId, closedAt: null },
    orderBy: [{ branchCode: 'asc' }, { kind: 'asc' }, { number: 'asc' }],
    select: { id: true, branchCode: true, branchName: true, kind: true, number: true, memo: true },
  })

/**
 * Whether a login ID is taken, by anyone in any company or, where the policy says so, in the actor's own: whose it is,
 * nobody is told (D-03). A deleted user's stays taken (D-09). `exceptFor`: whose it may be, where theirs is changed.
 */
export const isLoginIdTaken = async (
  db: Tx,
  actor: UserActor,
  loginId: string,
  exceptFor?: { id: string },
): Promise<boolean> => {
  const { company, policy } = await contractOf(db, actor)
  const loginIdScope = loginIdScopeOf(policy.loginId, company.contractNumber)
  const where = {
    loginIdScope,
    loginIdKey: loginIdKey(loginId),
    ...(exceptFor && { id: { not: exceptFor.id } }),
  }
  return (await db.user.count({ where })) > 0
}

/** How many certificates of a user are usable or on their way. */
export const liveCertificates = (
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  holder: { companyId: string; userId: string },
): Promise<number> =>
  db.certificate.count({
    where: {
      ...holder,
      OR: [
        { state: { in: ['requested', 'prepared'] } },
        { state: { in: ['signed', 'delivered', 'active'] }, notAfter: { gte: clock.now() } },
      ],
    },
  })

/** The actor's company as its contract names it, and the security policy in force for it. */
export const contractOf = async (
  db: Tx,
  actor: UserActor,
): Promise<{ company: { name: string; contractNumber: string }; policy: SecurityPolicy }> => {
  const { policyVersion, ...company } = await db.company.findUniqueOrThrow({
    where: { id: actor.companyId },
    select: { policyVersion: true, name: true, contractNumber: true },
  })
  const policy = policyOf(
    await db.companyPolicy.findUniqueOrThrow({
      where: { companyId_version: { companyId: actor.companyId, version: policyVersion } },
      select: { preset: true, overrides: true },
    }),
  )
  return { company, policy }
}

/** How a user stands now, by the company's policy (D-01). */
export const listedUser = (
  { credentials, certificates, otpTokens, codeFailures, ...user }: ListedRow,
  policy: SecurityPolicy,
  now: Date,
): ListedUser => {
  const login = credentials.find(each => each.kind === 'login_password')
  return {
    id: user.id,
    loginId: user.loginId,
    name: user.name,
    role: user.role,
    roleWord: roleWordOf(policy, user.role),
    serviceState: user.serviceState,
    suspendedByBank: user.suspendedByBank,
    emailState: user.emailState,
    lastLoginAt: user.lastLoginAt,
    passwordSet: login !== undefined,
    locked: login !== undefined && isLocked(login, policy.lock, now),
    strangersEnd: login !== undefined && isAtStrangersEnd(login, now),
    codesSuspended: codeFailures.length > 0,
    certificate: certificateFact(certificates, now),
    otp: otpTokens[0] ? (isSuspended(otpTokens[0]) ? 'suspended' : 'active') : 'none',
  }
}

/**
 * What a user's certificates are worth now, the newest given first: whoever can log in with one is not told of another, which
 * may be under way, never have been fetched, or be left unused (C-05, C-11).
 */
export const certificateFact = (certificates: readonly StandingFacts[], now: Date): CertificateFact => {
  const usable = certificates.find(each => standingOf(each, now) === 'usable')
  if (usable) return { standing: 'usable', notAfter: usable.notAfter }
  const [newest] = certificates
  if (!newest) return { standing: 'none', notAfter: null }
  const { state, notAfter } = newest
  if (state === 'requested' || state === 'prepared' || state === 'signed')
    return { standing: 'issuing', notAfter: null }
  return { standing: standingOf(newest, now), notAfter }
}

// Prisma hands what is searched for to LIKE as it is.
export const literally = (text: string): string => text.replace(/[\\%_]/g, '\\$&')
