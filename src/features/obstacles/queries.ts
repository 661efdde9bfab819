import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { isId } from '../../kernel/ids.ts'
import type { Yen } from '../../kernel/money.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { can } from '../../policy/can.ts'
import type { SecurityPolicy } from '../../policy/policy.ts'
import { factorsOf } from '../../policy/second-factor.ts'
import { type ApprovalMode, approversNeeded, type People, peopleWho } from '../approvals/index.ts'
import { type CompanySettings, companySettings, inForce } from '../company/index.ts'
import {
  administratorsRevoke,
  type CompanyAccount,
  findUser,
  loginIdKey,
  type UserRecord,
} from '../users/index.ts'
import type { Situation } from './obstacle.ts'
import {
  type Bound,
  boundsOf,
  needsAccount,
  type Operation,
  operationsOf,
  type PortalAction,
} from './operation.ts'

/** What somebody wants to know: may this user do this, on that account, with so much? */
export type Question = { user: UserRecord; operation: Operation; account?: AskedAccount; amount?: Yen }

export type AskedAccount = CompanyAccount & { closed: boolean }

/** Every box of the bank's matrix as operations, by service, whether the company has contracted it or not. */
export const matrixOperations = async (db: Tx): Promise<{ service: string; operations: Operation[] }[]> => {
  const services = await db.service.findMany({
    orderBy: { sort: 'asc' },
    select: { code: true, permissions: { orderBy: { sort: 'asc' } } },
  })
  return services.map(({ code, permissions }) => ({
    service: code,
    operations: permissions.flatMap(({ kind, ...permission }) =>
      operationsOf(code, { ...permission, sort: kind }),
    ),
  }))
}

/** A user of the actor's company by login ID, in either case; an administrator may ask about all, others about themselves. */
export const userByLoginId = async (
  deps: Deps,
  actor: UserActor,
  loginId: string,
): Promise<Result<UserRecord, 'obstacle.userNotFound'>> => {
  const row = await deps.db.user.findFirst({
    where: {
      companyId: actor.companyId,
      loginIdKey: loginIdKey(loginId),
      serviceState: { not: 'deleted' },
      ...(!can(actor, 'user:manage') && { id: actor.id }),
    },
    select: { id: true },
  })
  const found = row && (await findUser(deps, actor, row.id))
  return found?.ok ? found : refuse('obstacle.userNotFound')
}

/** An account of the actor's company, closed or not; another company's is not found. */
export const findAccount = async (
  db: Tx,
  { companyId }: UserActor,
  id: string,
): Promise<Result<AskedAccount, 'company.account.notFound'>> => {
  const row = isId(id)
    ? await db.account.findFirst({
        where: { id, companyId },
        select: {
          id: true,
          branchCode: true,
          branchName: true,
          kind: true,
          number: true,
          memo: true,
          closedAt: true,
        },
      })
    : null
  if (!row) return refuse('company.account.notFound')
  const { closedAt, ...account } = row
  return ok({ ...account, closed: closedAt !== null })
}

const mostNamed = 5

/**
 * The situation a question is about, with those who may approve, by name, where somebody must (E-06). `reckonedWith`: the
 * account whose limits were taken where none was asked about.
 */
export const situationOf = async (
  deps: Deps,
  actor: UserActor,
  policy: SecurityPolicy,
  question: Question,
): Promise<{
  situation: Situation
  mode: ApprovalMode | null
  approvers: People | undefined
  reckonedWith: CompanyAccount | undefined
}> => {
  const { user, operation, account, amount } = question
  const settings = await companySettings(deps.db, actor)
  const service =
    operation.kind === 'permission'
      ? settings.services.find(({ code }) => code === operation.service)
      : undefined
  const mode = service?.approval ?? null
  const requests = operation.kind === 'permission' && operation.sort === 'request'
  const needed = requests && mode ? approversNeeded(mode) : 0
  const approvers =
    needed > 0 && service
      ? await peopleWho(deps.db, actor.companyId, service.code, 'approve', mostNamed, user.id)
      : undefined
  const bounds = boundsOf(operation)
  const reckonedWith = account ? undefined : roomiest(bounds, user, settings)
  const situation: Situation = {
    ...personal(policy, user, operation),
    contracted: operation.kind === 'action' || service !== undefined,
    banksOwn: operation.kind === 'action' && isBanksOwn(policy, operation.action),
    administratorsOnly: user.role === 'user' && (operation.kind === 'action' || operation.administratorsOnly),
    permitted: isPermitted(actor, user, operation),
    accounts: needsAccount(operation)
      ? {
          usable: user.accounts.length,
          ...(account && {
            chosen: { closed: account.closed, usable: user.accounts.some(({ id }) => id === account.id) },
          }),
        }
      : null,
    limits: limitsFor(bounds, user, settings, operation, account ?? reckonedWith),
    ...(amount !== undefined && { amount }),
    approval: approvers ? { needed, beside: approvers.total } : null,
    nothingToApprove:
      operation.kind === 'permission' && operation.sort === 'approve' && (mode === null || mode === 'none'),
  }
  return { situation, mode: requests ? mode : null, approvers, reckonedWith }
}

/** What the policy leaves to the bank: where it revokes, no administrator does (C-07). */
const isBanksOwn = (policy: SecurityPolicy, action: PortalAction): boolean =>
  action === 'certificate:revoke' && !administratorsRevoke(policy)

/** Whether every way in is by a certificate of the user's own. */
const needsCertificate = ({ login }: SecurityPolicy): boolean =>
  login.ways.every(({ certificate }) => certificate === 'names-user' || certificate === 'confirms-user')

const personal = (policy: SecurityPolicy, user: UserRecord, operation: Operation) => ({
  serviceState: user.serviceState,
  suspendedByBank: user.suspendedByBank,
  loginLocked: user.locked,
  password: passwordOf(user),
  // An enquiry ends on no page that asks for it.
  confirmationLocked:
    user.confirmationLocked &&
    policy.confirmation === 'password' &&
    !(operation.kind === 'permission' && operation.sort === 'enquiry'),
  codesSuspended: user.codesSuspended,
  otpSuspended: user.otp === 'suspended' && factorsOf(policy.login).includes('totp'),
  certificate: needsCertificate(policy) ? user.certificate.standing : null,
})

const passwordOf = (user: UserRecord): Situation['password'] => {
  if (!user.passwordSet) return 'unset'
  if (user.passwordEnded) return 'ended'
  return user.strangersEnd ? 'strangersEnd' : 'usable'
}

const isPermitted = (actor: UserActor, user: UserRecord, operation: Operation): boolean =>
  operation.kind === 'action'
    ? can({ ...actor, id: user.id, role: user.role, permissions: user.permissions }, operation.action)
    : user.permissions.has(`${operation.service}.${operation.code}`)

/**
 * Of the accounts that the user may use, the one whose own limits leave the most for one transaction, where an account's limits
 * hold at all: what not even that one allows, none does (E-03).
 */
const roomiest = (
  bounds: readonly Bound[],
  user: UserRecord,
  settings: CompanySettings,
): CompanyAccount | undefined => {
  const kinds = bounds.flatMap(bound =>
    bound.startsWith('account.') ? [bound.slice('account.'.length)] : [],
  )
  if (kinds.length === 0) return undefined
  const settled = new Map(settings.accounts.map(each => [each.id, each.limits]))
  // One that nobody has set leaves nothing, and less than one set to 0 does.
  const unset = -1n
  const roomIn = ({ id }: CompanyAccount): bigint => {
    const limits = settled.get(id)
    const amounts = kinds.map(kind => (limits && inForce(limits[kind as keyof typeof limits])) ?? unset)
    return amounts.reduce((least, each) => (each < least ? each : least))
  }
  return user.accounts
    .map(account => ({ account, room: roomIn(account) }))
    .reduce<{ account: CompanyAccount; room: bigint } | undefined>(
      (best, each) => (best && best.room >= each.room ? best : each),
      undefined,
    )?.account
}

/** The amounts of the limits that hold; an account's only where there is one to take them from. */
const limitsFor = (
  bounds: readonly Bound[],
  user: UserRecord,
  settings: CompanySettings,
  operation: Operation,
  account: CompanyAccount | undefined,
): Situation['limits'] => {
  const settled = settings.accounts.find(({ id }) => id === account?.id)
  return bounds.flatMap((bound): Situation['limits'] => {
    const [of, kind] = bound.split('.')
    if (of === 'user')
      return [
        { bound, amount: operation.kind === 'permission' ? user.limits.get(operation.service) : undefined },
      ]
    if (of === 'company')
      return [{ bound, amount: inForce(settings.limits.find(each => each.kind === kind)?.limit) }]
    if (!settled) return []
    return [{ bound, amount: inForce(settled.limits[kind as keyof typeof settled.limits]) }]
  })
}
