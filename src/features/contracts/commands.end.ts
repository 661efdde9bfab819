import type { Deps } from '../../deps.ts'
import type { StaffActor, SystemActor } from '../../kernel/actor.ts'
import {
  type BusinessDay,
  businessDayOf,
  fromColumn,
  lastSecondOf,
  toColumn,
} from '../../kernel/business-day.ts'
import { plusSeconds } from '../../kernel/clock.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { toUser } from '../../platform/outbox/to-user.ts'
import { eraseAllOf } from '../../platform/shown-once.ts'
import { endContracts } from '../services/index.ts'
import { endSessionsOf } from '../sessions/index.ts'
import type { ContractEnd } from './change.ts'
import { takeTurns } from './commands.accounts.ts'
import { ContractEnded, ContractEndPlanned, ContractEndWithdrawn } from './events.ts'
import { ContractEndMail } from './mails.ts'
import { type ContractRecord, endCaseOf } from './queries.ts'

/** The queue of what follows an end: each user's certificates and letter, and the contracts whose last day has passed. */
export const contractEndQueue = 'contract-end'

export type ContractEndRefusal = 'contract.end.dayPassed'

/** The case that an end stands on. */
type Opened = { caseId: string; reason: string; formReceivedOn: BusinessDay | null }

const entryOf = (
  actor: StaffActor | SystemActor,
  { id: companyId, name }: Pick<ContractRecord, 'id' | 'name'>,
) => ({ actor, companyId, subject: { kind: 'company', id: companyId, label: name } })

const detailsOf = ({ caseId, reason, formReceivedOn }: Opened) => ({
  caseId,
  caseReason: reason,
  formReceivedOn,
})

/**
 * Carries out 解約 in the transaction of its approval (H-06): at once, or by the last day that it names, of which its
 * administrators are told. Refuses a last day that has passed while the case waited: its people would have used the portal on
 * what was no contract any more.
 */
export const endByCase = async (
  deps: Deps,
  tx: Tx,
  actor: StaffActor,
  contract: ContractRecord,
  wanted: ContractEnd,
  opened: Opened,
): Promise<Result<null, ContractEndRefusal>> => {
  const today = businessDayOf(deps.clock.now())
  const { lastDay } = wanted
  if (lastDay !== null && lastDay < today) return refuse('contract.end.dayPassed')
  await tx.company.update({
    where: { id: contract.id },
    data: { lastDay: toColumn(lastDay ?? today), version: { increment: 1 } },
  })
  if (lastDay === null) {
    await endContract(deps, tx, actor, contract, detailsOf(opened))
    return ok(null)
  }
  await tellAdministrators(deps, tx, contract, 'planned', lastDay)
  await audit.record(deps, tx, ContractEndPlanned, {
    ...entryOf(actor, contract),
    details: { ...detailsOf(opened), lastDay },
  })
  return ok(null)
}

/** 解約の取りやめ in the transaction of its approval: the contract goes on as if nobody had ended it. */
export const withdrawEnd = async (
  deps: Deps,
  tx: Tx,
  actor: StaffActor,
  contract: ContractRecord,
  opened: Opened,
): Promise<Result<null, never>> => {
  const { end } = contract
  // The case stands on a contract with an end that is still to come (`basisOf`).
  if (!end || end.endedAt) throw new Error(`company ${contract.id} has no end to come`)
  await tx.company.update({
    where: { id: contract.id },
    data: { lastDay: null, version: { increment: 1 } },
  })
  await tellAdministrators(deps, tx, contract, 'withdrawn', end.lastDay)
  await audit.record(deps, tx, ContractEndWithdrawn, {
    ...entryOf(actor, contract),
    details: { ...detailsOf(opened), lastDay: end.lastDay },
  })
  return ok(null)
}

const tellAdministrators = async (
  deps: Deps,
  tx: Tx,
  { id: companyId }: Pick<ContractRecord, 'id'>,
  change: 'planned' | 'withdrawn',
  lastDay: BusinessDay,
): Promise<void> => {
  const administrators = await tx.user.findMany({
    where: { companyId, role: { not: 'user' }, serviceState: { not: 'deleted' } },
    orderBy: { loginIdKey: 'asc' },
    select: { id: true },
  })
  for (const { id: userId } of administrators)
    await outbox.put(deps, tx, ContractEndMail, {
      ...(await toUser(tx, { companyId, userId })),
      params: { at: deps.clock.now(), change, until: lastSecondOf(lastDay) },
    })
}

/**
 * Ends a contract for good (H-06): from the commit on nobody of the company comes in, whoever is in is out, of its services
 * too, which are told, and nothing that was prepared or made for it can be carried out or fetched any more. What it had stays as it
 * was, for whoever must read it; its accounts are closed, so that another company may contract them. It is the end itself that
 * keeps its people out (`contractIsOver`): their states, certificates and letters follow by the job, a user at a time, for a company
 * may have a hundred thousand. It waits for no registration of users that is under way, either: whom that still brings, the job takes.
 */
const endContract = async (
  deps: Deps,
  tx: Tx,
  actor: StaffActor | SystemActor,
  contract: Pick<ContractRecord, 'id' | 'name'>,
  opened: ReturnType<typeof detailsOf>,
): Promise<void> => {
  const { id: companyId } = contract
  const now = deps.clock.now()
  const { lastDay } = await tx.company.update({
    where: { id: companyId },
    data: { contractEndedAt: now, version: { increment: 1 } },
    select: { lastDay: true },
  })
  const usersTouched = await tx.user.count({ where: { companyId, serviceState: { not: 'deleted' } } })
  const sessionsEnded = await endSessionsOf(deps, tx, { companyId }, 'contract')
  const { services, serviceClients } = await tx.company.findUniqueOrThrow({
    where: { id: companyId },
    select: {
      services: { select: { serviceCode: true } },
      serviceClients: { where: { endedAt: null }, select: { serviceCode: true } },
    },
  })
  await endContracts(deps, tx, companyId, {
    signOn: serviceClients.map(({ serviceCode }) => serviceCode),
    business: services.map(({ serviceCode }) => serviceCode),
  })
  const { count: accountsClosed } = await tx.account.updateMany({
    where: { companyId, closedAt: null },
    data: { closedAt: now },
  })
  await dropWhatWaits(tx, companyId, now)
  await audit.record(deps, tx, ContractEnded, {
    ...entryOf(actor, contract),
    details: {
      ...opened,
      lastDay: fromColumn(lastDay ?? now),
      usersTouched,
      sessionsEnded,
      accountsClosed,
      services: services.map(({ serviceCode }) => serviceCode),
    },
  })
  await deps.jobs.put(tx, contractEndQueue, {})
}

/** What was begun for the company and can't be carried out any more: its users' drafts, secrets to be fetched, cases that wait. */
const dropWhatWaits = async (tx: Tx, companyId: string, now: Date): Promise<void> => {
  await tx.draft.deleteMany({ where: { companyId, state: 'open' } })
  await eraseAllOf(tx, companyId)
  // Their time is over; the hourly round writes it into the history, as of every other.
  await tx.helpdeskCase.updateMany({
    where: { companyId, state: 'prepared' },
    data: { expiresAt: plusSeconds(now, -1) },
  })
}

/** The end of one whose last day has passed, unless it was withdrawn or carried out meanwhile. */
const endDue = (deps: Deps, actor: SystemActor, companyId: string, today: Date): Promise<number> =>
  inTx(deps, async tx => {
    await takeTurns(tx)
    await tx.$queryRaw`SELECT 1 FROM company WHERE id = ${companyId}::uuid FOR NO KEY UPDATE`
    const due = await tx.company.findFirst({
      where: { id: companyId, lastDay: { lt: today }, contractEndedAt: null },
      select: { id: true, name: true },
    })
    if (!due) return 0
    const { id: caseId, reason, formReceivedOn } = await endCaseOf(tx, companyId)
    await endContract(deps, tx, actor, due, detailsOf({ caseId, reason, formReceivedOn }))
    return 1
  })

/**
 * Ends the contracts whose last day has passed, each in a transaction of its own; gives how many there were (H-06). What stands in
 * one's way keeps no other from its end: it is tried again at the next round, and its people are out meanwhile.
 */
export const endDueContracts = async (deps: Deps, actor: SystemActor): Promise<number> => {
  const today = toColumn(businessDayOf(deps.clock.now()))
  const due = await deps.db.company.findMany({
    where: { lastDay: { lt: today }, contractEndedAt: null },
    orderBy: { id: 'asc' },
    select: { id: true },
  })
  let ended = 0
  for (const { id } of due)
    ended += await endDue(deps, actor, id, today).catch(error => {
      deps.log.error({ err: error, companyId: id }, 'A contract whose last day has passed could not be ended')
      return 0
    })
  return ended
}
