import type { Deps } from '../../deps.ts'
import type { AccountKind, ApprovalMode } from '../../generated/prisma/enums.ts'
import type { SystemActor } from '../../kernel/actor.ts'
import { ok, type Refusal, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { isOfEndedContract, isUniqueViolation } from '../../platform/db/errors.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import { isMailAddress } from '../../platform/mail/address.ts'
import { loginIdScopeOf } from '../../policy/login-id.ts'
import { checkNewPassword, type PasswordRefusal } from '../../policy/password-rules.ts'
import { type PolicyOverrides, policyOf, type SecurityPolicy } from '../../policy/policy.ts'
import { checkLoginId, checkName, type LoginIdRefusal, type NameRefusal } from '../users/index.ts'
import { type FirstHashes, insertAdministrator, openCompany, openContract } from './commands.opening.ts'
import { MasterCreated } from './events.ts'

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
    /** The contract's ceilings over them (E-04); absent: none of its own. */
    ceilings?: { total: bigint; each: bigint; preregistered: bigint }
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
  | 'contract.ended'
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
      await openCompany(deps, tx, actor, ids, wanted, { administrator, hashes: hashes.value })
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
      await openContract(deps, tx, actor, companyId, wanted)
      return ok({ companyId })
    }),
  )
}

/**
 * Registers a company's master: an administrator, or its contractor (D-14), who holds every permission contracted. Refuses a contract number that
 * nobody has, or whose contract has ended, a login ID that is taken or against the company's rule, and names and passwords below the rules.
 */
export const createMaster = async (
  deps: Deps,
  actor: SystemActor,
  contractNumber: string,
  administrator: NewAdministrator,
): Promise<Result<{ companyId: string; userId: string }, NewMasterRefusal>> => {
  const company = await deps.db.company.findUnique({
    where: { contractNumber },
    select: { id: true, contractEndedAt: true, policies: { orderBy: { version: 'desc' }, take: 1 } },
  })
  const [given] = company?.policies ?? []
  if (!company || !given) return refuse('company.notFound')
  if (company.contractEndedAt) return refuse('contract.ended')
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
      // One after the other, and beside no approval of a successor: of two at once one is the contractor (D-14).
      await tx.$queryRaw`SELECT 1 FROM company WHERE id = ${company.id}::uuid FOR NO KEY UPDATE`
      await insertAdministrator(deps, tx, actor, ids, {
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
    }).catch(refusingEnded),
  )
}

/** The contract may have ended since it was looked at: then its trigger lets nobody be registered (H-06). */
const refusingEnded = (error: unknown): Refusal<'contract.ended'> => {
  if (isOfEndedContract(error)) return refuse('contract.ended')
  throw error
}

const hashPasswords = async (
  deps: Deps,
  policy: SecurityPolicy,
  administrator: NewAdministrator,
): Promise<Result<FirstHashes, PasswordRefusal>> => {
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
