import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import type { Yen } from '../../kernel/money.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { can } from '../../policy/can.ts'
import { loginIdScopeOf } from '../../policy/login-id.ts'
import { type KeepingRefusal, keepingApprovers } from '../approvals/index.ts'
import { storePassword } from '../passwords/index.ts'
import { FirstPasswordShown, UserRegistered, UserRegistrationRefused } from './events.ts'
import { needOf, UserRegisteredMail } from './mails.ts'
import { reachOf } from './managing.ts'
import { keysOf, limitedServices, offeredTo } from './matrix.ts'
import { companyAccounts, contractOf, serviceMatrix } from './queries.ts'
import { type GrantableRole, loginIdKey } from './user.ts'

/** A user to be registered, as the forms have accepted them: normalised, in the bounds of D-03 to D-05. */
export type NewUser = {
  loginId: string
  name: string
  email: string
  /** E.164, where the company uses codes by SMS (B-18). */
  mobile?: string
  role: GrantableRole
  /** The login password's hash, made before the transaction began; the password itself goes no further. */
  loginPasswordHash: string
  /** 「ログイン時に強制変更する」. */
  forceChange: boolean
  /** When the password ends, where the portal made it (D-03); absent where an administrator typed it. */
  temporaryUntil?: Date
  /** `service.permission`. */
  permissions: readonly string[]
  /** Ids of the company's accounts. */
  accounts: readonly string[]
  /** Whole yen for one transaction, by service. */
  limits: ReadonlyMap<string, Yen>
}

/** `temporaryUntil`: when the first password ends that the portal made. */
export type Registered = { userId: string; temporaryUntil?: string }

export type RegistrationRefusal =
  | 'access.forbidden'
  | 'user.loginId.taken'
  | 'user.role.notAppointed'
  | 'permission.forged'
  | 'account.notFound'
  | 'user.limit.blank'
  | KeepingRefusal

/**
 * Registers a user in the actor's company, with permissions, accounts, limits and the first login password, in one
 * transaction with the history and the mail to the new user (D-02 to D-07).
 *
 * Refuses when the actor may not (any more) or appoints no administrators (D-14), when the login ID is taken within what the policy says, when a permission is
 * not contracted or not for this role (D-11), when an account is not the company's, when a limit is missing, and when too
 * few approvers would be left beside the new user (D-11).
 */
export const registerUser = (
  deps: Deps,
  actor: UserActor,
  user: NewUser,
): Promise<Result<Registered, RegistrationRefusal>> =>
  // A new requester who may approve as well takes an approver from the others.
  inTx(deps, tx => keepingApprovers(tx, actor.companyId, () => storeNew(deps, tx, actor, user)))

const storeNew = async (
  deps: Deps,
  tx: Tx,
  actor: UserActor,
  user: NewUser,
): Promise<Result<Registered, RegistrationRefusal>> => {
  if (!(await stillManages(tx, actor))) return refuse('access.forbidden')
  const { company, policy } = await contractOf(tx, actor)
  // The contractor appoints administrators (D-14).
  if (user.role === 'administrator' && !(await reachOf(tx, actor, policy)).appoints)
    return refuse('user.role.notAppointed')
  const matrix = offeredTo(await serviceMatrix(tx, actor), user.role)
  const offered = keysOf(matrix)
  if (user.permissions.some(key => !offered.has(key))) return refuse('permission.forged')
  const limited = limitedServices(matrix, new Set(user.permissions))
  if (limited.some(({ code }) => !user.limits.has(code))) return refuse('user.limit.blank')
  const accounts = (await companyAccounts(tx, actor)).filter(({ id }) => user.accounts.includes(id))
  if (accounts.length !== new Set(user.accounts).size) return refuse('account.notFound')

  const userId = deps.ids.next()
  const now = deps.clock.now()
  const ofUser = { companyId: actor.companyId, userId }
  // The constraint decides, not the look before it: of any number at once, one is stored (D-03).
  const { count } = await tx.user.createMany({
    data: [
      {
        id: userId,
        companyId: actor.companyId,
        loginId: user.loginId,
        loginIdKey: loginIdKey(user.loginId),
        loginIdScope: loginIdScopeOf(policy.loginId, company.contractNumber),
        name: user.name,
        email: user.email,
        mobile: user.mobile ?? null,
        role: user.role,
        registrationDue: policy.initialRegistration,
        createdAt: now,
      },
    ],
    skipDuplicates: true,
  })
  if (count === 0) return refuse('user.loginId.taken')
  await tx.userPermission.createMany({
    data: user.permissions.map(key => {
      const [serviceCode = '', permissionCode = ''] = key.split('.')
      return { ...ofUser, serviceCode, permissionCode }
    }),
  })
  await tx.userAccount.createMany({ data: accounts.map(({ id }) => ({ ...ofUser, accountId: id })) })
  const limits = limited.map(({ code }) => ({ service: code, amount: user.limits.get(code) ?? 0n }))
  await tx.userLimit.createMany({
    data: limits.map(({ service, amount }) => ({ ...ofUser, serviceCode: service, amount })),
  })
  await storePassword(deps, tx, ofUser, 'login_password', user.loginPasswordHash, {
    forceChange: user.forceChange,
    remembered: 0,
    temporaryUntil: user.temporaryUntil ?? null,
  })
  await outbox.put(deps, tx, UserRegisteredMail, {
    ...ofUser,
    recipient: user.email,
    locale: 'ja',
    addressee: { company: company.name, name: user.name },
    params: {
      at: now,
      registeredBy: actor.name,
      need: needOf(policy, user.role),
    },
  })
  await audit.record(deps, tx, UserRegistered, {
    actor,
    companyId: actor.companyId,
    subject: { kind: 'user', id: userId, label: user.loginId },
    details: {
      after: {
        loginId: user.loginId,
        name: user.name,
        email: user.email,
        ...(user.mobile && { mobile: user.mobile }),
        role: user.role,
        passwordChangeForced: user.forceChange,
        ...(user.temporaryUntil && { temporaryUntil: user.temporaryUntil.toISOString() }),
        permissions: [...user.permissions],
        accounts: accounts.map(({ branchCode, kind, number }) => ({
          branchCode,
          accountKind: kind,
          accountNumber: number,
        })),
        limits,
      },
    },
  })
  return ok({
    userId,
    ...(user.temporaryUntil && { temporaryUntil: user.temporaryUntil.toISOString() }),
  })
}

/** Records a registration that was refused at 「実行」; its own transaction has been rolled back (F-02). */
export const recordRegistrationRefused = (
  deps: Deps,
  actor: UserActor,
  loginId: string,
  reason: string,
): Promise<unknown> =>
  audit.recordAlone(deps, UserRegistrationRefused, {
    actor,
    companyId: actor.companyId,
    details: { loginId },
    outcome: 'refused',
    reason,
  })

/** Records that the administrator has been shown the password that the portal made, in the transaction that gives it out. */
export const recordFirstPasswordShown = async (
  deps: Deps,
  tx: Tx,
  actor: UserActor,
  userId: string,
): Promise<void> => {
  const { loginId } = await tx.user.findUniqueOrThrow({
    where: { companyId_id: { companyId: actor.companyId, id: userId } },
    select: { loginId: true },
  })
  await audit.record(deps, tx, FirstPasswordShown, {
    actor,
    companyId: actor.companyId,
    subject: { kind: 'user', id: userId, label: loginId },
    details: {},
  })
}

/**
 * Whether the actor may still do this by the role that their row has now, held until the transaction ends: the right may
 * have gone since the page came.
 */
export const stillManages = async (
  tx: Tx,
  actor: UserActor,
  action: 'user:manage' | 'company:manage' | 'fee:manage' = 'user:manage',
): Promise<boolean> => {
  const [row] = await tx.$queryRaw<{ role: UserActor['role'] }[]>`
    SELECT role::text AS role FROM "user"
     WHERE company_id = ${actor.companyId}::uuid AND id = ${actor.id}::uuid AND service_state = 'available'
       FOR SHARE`
  return row !== undefined && can({ ...actor, role: row.role }, action)
}
