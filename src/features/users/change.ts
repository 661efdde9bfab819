import type { Deps } from '../../deps.ts'
import type { Yen } from '../../kernel/money.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { isUniqueViolation } from '../../platform/db/errors.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { loginIdScopeOf } from '../../policy/login-id.ts'
import { emailStateAfter } from '../../policy/user-states.ts'
import { endAllOf } from '../certificates/index.ts'
import { forgetProvedAddress } from '../codes/index.ts'
import { tellContactChanged } from '../factors/index.ts'
import { LockReleased, releaseLock, storePassword, voidResetLinks } from '../passwords/index.ts'
import { endSessionsOf } from '../sessions/index.ts'
import { factsChanged } from './change-facts.ts'
import { UserChanged } from './events.ts'
import { UserChangedMail } from './mails.ts'
import type { Managed, ManagingRefusal } from './managing.ts'
import { keysOf, limitedServices, offeredTo } from './matrix.ts'
import { type CompanyAccount, companyAccounts, serviceMatrix, type UserRecord } from './queries.ts'
import { loginIdKey } from './user.ts'

/** A password that replaces a user's, hashed before the transaction began. */
export type PasswordReset = { hash: string; forceChange: boolean; temporaryUntil?: Date }

/** What a user's record is to be, but for passwords. */
export type UserFacts = {
  loginId: string
  name: string
  email: string
  mobile: string | null
  role: UserRecord['role']
  /** `service.permission`. */
  permissions: readonly string[]
  /** Ids of the company's accounts. */
  accounts: readonly string[]
  /** Whole yen for one transaction, by service. */
  limits: ReadonlyMap<string, Yen>
}

export type UserChange = UserFacts & {
  userId: string
  /** The version of the user that the change was made on (D-12). */
  version: number
  resets: { login?: PasswordReset; confirmation?: PasswordReset }
}

/** `requested`: it waits for another administrator (D-11). `temporaryUntil`: when the password ends that the portal made. */
export type Changed = { userId: string; requested: boolean; temporaryUntil?: string }

export type ChangeRefusal =
  | ManagingRefusal
  | 'draft.targetChanged'
  | 'user.nothingChanged'
  | 'user.onlyOtherAdministrator'
  | 'user.ownPart'
  | 'user.loginId.ownCertificate'
  | 'user.loginId.taken'
  | 'user.role.notAppointed'
  | 'permission.forged'
  | 'account.notFound'
  | 'user.limit.blank'
  | 'changeRequest.waiting'

/** A change as it will be stored: its accounts are the company's, its limits those of the services it asks in. */
export type AcceptedChange = Omit<UserFacts, 'accounts'> & { accounts: CompanyAccount[] }

/** Holds a change against what the company has contracted and what the actor may give (D-04, D-05, D-11, D-14). */
export const accept = async (
  tx: Tx,
  { user, actor, appoints }: Managed,
  facts: UserFacts,
): Promise<
  Result<
    AcceptedChange,
    'user.role.notAppointed' | 'permission.forged' | 'account.notFound' | 'user.limit.blank'
  >
> => {
  const roleChanges = facts.role !== user.role
  if (roleChanges && (!appoints || facts.role === 'contractor' || user.role === 'contractor'))
    return refuse('user.role.notAppointed')
  const matrix = offeredTo(await serviceMatrix(tx, actor), facts.role)
  const offered = keysOf(matrix)
  if (facts.permissions.some(key => !offered.has(key))) return refuse('permission.forged')
  const limited = limitedServices(matrix, new Set(facts.permissions))
  if (limited.some(({ code }) => !facts.limits.has(code))) return refuse('user.limit.blank')
  const accounts = (await companyAccounts(tx, actor)).filter(({ id }) => facts.accounts.includes(id))
  if (accounts.length !== new Set(facts.accounts).size) return refuse('account.notFound')
  const limits = new Map([...facts.limits].filter(([code]) => limited.some(each => each.code === code)))
  return ok({ ...facts, permissions: [...new Set(facts.permissions)], accounts, limits })
}

/** Stores an accepted change, on held rows; `requestedBy`: whose request it was that another administrator approved. */
export const applyChange = async (
  deps: Deps,
  tx: Tx,
  managed: Managed,
  change: AcceptedChange,
  resets: UserChange['resets'] = {},
  requestedBy?: string,
): Promise<Result<Changed, 'user.nothingChanged' | 'user.loginId.taken'>> => {
  const { user, actor, policy, company, locale } = managed
  const facts = factsChanged(user, change)
  const reset = [
    ...(resets.login ? (['login'] as const) : []),
    ...(resets.confirmation ? (['confirmation'] as const) : []),
  ]
  if (!facts && reset.length === 0) return refuse('user.nothingChanged')
  const holder = { companyId: actor.companyId, userId: user.id }
  const subject = { kind: 'user', id: user.id, label: user.loginId }
  const newEmail = change.email !== user.email
  const newLoginId = change.loginId !== user.loginId

  const stored = await storeFacts(
    tx,
    holder,
    user,
    change,
    loginIdScopeOf(policy.loginId, company.contractNumber),
  )
  if (!stored.ok) return stored
  const revoked = newLoginId ? await endAllOf(deps, tx, actor, holder, 'loginIdChanged') : []
  for (const which of reset) {
    const { hash, forceChange, temporaryUntil = null } = resets[which] ?? {}
    if (hash === undefined || forceChange === undefined) continue
    await unlock(deps, tx, managed, which)
    await storePassword(deps, tx, holder, `${which}_password`, hash, {
      forceChange,
      temporaryUntil,
      remembered: policy.loginPassword.remembered,
    })
  }
  // Whoever found the first password may have proved an address of theirs with it (B-16).
  if (resets.login) await forgetProvedAddress(deps, tx, { actor, companyId: actor.companyId, subject })
  const sessionsEnded = reset.length > 0 ? await endSessionsOf(deps, tx, { userId: user.id }, 'password') : 0
  // A link of a forgotten password may lie in the mailbox that is the user's no more.
  if (newEmail) await voidResetLinks(deps, tx, holder)

  const letter = { ...holder, locale, addressee: { company: company.name, name: change.name } }
  for (const contact of ['email', 'mobile'] as const)
    if ((change[contact] ?? '') !== (user[contact] ?? ''))
      await tellContactChanged(deps, tx, {
        ...letter,
        contact,
        emails: [user.email, change.email],
        before: user[contact] ?? '',
        after: change[contact] ?? '',
      })
  // Of a change that they asked for, the word of its approval tells.
  if (requestedBy === undefined)
    await outbox.put(deps, tx, UserChangedMail, {
      ...letter,
      recipient: change.email,
      params: {
        at: deps.clock.now(),
        changedBy: actor.name,
        after: revoked.length > 0 ? 'certificateRevoked' : reset.length > 0 ? 'reset' : 'nothing',
      },
    })
  await audit.record(deps, tx, UserChanged, {
    actor,
    companyId: actor.companyId,
    subject,
    details: {
      ...facts,
      reset,
      sessionsEnded,
      certificates: revoked.length,
      ...(requestedBy !== undefined && { requestedBy }),
    },
  })
  const until = resets.login?.temporaryUntil?.toISOString()
  return ok({ userId: user.id, requested: false, ...(until && { temporaryUntil: until }) })
}

/**
 * A new password opens what a lock or block had closed, and says so: whoever may give one may release, too (B-06). The
 * right password of somebody who stays blocked would open nothing.
 */
const unlock = async (
  deps: Deps,
  tx: Tx,
  { user, actor, policy }: Managed,
  which: 'login' | 'confirmation',
): Promise<void> => {
  const holder = { companyId: actor.companyId, userId: user.id }
  const released = await releaseLock(deps, tx, holder, `${which}_password`, policy.lock)
  if (!released.ok) return
  await audit.record(deps, tx, LockReleased, {
    actor,
    companyId: actor.companyId,
    subject: { kind: 'user', id: user.id, label: user.loginId },
    details: {
      which,
      lockedAt: released.value.lockedAt?.toISOString() ?? null,
      caseId: null,
      caseReason: null,
      formReceivedOn: null,
    },
  })
}

const storeFacts = async (
  tx: Tx,
  holder: { companyId: string; userId: string },
  user: UserRecord,
  change: AcceptedChange,
  loginIdScope: string,
): Promise<Result<null, 'user.loginId.taken'>> => {
  const { companyId, userId } = holder
  // Looked for first, so that the usual case needs no failed statement; of two at once the constraint stops one.
  const taken = await tx.user.count({
    where: { loginIdScope, loginIdKey: loginIdKey(change.loginId), id: { not: userId } },
  })
  if (taken > 0) return refuse('user.loginId.taken')
  try {
    await tx.user.update({
      where: { companyId_id: { companyId, id: userId } },
      data: {
        loginId: change.loginId,
        loginIdKey: loginIdKey(change.loginId),
        name: change.name,
        email: change.email,
        ...(change.email !== user.email && { emailState: emailStateAfter('replaced') }),
        mobile: change.mobile,
        role: change.role,
        version: { increment: 1 },
      },
    })
  } catch (error) {
    // The transaction is lost with the statement, and is given up with this refusal.
    if (isUniqueViolation(error, 'user_login_id_scope_login_id_key_key')) return refuse('user.loginId.taken')
    throw error
  }
  await tx.userPermission.deleteMany({ where: holder })
  await tx.userPermission.createMany({
    data: change.permissions.map(key => {
      const [serviceCode = '', permissionCode = ''] = key.split('.')
      return { ...holder, serviceCode, permissionCode }
    }),
  })
  await tx.userAccount.deleteMany({ where: holder })
  await tx.userAccount.createMany({ data: change.accounts.map(({ id }) => ({ ...holder, accountId: id })) })
  await tx.userLimit.deleteMany({ where: holder })
  await tx.userLimit.createMany({
    data: [...change.limits].map(([serviceCode, amount]) => ({ ...holder, serviceCode, amount })),
  })
  return ok(null)
}
