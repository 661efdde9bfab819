import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { fromColumn } from '../../kernel/business-day.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import { isUniqueViolation } from '../../platform/db/errors.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import type { CasePaper } from '../cases/index.ts'
import { type CaseHandling, type OpenedCase, openCase, recordCaseRefused } from '../two-officers/index.ts'
import { basisOf, type ContractChange, type Extension, isOver, type Reduction } from './change.ts'
import { accountTaken, takeTurns } from './commands.accounts.ts'
import { extend, reduce } from './commands.carry-out.ts'
import { type ContractEndRefusal, endByCase, withdrawEnd } from './commands.end.ts'
import { contractSignOn } from './commands.sign-on.ts'
import { type ContractRecord, findContract } from './queries.ts'

/** The kind of a case that changes a contract. */
export const contractKind = 'company_contract' as const

export type ContractChangeRefusal =
  | 'access.forbidden'
  | 'case.notFound'
  | 'case.openedOtherwise'
  | 'customer.notFound'
  | 'contract.account.taken'
  | 'contract.changedMeanwhile'
  | 'contract.ended'
  | 'contract.pending'
  | ContractEndRefusal
  | 'service.contracted'
  | 'service.unknown'

/** A change as an officer asks for it, under the id that the form was opened with. */
type ChangeRequest = { caseId: string; wanted: ContractChange; paper: CasePaper; sent: string }

/** The company's row, held until the transaction ends: two officers, and its own administrators, take turns. */
const holdCompany = async (
  deps: Deps,
  tx: Tx,
  actor: StaffActor,
  companyId: string,
): Promise<ContractRecord | undefined> => {
  await takeTurns(tx)
  await tx.$queryRaw`SELECT 1 FROM company WHERE id = ${companyId}::uuid FOR NO KEY UPDATE`
  return findContract({ ...deps, db: tx }, actor, companyId)
}

/**
 * Changes a contract as a case (H-06): what gives waits for a second officer, what takes away is done at once and looked at by
 * another on the next working day (H-04). The same form sent twice has one effect (`openCase`). Refuses a contract that is not
 * any more what the officer's page showed, a second case that waits, and an account that a company has already.
 */
export const changeContract = (
  deps: Deps,
  actor: StaffActor,
  companyId: string,
  { caseId, wanted, paper, sent }: ChangeRequest,
): Promise<Result<OpenedCase, ContractChangeRefusal>> =>
  openCase<ContractRecord, ContractChangeRefusal>(
    deps,
    actor,
    { caseId, kind: contractKind, sent, about: { companyId } },
    {
      action: 'case:open',
      hold: async tx => {
        const contract = await holdCompany(deps, tx, actor, companyId)
        return contract ? ok(contract) : refuse('customer.notFound')
      },
      content: async (tx, contract) => {
        // What is forged under the digest of an ended one would open it again.
        if (isOver(contract, deps.clock.now())) return refuse('contract.ended')
        if (basisOf(contract) !== wanted.basis) return refuse('contract.changedMeanwhile')
        if (wanted.change === 'extension') {
          const taken = await accountTaken(tx, wanted.accounts)
          if (taken) return refuse('contract.account.taken', { number: taken })
        }
        return ok({
          companyId,
          subject: { kind: 'company', id: companyId, label: contract.name },
          reason: paper.reason,
          paper,
          proposal: wanted,
          ...(wanted.change === 'reduction' && {
            alone: {
              reviewed: true,
              carryOut: async () => {
                await reduce(deps, tx, actor, contract, wanted, { caseId, reason: paper.reason })
                return ok(null)
              },
            },
          }),
        })
      },
      taken: error =>
        isUniqueViolation(error, 'helpdesk_case_pending_contract') ? refuse('contract.pending') : undefined,
      refused: async (reason, contract) => contract && recordRefused(deps, actor, contract, reason),
    },
  )

/**
 * How a change that gives is decided (H-04): exactly what was prepared is carried out, unless the contract is not any more
 * what it stands on.
 */
export const contractHandling = (
  deps: Deps,
  actor: StaffActor,
): CaseHandling<object, null, ContractChangeRefusal> => {
  let contract: ContractRecord | undefined
  return {
    kinds: ['company_contract'],
    hold: async (tx, { companyId }) => {
      contract = companyId ? await holdCompany(deps, tx, actor, companyId) : undefined
      return contract
    },
    carryOut: async (tx, _held, row) => {
      const wanted = row.proposal as Exclude<ContractChange, Reduction>
      // A withdrawal, too: the last day may have passed while it waited, and what has ended comes back for nobody.
      if (contract && isOver(contract, deps.clock.now())) return refuse('contract.ended')
      if (!contract || basisOf(contract) !== wanted.basis) return refuse('contract.changedMeanwhile')
      const opened = {
        caseId: row.id,
        reason: row.reason,
        formReceivedOn: row.formReceivedOn && fromColumn(row.formReceivedOn),
      }
      switch (wanted.change) {
        case 'signOn':
          return contractSignOn(deps, tx, actor, contract, wanted, row.id)
        case 'end':
          return endByCase(deps, tx, actor, contract, wanted, opened)
        case 'endWithdrawal':
          return withdrawEnd(deps, tx, actor, contract, opened)
        case 'extension':
          return extendBy(deps, tx, actor, contract, wanted, opened)
      }
    },
  }
}

const extendBy = async (
  deps: Deps,
  tx: Tx,
  actor: StaffActor,
  contract: ContractRecord,
  wanted: Extension,
  opened: Parameters<typeof extend>[5],
): Promise<Result<null, ContractChangeRefusal>> => {
  const taken = await accountTaken(tx, wanted.accounts)
  if (taken) return refuse('contract.account.taken', { number: taken })
  await extend(deps, tx, actor, contract, wanted, opened)
  return ok(null)
}

/** Records a form about a contract that was refused: by its case, or before it asked for anything (I-05). */
export const recordRefused = (
  deps: Deps,
  actor: StaffActor,
  { id: companyId, name }: Pick<ContractRecord, 'id' | 'name'>,
  reason: string,
): Promise<void> =>
  recordCaseRefused(deps, actor, contractKind, reason, {
    companyId,
    subject: { kind: 'company', id: companyId, label: name },
  })
