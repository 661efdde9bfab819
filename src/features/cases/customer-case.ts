import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { businessDayOf, toColumn } from '../../kernel/business-day.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import { isUniqueViolation } from '../../platform/db/errors.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import { can } from '../../policy/can.ts'
import { policyOf, type SecurityPolicy } from '../../policy/policy.ts'
import { nextWorkingDay } from '../../policy/working-day.ts'
import {
  accessGivenBy,
  type CasePaper,
  type CustomerAct,
  checkPaper,
  type PaperRefusal,
  takesAccessAway,
} from './case.ts'

/** What an officer asks for: for whom, on which paper, under the id that the form was opened with. */
export type CaseRequest = { caseId: string; userId: string; paper: CasePaper }

/** `repeated`: the same form was sent before and has been carried out then; nothing happened now. */
export type CaseDone = { caseId: string; repeated: boolean }

export type CaseRefusal =
  | PaperRefusal
  | 'access.forbidden'
  | 'customer.notFound'
  | 'customer.deleted'
  | 'case.notFound'
  | 'case.secondOfficer'

export type HeldCustomer = {
  id: string
  companyId: string
  loginId: string
  name: string
  email: string
  locale: string
  serviceState: 'available' | 'suspended' | 'blocked' | 'deleted'
  companyName: string
  preset: string
  overrides: unknown
}

export type OpenCase = { customer: HeldCustomer; policy: SecurityPolicy; paper: CasePaper }

/** The customer's row, held until the transaction ends: two officers at once take turns. */
export const holdCustomer = async (tx: Tx, userId: string): Promise<HeldCustomer | undefined> => {
  const [customer] = await tx.$queryRaw<HeldCustomer[]>`
    SELECT u.id, u.company_id AS "companyId", u.login_id AS "loginId", u.name, u.email, u.locale,
           u.service_state::text AS "serviceState", c.name AS "companyName", p.preset, p.overrides
      FROM "user" u
      JOIN company c ON c.id = u.company_id
      JOIN company_policy p ON p.company_id = c.id AND p.version = c.policy_version
     WHERE u.id = ${userId}::uuid
       FOR UPDATE OF u`
  return customer
}

/** Whether the very form has been carried out already: a double click has one effect. */
export const isRepeated = async (
  tx: Tx,
  actor: StaffActor,
  act: CustomerAct,
  { caseId, userId }: CaseRequest,
): Promise<Result<boolean, 'case.notFound'>> => {
  const before = await tx.helpdeskCase.findUnique({ where: { id: caseId } })
  if (!before) return ok(false)
  const same = before.userId === userId && before.kind === act && before.preparedById === actor.id
  return same ? ok(true) : refuse('case.notFound')
}

/** A transaction of a case; an id that another customer's case takes at the same moment is nobody's form. */
export const inCase = async <T, R extends string>(
  deps: Deps,
  fn: (tx: Tx) => Promise<Result<T, R>>,
): Promise<Result<T, R | 'case.notFound'>> => {
  try {
    return await inTx(deps, fn)
  } catch (error) {
    if (isUniqueViolation(error, 'helpdesk_case_pkey')) return refuse('case.notFound')
    throw error
  }
}

/**
 * What every act must stand on (H-04): one that gives access on the paper form with its seal, and on a second officer
 * unless the preset lets one do it alone; one that takes access away on its reason.
 */
export const openCase = (
  deps: Deps,
  actor: StaffActor,
  act: CustomerAct,
  customer: HeldCustomer,
  request: CaseRequest,
): Result<OpenCase, CaseRefusal> => {
  if (!can(actor, 'case:open')) return refuse('access.forbidden')
  if (customer.serviceState === 'deleted') return refuse('customer.deleted')
  const policy = policyOf(customer)
  const given = accessGivenBy(act)
  if (given && !policy.byOneOfficer.includes(given)) return refuse('case.secondOfficer')
  const paper = checkPaper(request.paper, deps.clock.now(), given !== null)
  return paper.ok ? ok({ customer, policy, paper: paper.value }) : paper
}

export const recordCase = async (
  deps: Deps,
  tx: Tx,
  actor: StaffActor,
  act: CustomerAct,
  caseId: string,
  { customer, paper }: OpenCase,
): Promise<void> => {
  const now = deps.clock.now()
  await tx.helpdeskCase.create({
    data: {
      id: caseId,
      companyId: customer.companyId,
      userId: customer.id,
      kind: act,
      state: 'done',
      reason: paper.reason,
      formReceivedOn: paper.formReceivedOn && toColumn(paper.formReceivedOn),
      sealChecked: paper.sealChecked,
      preparedById: actor.id,
      preparedAt: now,
      decidedAt: now,
      ...(takesAccessAway(act) && { reviewDueOn: toColumn(nextWorkingDay(businessDayOf(now))) }),
    },
  })
}

export const entryOf = (actor: StaffActor, customer: HeldCustomer) => ({
  actor,
  companyId: customer.companyId,
  subject: { kind: 'user', id: customer.id, label: customer.loginId },
})

export const addressOf = (customer: HeldCustomer) => ({
  companyId: customer.companyId,
  userId: customer.id,
  recipient: customer.email,
  locale: customer.locale,
  addressee: { company: customer.companyName, name: customer.name },
})
