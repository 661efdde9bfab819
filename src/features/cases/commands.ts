import type { Deps } from '../../deps.ts'
import type { Prisma } from '../../generated/prisma/client.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { businessDayOf, fromColumn, toColumn } from '../../kernel/business-day.ts'
import { ok, type Refusal, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { isUniqueViolation } from '../../platform/db/errors.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import { can } from '../../policy/can.ts'
import { nextWorkingDay } from '../../policy/working-day.ts'
import type { RevocationReason } from '../certificates/index.ts'
import {
  CasePrepared,
  endOfWaiting,
  expireCases,
  tellReviewers,
  tellSecondOfficers,
} from '../two-officers/index.ts'
import { basisOf, hindranceOf } from './acts.ts'
import { carryOut } from './carry-out.ts'
import {
  accessGivenBy,
  type CasePaper,
  type CustomerAct,
  checkPaper,
  type Delivery,
  isDoneAlone,
  takesAccessAway,
} from './case.ts'
import { CaseRefused } from './events.ts'
import { type Customer, findCustomer, type Proposal } from './queries.ts'
import { makeSecret } from './secrets.ts'

/** What an officer asks for: for whom, on which paper, under the id that the form was opened with. */
export type CaseRequest = {
  caseId: string
  userId: string
  act: CustomerAct
  paper: CasePaper
  delivery: Delivery
  /** The corrected mail address; null for every other act. */
  email: string | null
  revocationReason: RevocationReason
  /** The unused acquisition password that the officer's page showed; null when it showed none. */
  seen: string | null
}

/** `prepared`: a second officer must approve it first. `repeated`: the same form was sent before, nothing happened now. */
export type CaseDone = { caseId: string; state: 'done' | 'prepared'; repeated: boolean }

export type HeldCustomer = { id: string; companyId: string; loginId: string }

/** The customer's row, held until the transaction ends: two officers at once take turns. */
export const holdCustomer = async (tx: Tx, userId: string): Promise<HeldCustomer | undefined> => {
  const [customer] = await tx.$queryRaw<HeldCustomer[]>`
    SELECT id, company_id AS "companyId", login_id AS "loginId" FROM "user" WHERE id = ${userId}::uuid FOR UPDATE`
  return customer
}

const entryOf = (actor: StaffActor, customer: HeldCustomer) => ({
  actor,
  companyId: customer.companyId,
  subject: { kind: 'user', id: customer.id, label: customer.loginId },
})

/**
 * Carries out an act for a customer as a case, or prepares it for a second officer (H-03, H-04): what gives access stands
 * on the paper form with its seal and takes two, save what the policy leaves to one; what takes access away stands on its
 * reason and is done at once. Case, history, mail and change are stored together or not at all; the same form sent twice
 * has one effect. Refused tries are in the company's history, save those for a customer who doesn't exist.
 */
export const openCustomerCase = async (
  deps: Deps,
  actor: StaffActor,
  request: CaseRequest,
): Promise<Result<CaseDone>> => {
  if (!can(actor, 'case:open')) return refuse('access.forbidden')
  const { act, caseId, userId } = request
  const before = await findCustomer(deps, actor, userId)
  // Hashing is slow: before the transaction, so that no row is held meanwhile.
  const made = before && isDoneAlone(act, before.policy) ? await makeSecret(deps, act, before) : null
  let known: HeldCustomer | undefined
  const done = await inCase(deps, async (tx): Promise<Result<CaseDone>> => {
    known = await holdCustomer(tx, userId)
    if (!known) return refuse('customer.notFound')
    const repeated = await repeatedCase(tx, actor, request)
    if (!repeated.ok || repeated.value) return repeated as Result<CaseDone>
    const customer = await findCustomer({ ...deps, db: tx }, actor, userId)
    if (!customer) return refuse('customer.notFound')
    const opened = checkOpen(deps, customer, request)
    if (!opened.ok) return opened
    const alone = isDoneAlone(act, customer.policy)
    // What waits behind its time is out of the way of a new one.
    if (!alone) await expireCases(deps, { userId, kind: act })
    await recordCase(deps, tx, actor, request, customer, opened.value, alone)
    if (!alone) return ok({ caseId, state: 'prepared', repeated: false })
    const proposal = proposalOf(request, customer)
    const carried = await carryOut(deps, tx, actor, {
      act,
      caseId,
      customer,
      paper: opened.value,
      proposal,
      made,
    })
    return carried.ok ? ok({ caseId, state: 'done', repeated: false }) : carried
  })
  if (!done.ok && known) await recordRefused(deps, actor, known, act, done)
  return done
}

/** What every act must stand on (H-04), and what stands in its way. */
const checkOpen = (
  deps: Pick<Deps, 'clock'>,
  customer: Customer,
  { act, paper, seen, email }: CaseRequest,
): Result<CasePaper> => {
  const hindrance = hindranceOf(act, customer)
  if (hindrance) return hindrance
  // Voiding one unseen would make a letter worthless that is already on its way.
  const unused = customer.acquisitionPassword?.pending ? customer.acquisitionPassword.id : null
  if (accessGivenBy(act) === 'acquisition_password' && unused !== seen)
    return refuse('acquisition-password.changedMeanwhile')
  if (act === 'email_correction' && email === customer.email) return refuse('customer.sameEmail')
  return checkPaper(paper, deps.clock.now(), accessGivenBy(act) !== null)
}

const proposalOf = (
  { act, delivery, email, revocationReason }: CaseRequest,
  customer: Customer,
): Proposal => ({ delivery, email, revocationReason, basis: basisOf(act, customer) })

/**
 * Whether the very form has been sent before: a double click has one effect. One that was gone back to and corrected is not the
 * same: its officer would believe the correction, and another approve what was there before.
 */
const repeatedCase = async (
  tx: Tx,
  actor: StaffActor,
  request: CaseRequest,
): Promise<Result<CaseDone | null>> => {
  const { caseId, userId, act } = request
  const before = await tx.helpdeskCase.findUnique({ where: { id: caseId } })
  if (!before) return ok(null)
  if (before.userId !== userId || before.kind !== act || before.preparedById !== actor.id)
    return refuse('case.notFound')
  const state = before.state === 'done' ? 'done' : 'prepared'
  return saysTheSame(before, request) ? ok({ caseId, state, repeated: true }) : refuse('case.openedOtherwise')
}

const saysTheSame = (
  before: { reason: string; formNumber: string | null; formReceivedOn: Date | null; proposal: unknown },
  { paper, delivery, email, revocationReason }: CaseRequest,
): boolean => {
  const stored = before.proposal as Proposal
  return (
    before.reason === paper.reason.trim() &&
    before.formNumber === (paper.formNumber?.trim() ?? null) &&
    (before.formReceivedOn && fromColumn(before.formReceivedOn)) === paper.formReceivedOn &&
    stored.delivery === delivery &&
    stored.email === email &&
    stored.revocationReason === revocationReason
  )
}

/** The constraints have the last word where two officers come at the same moment. */
const inCase = async (deps: Deps, fn: (tx: Tx) => Promise<Result<CaseDone>>): Promise<Result<CaseDone>> => {
  try {
    return await inTx(deps, fn)
  } catch (error) {
    if (isUniqueViolation(error, 'helpdesk_case_pkey')) return refuse('case.notFound')
    if (isUniqueViolation(error, 'helpdesk_case_pending_user')) return refuse('case.pending')
    throw error
  }
}

const recordCase = async (
  deps: Deps,
  tx: Tx,
  actor: StaffActor,
  request: CaseRequest,
  customer: Customer,
  paper: CasePaper,
  alone: boolean,
): Promise<void> => {
  const { act, caseId } = request
  const now = deps.clock.now()
  await tx.helpdeskCase.create({
    data: {
      id: caseId,
      companyId: customer.companyId,
      userId: customer.id,
      kind: act,
      state: alone ? 'done' : 'prepared',
      reason: paper.reason,
      formNumber: paper.formNumber,
      formReceivedOn: paper.formReceivedOn && toColumn(paper.formReceivedOn),
      sealChecked: paper.sealChecked,
      proposal: proposalOf(request, customer) as unknown as Prisma.InputJsonObject,
      preparedById: actor.id,
      preparedAt: now,
      ...(alone ? { decidedAt: now } : { expiresAt: endOfWaiting(now) }),
      ...(takesAccessAway(act) && { reviewDueOn: toColumn(nextWorkingDay(businessDayOf(now))) }),
    },
  })
  if (takesAccessAway(act))
    await tellReviewers(deps, tx, actor, { kind: act, dueOn: nextWorkingDay(businessDayOf(now)) })
  if (alone) return
  await tellSecondOfficers(deps, tx, actor, { kind: act, until: endOfWaiting(now) })
  await audit.record(deps, tx, CasePrepared, {
    ...entryOf(actor, customer),
    details: {
      caseId,
      caseKind: act,
      caseReason: paper.reason,
      formNumber: paper.formNumber,
      formReceivedOn: paper.formReceivedOn,
    },
  })
}

const recordRefused = async (
  deps: Deps,
  actor: StaffActor,
  customer: HeldCustomer,
  act: CustomerAct,
  { reason }: Refusal,
): Promise<void> => {
  await audit.recordAlone(deps, CaseRefused, {
    ...entryOf(actor, customer),
    details: { caseKind: act },
    outcome: 'refused',
    reason,
  })
}
