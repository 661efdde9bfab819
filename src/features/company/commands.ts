import type { Deps } from '../../deps.ts'
import type { AccountKind, ApprovalMode } from '../../generated/prisma/enums.ts'
import type { SystemActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { isUniqueViolation } from '../../platform/db/errors.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import { isMailAddress } from '../../platform/mail/address.ts'
import { loginIdScopeOf } from '../../policy/login-id.ts'
import { checkNewPassword, type PasswordRefusal } from '../../policy/password-rules.ts'
import { type PolicyOverrides, policyOf, type SecurityPolicy } from '../../policy/policy.ts'
import { storePassword } from '../passwords/index.ts'
import { checkLoginId, checkName, type LoginIdRefusal, type NameRefusal } from '../users/index.ts'
import { CompanyCreated, MasterCreated } from './events.ts'

export type NewCompany = {
  entrance: { slug: string; name: string; preset: string }
  contractNumber: string
  name: string
  nameKana: string
  overrides: PolicyOverrides
  /** Contracted services with how their requests are approved; null where approval does not apply. */
  services: { code: string; approval: ApprovalMode | null }[]
  accounts: {
    branchCode: string
    branchName: string
    kind: AccountKind
    number: string
    memo: string
    /** Yen a day: 合計, 都度指定, 事前登録 (E-03). */
    limits: { total: bigint; each: bigint; preregistered: bigint }
  }[]
  /** Yen a day for the whole company (E-04). */
  limits: { service: string; kind: string; amount: bigint; ceiling: bigint }[]
  administrator: {
    loginId: string
    name: string
    email: string
    /** E.164, where the company uses codes by SMS (B-18). */
    mobile?: string
    loginPassword: string
    /** Absent: the administrator sets one after the first login (B-21). */
    confirmationPassword?: string
    forceChange: boolean
  }
}

/** A contract as the bank's branch has it, before anybody of the company can log in. */
export type NewContract = Omit<NewCompany, 'administrator'>
export type NewAdministrator = NewCompany['administrator']

/** What another company or user has already. */
export type TakenRefusal = 'company.contractNumberTaken' | 'user.loginId.taken'

export type NewMasterRefusal =
  | 'company.notFound'
  | TakenRefusal
  | 'user.email.shape'
  | LoginIdRefusal
  | NameRefusal
  | PasswordRefusal

export type NewCompanyRefusal = TakenRefusal | PasswordRefusal

/**
 * Registers a company with its contract and its first administrator, who holds every permission it has contracted.
 * Refuses a contract number or login ID that is taken, and a password below the preset's rule.
 */
export const createCompany = async (
  deps: Deps,
  actor: SystemActor,
  wanted: NewCompany,
): Promise<Result<{ companyId: string; administratorId: string }, NewCompanyRefusal>> => {
  const { administrator } = wanted
  const policy = policyOf({ preset: wanted.entrance.preset, overrides: wanted.overrides })
  const hashes = await hashPasswords(deps, policy, administrator)
  if (!hashes.ok) return hashes
  const ids = { companyId: deps.ids.next(), administratorId: deps.ids.next() }
  return refusingTaken(() =>
    inTx(deps, async tx => {
      await insertCompany(deps, tx, ids.companyId, wanted)
      const scope = loginIdScopeOf(policy.loginId, wanted.contractNumber)
      await insertAdministrator(deps, tx, ids, { administrator, policy, scope, hashes: hashes.value })
      await recordCompany(deps, tx, actor, ids.companyId, wanted, administrator.loginId)
      return ok(ids)
    }),
  )
}

/** Registers a company's contract without anybody in it yet: `createMaster` brings the first. */
export const createContract = (
  deps: Deps,
  actor: SystemActor,
  wanted: NewContract,
): Promise<Result<{ companyId: string }, TakenRefusal>> => {
  const companyId = deps.ids.next()
  return refusingTaken(() =>
    inTx(deps, async tx => {
      await insertCompany(deps, tx, companyId, wanted)
      await recordCompany(deps, tx, actor, companyId, wanted)
      return ok({ companyId })
    }),
  )
}

/**
 * Registers a company's master: an administrator, or its contractor (D-14), who holds every permission contracted. Refuses a contract number that
 * nobody has, a login ID that is taken or against the company's rule, and names and passwords below the rules.
 */
export const createMaster = async (
  deps: Deps,
  actor: SystemActor,
  contractNumber: string,
  administrator: NewAdministrator,
): Promise<Result<{ companyId: string; userId: string }, NewMasterRefusal>> => {
  const company = await deps.db.company.findUnique({
    where: { contractNumber },
    select: { id: true, policies: { orderBy: { version: 'desc' }, take: 1 } },
  })
  const [given] = company?.policies ?? []
  if (!company || !given) return refuse('company.notFound')
  const policy = policyOf(given)
  const loginId = checkLoginId(policy.loginId, administrator.loginId)
  if (!loginId.ok) return loginId
  const name = checkName(administrator.name)
  if (!name.ok) return name
  if (!isMailAddress(administrator.email)) return refuse('user.email.shape')
  const hashes = await hashPasswords(deps, policy, administrator)
  if (!hashes.ok) return hashes
  const ids = { companyId: company.id, administratorId: deps.ids.next() }
  return refusingTaken(() =>
    inTx(deps, async tx => {
      await insertAdministrator(deps, tx, ids, {
        administrator: { ...administrator, name: name.value },
        policy,
        scope: loginIdScopeOf(policy.loginId, contractNumber),
        hashes: hashes.value,
      })
      await audit.record(deps, tx, MasterCreated, {
        actor,
        companyId: company.id,
        subject: { kind: 'user', id: ids.administratorId, label: administrator.loginId },
        details: { loginId: administrator.loginId, name: name.value, email: administrator.email },
      })
      return ok({ companyId: company.id, userId: ids.administratorId })
    }),
  )
}

type Hashes = { login: string; confirmation?: string }

const hashPasswords = async (
  deps: Deps,
  policy: SecurityPolicy,
  administrator: NewAdministrator,
): Promise<Result<Hashes, PasswordRefusal>> => {
  const { loginPassword, confirmationPassword } = administrator
  for (const password of [loginPassword, confirmationPassword]) {
    if (password === undefined) continue
    const checked = checkNewPassword(policy.loginPassword, password, administrator)
    if (!checked.ok) return checked
  }
  const login = await deps.hasher.hash(loginPassword)
  if (!confirmationPassword) return ok({ login })
  return ok({ login, confirmation: await deps.hasher.hash(confirmationPassword) })
}

/** What is taken, the database knows, also when two ask for it at once. */
const refusingTaken = async <T, R extends string>(
  work: () => Promise<Result<T, R>>,
): Promise<Result<T, R | TakenRefusal>> => {
  try {
    return await work()
  } catch (error) {
    if (isUniqueViolation(error, 'company_contract_number_key')) return refuse('company.contractNumberTaken')
    if (isUniqueViolation(error, 'user_login_id_scope_login_id_key_key')) return refuse('user.loginId.taken')
    throw error
  }
}

const recordCompany = (
  deps: Deps,
  tx: Tx,
  actor: SystemActor,
  companyId: string,
  wanted: NewContract,
  administrator?: string,
) =>
  audit.record(deps, tx, CompanyCreated, {
    actor,
    companyId,
    subject: { kind: 'company', id: companyId, label: wanted.name },
    details: {
      contractNumber: wanted.contractNumber,
      name: wanted.name,
      preset: wanted.entrance.preset,
      services: wanted.services.map(each => each.code),
      accounts: wanted.accounts.length,
      ...(administrator !== undefined && { administrator }),
    },
  })

const insertCompany = async (deps: Deps, tx: Tx, companyId: string, wanted: NewContract): Promise<void> => {
  const now = deps.clock.now()
  const entrance = await tx.entrance.upsert({
    where: { slug: wanted.entrance.slug },
    create: { id: deps.ids.next(), ...wanted.entrance, createdAt: now },
    update: {},
  })
  await tx.company.create({
    data: {
      id: companyId,
      entranceId: entrance.id,
      contractNumber: wanted.contractNumber,
      name: wanted.name,
      nameKana: wanted.nameKana,
      policyVersion: 1,
      createdAt: now,
    },
  })
  await tx.companyPolicy.create({
    data: {
      companyId,
      version: 1,
      preset: wanted.entrance.preset,
      overrides: wanted.overrides,
      createdAt: now,
    },
  })
  await tx.companyService.createMany({
    data: wanted.services.map(({ code, approval }) => ({ companyId, serviceCode: code, approval })),
  })
  for (const { limits, ...account } of wanted.accounts) {
    const accountId = deps.ids.next()
    await tx.account.create({ data: { id: accountId, companyId, ...account } })
    await tx.accountLimit.createMany({
      data: Object.entries(limits).map(([kind, amount]) => ({ companyId, accountId, kind, amount })),
    })
  }
  await tx.companyLimit.createMany({
    data: wanted.limits.map(({ service, ...limit }) => ({ companyId, serviceCode: service, ...limit })),
  })
}

/**
 * Where the company's manual has 契約者, whom the bank registers first is that: the contractor appoints the administrators
 * (D-14). Everywhere else, and beside a contractor, it is an administrator.
 */
const firstRole = async (
  tx: Tx,
  companyId: string,
  { roles }: SecurityPolicy,
): Promise<'contractor' | 'administrator'> =>
  roles.contractor &&
  (await tx.user.count({ where: { companyId, role: 'contractor', serviceState: { not: 'deleted' } } })) === 0
    ? 'contractor'
    : 'administrator'

const insertAdministrator = async (
  deps: Deps,
  tx: Tx,
  { companyId, administratorId: userId }: { companyId: string; administratorId: string },
  wanted: { administrator: NewAdministrator; policy: SecurityPolicy; scope: string; hashes: Hashes },
): Promise<void> => {
  const { administrator, policy, scope, hashes } = wanted
  // Whose password is an initial one begins with 初期登録, where the preset has it (B-16).
  const registrationDue = policy.initialRegistration && administrator.forceChange
  await tx.user.create({
    data: {
      id: userId,
      companyId,
      loginId: administrator.loginId,
      loginIdKey: administrator.loginId.toLowerCase(),
      loginIdScope: scope,
      name: administrator.name,
      email: administrator.email,
      mobile: administrator.mobile ?? null,
      emailState: registrationDue ? 'unverified' : 'valid',
      registrationDue,
      role: await firstRole(tx, companyId, policy),
      createdAt: deps.clock.now(),
    },
  })
  const services = await tx.companyService.findMany({
    where: { companyId },
    select: { serviceCode: true, service: { select: { permissions: { select: { code: true } } } } },
  })
  await tx.userPermission.createMany({
    data: services.flatMap(({ serviceCode, service }) =>
      service.permissions.map(({ code }) => ({ companyId, userId, serviceCode, permissionCode: code })),
    ),
  })
  const accounts = await tx.account.findMany({ where: { companyId }, select: { id: true } })
  await tx.userAccount.createMany({ data: accounts.map(({ id }) => ({ companyId, userId, accountId: id })) })
  const { remembered } = policy.loginPassword
  const holder = { companyId, userId }
  await storePassword(deps, tx, holder, 'login_password', hashes.login, {
    forceChange: administrator.forceChange,
    remembered,
  })
  if (hashes.confirmation)
    await storePassword(deps, tx, holder, 'confirmation_password', hashes.confirmation, {
      forceChange: false,
      remembered,
    })
}
