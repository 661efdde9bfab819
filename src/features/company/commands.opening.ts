import type { Deps } from '../../deps.ts'
import type { StaffActor, SystemActor } from '../../kernel/actor.ts'
import * as audit from '../../platform/audit/audit.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { contractorStates } from '../../policy/appointment.ts'
import { loginIdScopeOf } from '../../policy/login-id.ts'
import { policyOf, type SecurityPolicy } from '../../policy/policy.ts'
import { storePassword } from '../passwords/index.ts'
import type { NewAdministrator, NewContract } from './commands.ts'
import { succeedContractors } from './contractors.ts'
import { CompanyCreated } from './events.ts'
import { accountLimitKinds } from './limits.ts'

/** Hashes of the first passwords, made before the transaction: hashing is slow. */
export type FirstHashes = {
  login: string
  confirmation?: string
  /** When the login password ends, where the bank made it (H-05). */
  temporaryUntil?: Date
}

/** On which case of the bank a company stands; absent where the command line or the demo makes it. */
export type OpeningCase = { caseId: string; caseReason: string; formReceivedOn: string; preparedBy: string }

/** A company's contract, without anybody in it yet, in the transaction of whoever registers it, with its history. */
export const openContract = async (
  deps: Deps,
  tx: Tx,
  actor: StaffActor | SystemActor,
  companyId: string,
  wanted: NewContract,
  more: { administrator?: string } & Partial<OpeningCase> = {},
): Promise<void> => {
  await insertCompany(deps, tx, companyId, wanted)
  await recordCompany(deps, tx, actor, companyId, wanted, more)
}

/**
 * A company with its contract and its first administrator, who holds every permission contracted, in the transaction of
 * whoever registers it, with its history (H-06). What is taken, the unique constraints say.
 */
export const openCompany = async (
  deps: Deps,
  tx: Tx,
  actor: StaffActor | SystemActor,
  ids: { companyId: string; administratorId: string },
  wanted: NewContract,
  first: {
    administrator: Omit<NewAdministrator, 'loginPassword' | 'confirmationPassword'>
    hashes: FirstHashes
  },
  opening: Partial<OpeningCase> = {},
): Promise<void> => {
  const policy = policyOf({ preset: wanted.entrance.preset, overrides: wanted.overrides })
  await insertCompany(deps, tx, ids.companyId, wanted)
  await insertAdministrator(deps, tx, actor, ids, {
    ...first,
    policy,
    scope: loginIdScopeOf(policy.loginId, wanted.contractNumber),
  })
  await recordCompany(deps, tx, actor, ids.companyId, wanted, {
    administrator: first.administrator.loginId,
    ...opening,
  })
}

const recordCompany = (
  deps: Deps,
  tx: Tx,
  actor: StaffActor | SystemActor,
  companyId: string,
  wanted: NewContract,
  more: { administrator?: string } & Partial<OpeningCase>,
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
      ...more,
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
  for (const { limits, ceilings, ...account } of wanted.accounts) {
    const accountId = deps.ids.next()
    await tx.account.create({ data: { id: accountId, companyId, ...account } })
    await tx.accountLimit.createMany({
      data: accountLimitKinds.map(kind => ({
        companyId,
        accountId,
        kind,
        amount: limits[kind],
        ceiling: ceilings?.[kind] ?? null,
      })),
    })
  }
  await tx.companyLimit.createMany({
    data: wanted.limits.map(({ service, ...limit }) => ({ companyId, serviceCode: service, ...limit })),
  })
}

/**
 * Where the company's manual has 契約者, whom the bank registers first is that: the contractor appoints the administrators
 * (D-14). So is whom it registers where the contractor is suspended, and may have left. Everywhere else, and beside a
 * contractor, it is an administrator.
 */
const firstRole = async (
  tx: Tx,
  companyId: string,
  { roles }: SecurityPolicy,
): Promise<'contractor' | 'administrator'> =>
  roles.contractor &&
  (await tx.user.count({
    where: { companyId, role: 'contractor', serviceState: { in: [...contractorStates] } },
  })) === 0
    ? 'contractor'
    : 'administrator'

/** A company's first administrator, or another from the command line, in the transaction of whoever registers them. */
export const insertAdministrator = async (
  deps: Deps,
  tx: Tx,
  actor: StaffActor | SystemActor,
  { companyId, administratorId: userId }: { companyId: string; administratorId: string },
  wanted: {
    administrator: Omit<NewAdministrator, 'loginPassword' | 'confirmationPassword'>
    policy: SecurityPolicy
    scope: string
    hashes: FirstHashes
  },
): Promise<void> => {
  const { administrator, policy, scope, hashes } = wanted
  // Whose password is an initial one begins with 初期登録, where the preset has it (B-16).
  const registrationDue = policy.initialRegistration && administrator.forceChange
  const role = await firstRole(tx, companyId, policy)
  if (role === 'contractor')
    await succeedContractors(deps, tx, actor, { companyId, by: administrator.loginId })
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
      role,
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
    ...(hashes.temporaryUntil && { temporaryUntil: hashes.temporaryUntil }),
  })
  if (hashes.confirmation)
    await storePassword(deps, tx, holder, 'confirmation_password', hashes.confirmation, {
      forceChange: false,
      remembered,
    })
}
