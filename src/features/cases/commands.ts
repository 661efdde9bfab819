import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import { isUniqueViolation } from '../../platform/db/errors.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { type OpenedCase, openCase, recordCaseRefused } from '../two-officers/index.ts'
import { basisOf, hindranceOf } from './acts.ts'
import { carryOut } from './carry-out.ts'
import {
  accessGivenBy,
  type CasePaper,
  type CustomerAct,
  checkPaper,
  isDoneAlone,
  takesAccessAway,
} from './case.ts'
import type { FilledCase } from './forms.ts'
import { type Customer, findCustomer, type Proposal } from './queries.ts'
import { makeSecret } from './secrets.ts'

/** What an officer asks for: for whom, on which paper, under the id that the form was opened with. */
export type CaseRequest = FilledCase & {
  userId: string
  act: CustomerAct
  /** All that the form says (`contentOf`). */
  sent: string
}

export type HeldCustomer = { id: string; companyId: string; loginId: string }

/** The customer's row, held until the transaction ends: two officers at once take turns. */
export const holdCustomer = async (
  tx: Tx,
  userId: string,
  act?: CustomerAct,
): Promise<HeldCustomer | undefined> => {
  // Who succeeds a contractor concerns others of the company: of two successors at once, the later finds the first (D-14).
  if (act === 'contractor_appointment')
    await tx.$queryRaw`
      SELECT id FROM company WHERE id = (SELECT company_id FROM "user" WHERE id = ${userId}::uuid) FOR NO KEY UPDATE`
  const [customer] = await tx.$queryRaw<HeldCustomer[]>`
    SELECT id, company_id AS "companyId", login_id AS "loginId" FROM "user" WHERE id = ${userId}::uuid FOR UPDATE`
  return customer
}

/**
 * Carries out an act for a customer as a case, or prepares it for a second officer (H-03, H-04): what gives access stands
 * on the paper form with its seal and takes two, save what the policy leaves to one; what takes access away stands on its
 * reason and is done at once. The same form sent twice has one effect (`openCase`). Refused tries are in the company's
 * history, save those for a customer who doesn't exist.
 */
export const openCustomerCase = async (
  deps: Deps,
  actor: StaffActor,
  request: CaseRequest,
): Promise<Result<OpenedCase>> => {
  const { act, caseId, userId, sent } = request
  const before = await findCustomer(deps, actor, userId)
  // Hashing is slow: before the transaction, so that no row is held meanwhile.
  const made = before && isDoneAlone(act, before.policy) ? await makeSecret(deps, act, before) : null
  const asked = { caseId, kind: act, sent, about: { userId } }
  return openCase<HeldCustomer, string>(deps, actor, asked, {
    action: 'case:open',
    hold: async tx => {
      const customer = await holdCustomer(tx, userId, act)
      return customer ? ok(customer) : refuse('customer.notFound')
    },
    content: async (tx, held) => {
      const customer = await findCustomer({ ...deps, db: tx }, actor, userId)
      if (!customer) return refuse('customer.notFound')
      const opened = checkOpen(deps, customer, request)
      if (!opened.ok) return opened
      const paper = opened.value
      const proposal = proposalOf(request, customer)
      const open = { act, caseId, customer, paper, proposal, made }
      return ok({
        ...entryOf(held),
        reason: paper.reason,
        paper,
        proposal,
        ...(isDoneAlone(act, customer.policy) && {
          alone: { reviewed: takesAccessAway(act), carryOut: () => carryOut(deps, tx, actor, open) },
        }),
      })
    },
    taken: error =>
      isUniqueViolation(error, 'helpdesk_case_pending_user') ? refuse('case.pending') : undefined,
    refused: async (reason, held) => held && recordCaseRefused(deps, actor, act, reason, entryOf(held)),
  })
}

const entryOf = ({ id, companyId, loginId }: HeldCustomer) => ({
  companyId,
  subject: { kind: 'user', id, label: loginId },
})

/** What every act must stand on (H-04), and what stands in its way. */
const checkOpen = (
  deps: Pick<Deps, 'clock'>,
  customer: Customer,
  { act, paper, seen, email, mobile }: CaseRequest,
): Result<CasePaper> => {
  const hindrance = hindranceOf(act, customer)
  if (hindrance) return hindrance
  // Voiding one unseen would make a letter worthless that is already on its way.
  const unused = customer.acquisitionPassword?.pending ? customer.acquisitionPassword.id : null
  if (accessGivenBy(act) === 'acquisition_password' && unused !== seen)
    return refuse('acquisition-password.changedMeanwhile')
  if (act === 'email_correction' && email === customer.email) return refuse('customer.sameEmail')
  if (act === 'mobile_correction' && mobile === customer.mobile) return refuse('customer.sameMobile')
  return checkPaper(paper, deps.clock.now(), accessGivenBy(act) !== null)
}

const proposalOf = (
  { act, delivery, email, mobile, passkey, revocationReason }: CaseRequest,
  customer: Customer,
): Proposal => ({
  delivery,
  email,
  revocationReason,
  ...(mobile && { mobile }),
  ...(passkey && { passkey }),
  basis: basisOf(act, customer),
})
