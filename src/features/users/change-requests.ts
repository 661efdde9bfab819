import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { hour, plusSeconds } from '../../kernel/clock.ts'
import { isId } from '../../kernel/ids.ts'
import { yen } from '../../kernel/money.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { type AcceptedChange, accept, applyChange, type ChangeRefusal, type UserFacts } from './change.ts'
import { factsChanged } from './change-facts.ts'
import {
  ChangeRequestDeclined,
  ChangeRequested,
  ChangeRequestRefused,
  ChangeRequestWithdrawn,
} from './events.ts'
import { ChangeDecidedMail, ChangeRequestedMail } from './mails.ts'
import { type Managed, type ManagingRefusal, managing } from './managing.ts'
import { type ChangeRequest, findChangeRequest } from './queries.requests.ts'

/** How long a request waits for another administrator. */
export const requestDays = 7

/** What the request's row keeps of a change: everything that an administrator may change about themselves. */
export type KeptChange = {
  loginId: string
  name: string
  permissions: string[]
  accounts: string[]
  /** Yen as digits, by service. */
  limits: Record<string, string>
}

/**
 * Puts an administrator's change of their own rights before the others (D-11), in the transaction that would have made it.
 * One waits at a time; what nobody decided in time, or what the user has outgrown, makes room for it.
 */
export const putChangeRequest = async (
  deps: Deps,
  tx: Tx,
  { user, actor, company }: Managed,
  change: AcceptedChange,
  others: readonly { id: string; name: string; email: string; locale: string }[],
): Promise<Result<{ userId: string; requested: true }, 'changeRequest.waiting'>> => {
  const now = deps.clock.now()
  const holder = { companyId: actor.companyId, userId: user.id }
  await tx.userChangeRequest.updateMany({
    where: {
      ...holder,
      state: 'pending',
      OR: [{ expiresAt: { lte: now } }, { userVersion: { not: user.version } }],
    },
    data: { state: 'lapsed', decidedAt: now },
  })
  const expiresAt = plusSeconds(now, requestDays * 24 * hour)
  const { count } = await tx.userChangeRequest.createMany({
    data: [
      {
        id: deps.ids.next(),
        ...holder,
        userVersion: user.version,
        change: kept(change),
        requestedAt: now,
        expiresAt,
      },
    ],
    skipDuplicates: true,
  })
  if (count === 0) return refuse('changeRequest.waiting')
  for (const other of others)
    await outbox.put(deps, tx, ChangeRequestedMail, {
      companyId: actor.companyId,
      userId: other.id,
      recipient: other.email,
      locale: other.locale,
      addressee: { company: company.name, name: other.name },
      params: { at: now, requestedBy: user.name, expiresAt },
    })
  await audit.record(deps, tx, ChangeRequested, {
    actor,
    companyId: actor.companyId,
    subject: { kind: 'user', id: user.id, label: user.loginId },
    details: { ...factsChanged(user, change), expiresAt: expiresAt.toISOString() },
  })
  return ok({ userId: user.id, requested: true as const })
}

const kept = ({ loginId, name, permissions, accounts, limits }: AcceptedChange): KeptChange => ({
  loginId,
  name,
  permissions: [...permissions],
  accounts: accounts.map(({ id }) => id),
  limits: Object.fromEntries([...limits].map(([code, amount]) => [code, String(amount)])),
})

/** The user as a request would have them. */
export const requestedFacts = (
  user: Pick<UserFacts, 'email' | 'mobile' | 'role'>,
  { loginId, name, permissions, accounts, limits }: KeptChange,
): UserFacts => ({
  email: user.email,
  mobile: user.mobile,
  role: user.role,
  loginId,
  name,
  permissions,
  accounts,
  limits: new Map(Object.entries(limits).map(([code, digits]) => [code, yen(BigInt(digits))])),
})

export type Decision = 'approve' | 'decline' | 'withdraw'
export type DecisionRefusal =
  | ManagingRefusal
  | ChangeRefusal
  | 'changeRequest.notFound'
  | 'changeRequest.own'
  | 'changeRequest.notOwn'
  | 'changeRequest.decided'
  | 'changeRequest.expired'
  | 'changeRequest.stale'

const refusals = {
  approved: 'changeRequest.decided',
  declined: 'changeRequest.decided',
  withdrawn: 'changeRequest.decided',
  lapsed: 'changeRequest.expired',
  expired: 'changeRequest.expired',
  stale: 'changeRequest.stale',
} as const

/** Whether this administrator may take this decision about a request, as far as a look at it says. */
export const mayDecide = (
  actor: { id: string },
  decision: Decision,
  request: Pick<ChangeRequest, 'userId' | 'standing'>,
): Result<null, DecisionRefusal> => {
  const own = request.userId === actor.id
  if (decision === 'withdraw' && !own) return refuse('changeRequest.notOwn')
  // A second pair of eyes: whoever could approve their own request would have none (D-11).
  if (decision !== 'withdraw' && own) return refuse('changeRequest.own')
  return request.standing === 'waiting' ? ok(null) : refuse(refusals[request.standing])
}

/**
 * Decides about a request (D-11): another administrator approves it, which makes the change, or declines it; whoever asked
 * may withdraw it. Of two at once one decides. A request is for the user as they were: where they have changed meanwhile,
 * it can't be approved any more.
 */
export const decideChangeRequest = async (
  deps: Deps,
  actor: UserActor,
  decision: Decision,
  id: string,
): Promise<Result<{ requestId: string }, DecisionRefusal>> => {
  const looked = isId(id) ? await findChangeRequest(deps, deps.db, actor, id) : undefined
  if (!looked) return refuse('changeRequest.notFound')
  return managing(
    deps,
    actor,
    looked.userId,
    async (tx, managed): Promise<Result<{ requestId: string }, DecisionRefusal>> => {
      const request = await findChangeRequest(deps, tx, actor, id)
      if (!request) return refuse('changeRequest.notFound')
      const may = mayDecide(actor, decision, request)
      if (!may.ok) return may
      if (decision === 'approve') {
        const facts = requestedFacts(managed.user, request.change)
        const accepted = await accept(tx, managed, facts)
        if (!accepted.ok) return accepted
        const applied = await applyChange(deps, tx, managed, accepted.value, {}, managed.user.loginId)
        if (!applied.ok) return applied
      }
      await tx.userChangeRequest.update({
        where: { id },
        data: {
          state: states[decision],
          decidedAt: deps.clock.now(),
          decidedById: decision === 'withdraw' ? null : actor.id,
        },
      })
      await tell(deps, tx, managed, decision)
      return ok({ requestId: id })
    },
    'anybody',
  )
}

const states = { approve: 'approved', decline: 'declined', withdraw: 'withdrawn' } as const

/** The requester by mail, and the history; of an approval the change itself tells there. */
const tell = async (
  deps: Deps,
  tx: Tx,
  { user, actor, company, locale }: Managed,
  decision: Decision,
): Promise<void> => {
  if (decision !== 'withdraw')
    await outbox.put(deps, tx, ChangeDecidedMail, {
      companyId: actor.companyId,
      userId: user.id,
      recipient: user.email,
      locale,
      addressee: { company: company.name, name: user.name },
      params: { at: deps.clock.now(), decidedBy: actor.name, decision: states[decision] },
    })
  if (decision === 'approve') return
  await audit.record(deps, tx, decision === 'decline' ? ChangeRequestDeclined : ChangeRequestWithdrawn, {
    actor,
    companyId: actor.companyId,
    subject: { kind: 'user', id: user.id, label: user.loginId },
    details: {},
  })
}

/** Records a decision that was refused at 「実行」; its own transaction has been rolled back (F-02). */
export const recordDecisionRefused = async (
  deps: Deps,
  actor: UserActor,
  decision: Decision,
  id: string,
  reason: string,
): Promise<void> => {
  const request = isId(id) ? await findChangeRequest(deps, deps.db, actor, id) : undefined
  await audit.recordAlone(deps, ChangeRequestRefused, {
    actor,
    companyId: actor.companyId,
    ...(request && { subject: { kind: 'user', id: request.userId, label: request.loginId } }),
    details: { requestDecision: decision },
    outcome: 'refused',
    reason,
  })
}
