import type { Deps } from '../../deps.ts'
import type { AccountKind, ApprovalMode } from '../../generated/prisma/enums.ts'
import type { SystemActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { isUniqueViolation } from '../../platform/db/errors.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import { loginIdScopeOf } from '../../policy/login-id.ts'
import { checkNewPassword, type PasswordRefusal } from '../../policy/password-rules.ts'
import { type PolicyOverrides, policyOf } from '../../policy/policy.ts'
import { storePassword } from '../passwords/index.ts'
import { CompanyCreated } from './events.ts'

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
    loginPassword: string
    /** Absent: the administrator sets one after the first login (B-21). */
    confirmationPassword?: string
    forceChange: boolean
  }
}

export type NewCompanyRefusal = 'company.contractNumberTaken' | 'user.loginId.taken' | PasswordRefusal

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
  for (const password of [administrator.loginPassword, administrator.confirmationPassword]) {
    if (password === undefined) continue
    const checked = checkNewPassword(policy.loginPassword, password, administrator)
    if (!checked.ok) return checked
  }
  const loginHash = await deps.hasher.hash(administrator.loginPassword)
  const confirmationHash =
    administrator.confirmationPassword && (await deps.hasher.hash(administrator.confirmationPassword))
  const ids = { companyId: deps.ids.next(), administratorId: deps.ids.next() }
  try {
    return await inTx(deps, async tx => {
      await insertCompany(deps, tx, ids.companyId, wanted)
      await insertAdministrator(deps, tx, ids, wanted)
      const holder = { companyId: ids.companyId, userId: ids.administratorId }
      const { remembered } = policy.loginPassword
      await storePassword(deps, tx, holder, 'login_password', loginHash, {
        forceChange: administrator.forceChange,
        remembered,
      })
      if (confirmationHash)
        await storePassword(deps, tx, holder, 'confirmation_password', confirmationHash, {
          forceChange: false,
          remembered,
        })
      await audit.record(deps, tx, CompanyCreated, {
        actor,
        companyId: ids.companyId,
        subject: { kind: 'company', id: ids.companyId, label: wanted.name },
        details: {
          contractNumber: wanted.contractNumber,
          name: wanted.name,
          preset: wanted.entrance.preset,
          services: wanted.services.map(each => each.code),
          accounts: wanted.accounts.length,
          administrator: administrator.loginId,
        },
      })
      return ok(ids)
    })
  } catch (error) {
    if (isUniqueViolation(error, 'company_contract_number_key')) return refuse('company.contractNumberTaken')
    if (isUniqueViolation(error, 'user_login_id_scope_login_id_key_key')) return refuse('user.loginId.taken')
    throw error
  }
}

const insertCompany = async (deps: Deps, tx: Tx, companyId: string, wanted: NewCompany): Promise<void> => {
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

const insertAdministrator = async (
  deps: Deps,
  tx: Tx,
  { companyId, administratorId: userId }: { companyId: string; administratorId: string },
  { administrator, contractNumber, entrance, overrides }: NewCompany,
): Promise<void> => {
  const policy = policyOf({ preset: entrance.preset, overrides })
  await tx.user.create({
    data: {
      id: userId,
      companyId,
      loginId: administrator.loginId,
      loginIdKey: administrator.loginId.toLowerCase(),
      loginIdScope: loginIdScopeOf(policy.loginId, contractNumber),
      name: administrator.name,
      email: administrator.email,
      emailState: 'valid',
      role: 'administrator',
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
}
