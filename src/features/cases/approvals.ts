import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { fromColumn } from '../../kernel/business-day.ts'
import { ok, refuse } from '../../kernel/result.ts'
import type { CaseHandling } from '../two-officers/index.ts'
import { basisOf, changedSince, hindranceOf } from './acts.ts'
import { carryOut } from './carry-out.ts'
import { type CustomerAct, customerActs } from './case.ts'
import { type HeldCustomer, holdCustomer } from './commands.ts'
import { findCase } from './queries.cases.ts'
import { findCustomer, type Proposal } from './queries.ts'
import { makeSecret } from './secrets.ts'

/**
 * How a prepared case about a customer is decided (H-04): exactly what was prepared is carried out, unless the customer's
 * state is not any more what it stands on. A secret is made at the approval, and not before (H-05).
 */
export const customerHandling = async (
  deps: Deps,
  actor: StaffActor,
  caseId: string,
  approves: boolean,
): Promise<CaseHandling<HeldCustomer, null, string>> => {
  const found = approves ? await findCase(deps, actor, caseId) : undefined
  const before = found?.state === 'prepared' ? await findCustomer(deps, actor, found.userId) : undefined
  // Hashing is slow: before the transaction, so that no row is held meanwhile.
  const made = found && before ? await makeSecret(deps, found.kind, before) : null
  return {
    kinds: customerActs,
    hold: async (tx, { userId }) => (userId ? holdCustomer(tx, userId, found?.kind) : undefined),
    carryOut: async (tx, held, row) => {
      const act = row.kind as CustomerAct
      const proposal = row.proposal as Proposal
      const customer = await findCustomer({ ...deps, db: tx }, actor, held.id)
      if (!customer) return refuse('customer.notFound')
      const hindrance = hindranceOf(act, customer)
      if (hindrance) return hindrance
      if (changedSince(proposal.basis, basisOf(act, customer)).length > 0)
        return refuse('case.customerChanged')
      const { reason, formNumber, formReceivedOn } = row
      const paper = {
        reason,
        formNumber,
        formReceivedOn: formReceivedOn && fromColumn(formReceivedOn),
        sealChecked: true,
      }
      const done = await carryOut(deps, tx, actor, { act, caseId, customer, paper, proposal, made })
      return done.ok ? ok(null) : done
    },
  }
}
