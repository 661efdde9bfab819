import type { Deps } from '../../deps.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import type { CertificateState, UserRole } from '../../generated/prisma/enums.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { type BusinessDay, fromColumn } from '../../kernel/business-day.ts'
import { can } from '../../policy/can.ts'
import { type BankAct, policyOf, type SecurityPolicy } from '../../policy/policy.ts'
import { isLocked } from '../passwords/index.ts'
import { type AcquisitionPasswordState, acquisitionPasswordState } from './case.ts'
import type { SearchKeys } from './search.ts'

export type ServiceState = 'available' | 'suspended' | 'blocked' | 'deleted'

export type FoundCompany = { id: string; contractNumber: string; name: string; users: number }
export type FoundUser = {
  id: string
  loginId: string
  name: string
  email: string
  serviceState: ServiceState
  locked: boolean
  companyName: string
  contractNumber: string
}

/** `count` is what there is in all, up to `counted`; beyond that nobody reads lists, they ask more precisely. */
export type Found<T> = { rows: T[]; count: number }

/** How many of a kind are shown, and up to how many are counted. */
export const shownAtMost = 50
export const countedAtMost = 1000

const viewing = (actor: StaffActor): void => {
  if (!can(actor, 'customer:view')) throw new Error(`${actor.role} may not look at customers`)
}

// In LIKE, these mean something: the customer typed them, they stand for themselves.
const literally = (text: string): string => text.replace(/[\\%_]/g, '\\$&')
const beginsWith = (text: string): string => `${literally(text)}%`
const contains = (text: string): string => `%${literally(text)}%`

const namesLike = (column: Prisma.Sql, names: string[]): Prisma.Sql =>
  Prisma.join(
    names.map(name => Prisma.sql`lower(translate(${column}, ' \u3000', '')) LIKE ${contains(name)}`),
    ' OR ',
  )

/** Companies by contract number or name, in the order of their contract numbers (H-02). */
export const findCompanies = async (
  deps: Pick<Deps, 'db'>,
  actor: StaffActor,
  keys: SearchKeys,
): Promise<Found<FoundCompany>> => {
  viewing(actor)
  const conditions = [
    ...(keys.contract ? [Prisma.sql`c.contract_number LIKE ${beginsWith(keys.contract)}`] : []),
    ...(keys.names
      ? [namesLike(Prisma.sql`c.name`, keys.names), namesLike(Prisma.sql`c.name_kana`, keys.names)]
      : []),
  ]
  if (conditions.length === 0) return { rows: [], count: 0 }
  const where = Prisma.join(conditions, ' OR ')
  const rows = await deps.db.$queryRaw<FoundCompany[]>`
    SELECT c.id, c.contract_number AS "contractNumber", c.name,
           (SELECT count(*)::int FROM "user" u WHERE u.company_id = c.id AND u.service_state <> 'deleted') AS users
      FROM company c WHERE ${where} ORDER BY c.contract_number LIMIT ${shownAtMost}`
  return { rows, count: rows.length < shownAtMost ? rows.length : await countCompanies(deps, where) }
}

const countCompanies = async (deps: Pick<Deps, 'db'>, where: Prisma.Sql): Promise<number> => {
  const [row] = await deps.db.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM (SELECT FROM company c WHERE ${where} LIMIT ${countedAtMost}) AS found`
  return row?.count ?? 0
}

/**
 * Which users are meant, one SELECT a field: PostgreSQL can then use each field's own index, and a field that fits
 * half the bank is cut off where counting ends.
 */
const userHits = (keys: SearchKeys): Prisma.Sql[] => {
  const from = (condition: Prisma.Sql) =>
    Prisma.sql`(SELECT u.id FROM "user" u WHERE ${condition} LIMIT ${countedAtMost})`
  return [
    ...(keys.contract
      ? [
          Prisma.sql`(SELECT u.id FROM "user" u JOIN company c ON c.id = u.company_id
                       WHERE c.contract_number LIKE ${beginsWith(keys.contract)} LIMIT ${countedAtMost})`,
        ]
      : []),
    ...(keys.loginId ? [from(Prisma.sql`u.login_id_key LIKE ${beginsWith(keys.loginId)}`)] : []),
    ...(keys.names ? [from(namesLike(Prisma.sql`u.name`, keys.names))] : []),
    ...(keys.email ? [from(Prisma.sql`lower(u.email) LIKE ${contains(keys.email)}`)] : []),
    ...(keys.serial
      ? [
          Prisma.sql`(SELECT k.user_id AS id FROM certificate k
                       WHERE k.user_id IS NOT NULL
                         AND ltrim(lower(k.serial), '0') LIKE ${beginsWith(keys.serial)} LIMIT ${countedAtMost})`,
        ]
      : []),
  ]
}

type UserRow = Omit<FoundUser, 'locked'> & {
  count: number
  preset: string
  overrides: unknown
  locks: { failures: number; lockedAt: string | null; lockedUntil: string | null }[] | null
}

/** Users by any of contract number, login ID, name, mail address and certificate serial (H-02). */
export const findUsers = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: StaffActor,
  keys: SearchKeys,
): Promise<Found<FoundUser>> => {
  viewing(actor)
  const hits = userHits(keys)
  if (hits.length === 0) return { rows: [], count: 0 }
  const rows = await deps.db.$queryRaw<UserRow[]>`
    WITH hit AS (SELECT id FROM (${Prisma.join(hits, ' UNION ')}) AS any_field LIMIT ${countedAtMost})
    SELECT u.id, u.login_id AS "loginId", u.name, u.email, u.service_state::text AS "serviceState",
           c.name AS "companyName", c.contract_number AS "contractNumber", p.preset, p.overrides,
           (SELECT count(*)::int FROM hit) AS count,
           (SELECT json_agg(json_build_object(
                     'failures', r.failures, 'lockedAt', r.locked_at, 'lockedUntil', r.locked_until))
              FROM credential r WHERE r.user_id = u.id) AS locks
      FROM hit
      JOIN "user" u ON u.id = hit.id
      JOIN company c ON c.id = u.company_id
      JOIN company_policy p ON p.company_id = c.id AND p.version = c.policy_version
     ORDER BY c.contract_number, u.login_id_key
     LIMIT ${shownAtMost}`
  const now = deps.clock.now()
  return {
    count: rows[0]?.count ?? 0,
    rows: rows.map(({ count: _count, preset, overrides, locks, ...user }) => ({
      ...user,
      locked: (locks ?? []).some(each =>
        isLocked(
          { failures: each.failures, lockedAt: dateOf(each.lockedAt), lockedUntil: dateOf(each.lockedUntil) },
          policyOf({ preset, overrides }).lock,
          now,
        ),
      ),
    })),
  }
}

const dateOf = (text: string | null): Date | null => (text === null ? null : new Date(text))

export type CustomerPassword = {
  kind: 'login_password' | 'confirmation_password'
  setAt: Date
  forceChange: boolean
  failures: number
  locked: boolean
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

export type CustomerCase = { id: string; kind: BankAct; at: Date; officer: string; reason: string }

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
  locked: boolean
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
    select: { kind: true, setAt: true, forceChange: true, failures: true, lockedAt: true, lockedUntil: true },
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
  cases: {
    orderBy: { preparedAt: 'desc' },
    take: 10,
    select: { id: true, kind: true, preparedAt: true, reason: true, preparedBy: { select: { name: true } } },
  },
} as const satisfies Prisma.UserSelect

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
    lockedAt: each.lockedAt,
    lockedUntil: each.lockedUntil,
  }))
  const { company, credentials: _credentials, acquisitionPasswords, cases, ...user } = row
  const newest = acquisitionPasswords[0]
  return {
    ...user,
    companyName: company.name,
    contractNumber: company.contractNumber,
    policy,
    passwords,
    locked: passwords.some(each => each.locked),
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
  kind: BankAct
  userId: string
  loginId: string
  name: string
  companyName: string
  at: Date
  officer: string
  reason: string
  formReceivedOn: BusinessDay | null
  acquisitionPassword: { expiresAt: Date; state: AcquisitionPasswordState } | null
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
    },
  })
  if (!row) return undefined
  const issued =
    row.kind === 'acquisition_password'
      ? await deps.db.acquisitionPassword.findUnique({ where: { id: row.id } })
      : null
  return {
    id: row.id,
    kind: row.kind,
    userId: row.userId,
    loginId: row.user.loginId,
    name: row.user.name,
    companyName: row.company.name,
    at: row.preparedAt,
    officer: row.preparedBy.name,
    reason: row.reason,
    formReceivedOn: row.formReceivedOn && fromColumn(row.formReceivedOn),
    acquisitionPassword: issued && {
      expiresAt: issued.expiresAt,
      state: acquisitionPasswordState(issued, deps.clock.now()),
    },
  }
}
