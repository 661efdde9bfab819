import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import type { Result } from '../../kernel/result.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import type { CasePaper, CustomerAct } from './case.ts'
import type { Customer, Proposal } from './queries.ts'
import type { MadeSecret } from './secrets.ts'

/** A case that may be carried out: everything has been asked, the customer's row is held. */
export type OpenCase<Act extends CustomerAct = CustomerAct> = {
  act: Act
  caseId: string
  customer: Customer
  paper: CasePaper
  proposal: Proposal
  made: MadeSecret | null
}

export type CarryOut<Act extends CustomerAct> = (
  deps: Deps,
  tx: Tx,
  actor: StaffActor,
  open: OpenCase<Act>,
) => Promise<Result<null>>

export const holderOf = ({ id, companyId }: Customer) => ({ companyId, userId: id })

export const entryOf = (actor: StaffActor, customer: Customer) => ({
  actor,
  companyId: customer.companyId,
  subject: { kind: 'user', id: customer.id, label: customer.loginId },
})

export const addressOf = (customer: Customer) => ({
  companyId: customer.companyId,
  userId: customer.id,
  recipient: customer.email,
  locale: customer.locale,
  addressee: { company: customer.companyName, name: customer.name },
})

/** The case and its paper, as each event of an act tells of them. */
export const caseDetails = ({ caseId, paper }: OpenCase) => ({
  caseId,
  caseReason: paper.reason,
  formReceivedOn: paper.formReceivedOn,
})
