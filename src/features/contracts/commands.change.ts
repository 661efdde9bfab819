import type { Deps } from '../../deps.ts'
import type { Prisma } from '../../generated/prisma/client.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { businessDayOf, fromColumn, toColumn } from '../../kernel/business-day.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { isUniqueViolation } from '../../platform/db/errors.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import { can } from '../../policy/can.ts'
import { nextWorkingDay } from '../../policy/working-day.ts'
import { type CasePaper, CaseRefused } from '../cases/index.ts'
import {
  type CaseHandling,
  CasePrepared,
  endOfWaiting,
  expireCases,
  tellReviewers,
  tellSecondOfficers,
} from '../two-officers/index.ts'
import { basisOf, type ContractChange, type Extension, type Reduction, type StoredChange } from './change.ts'
import { accountTaken, takeTurns } from './commands.accounts.ts'
import { extend, reduce } from './commands.carry-out.ts'
import { paperColumns } from './commands.registration.ts'
import { contractSignOn } from './commands.sign-on.ts'
import { type ContractRecord, findContract } from './queries.ts'

export type ContractChangeRefusal =
  | 'access.forbidden'
  | 'case.notFound'
  | 'case.openedOtherwise'
  | 'customer.notFound'
  | 'contract.account.taken'
  | 'contract.changedMeanwhile'
  | 'contract.pending'
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
 * another on the next working day (H-04). The same form sent twice has one effect; a corrected one under the same number is
 * refused (`sent`: all that the form says). Refuses a contract that is not any more what the officer's page showed, a second
 * case that waits, and an account that a company has already.
 */
export const changeContract = async (
  deps: Deps,
  actor: StaffActor,
  companyId: string,
  { caseId, wanted, paper, sent }: ChangeRequest,
): Promise<Result<null, ContractChangeRefusal>> => {
  await expireCases(deps, { companyId, kind: 'company_contract' })
  let known: Pick<ContractRecord, 'name'> | undefined
  const done = await inTx(deps, async (tx): Promise<Result<null, ContractChangeRefusal>> => {
    if (!can(actor, 'case:open')) return refuse('access.forbidden')
    const contract = await holdCompany(deps, tx, actor, companyId)
    if (!contract) return refuse('customer.notFound')
    known = contract
    const before = await tx.helpdeskCase.findUnique({ where: { id: caseId } })
    if (before) {
      const { kind, preparedById, proposal } = before
      if (before.companyId !== companyId || kind !== 'company_contract' || preparedById !== actor.id)
        return refuse('case.notFound')
      return (proposal as StoredChange).sent === sent ? ok(null) : refuse('case.openedOtherwise')
    }
    if (basisOf(contract) !== wanted.basis) return refuse('contract.changedMeanwhile')
    if (wanted.change === 'extension') {
      const taken = await accountTaken(tx, wanted.accounts)
      if (taken) return refuse('contract.account.taken', { number: taken })
    }
    const alone = wanted.change === 'reduction'
    await openCase(deps, tx, actor, companyId, { caseId, wanted, paper, sent }, alone)
    const now = deps.clock.now()
    if (alone) {
      await reduce(deps, tx, actor, contract, wanted, { caseId, reason: paper.reason })
      await tellReviewers(deps, tx, actor, {
        kind: 'company_contract',
        dueOn: nextWorkingDay(businessDayOf(now)),
      })
    } else {
      await tellSecondOfficers(deps, tx, actor, { kind: 'company_contract', until: endOfWaiting(now) })
      await audit.record(deps, tx, CasePrepared, {
        actor,
        companyId,
        subject: { kind: 'company', id: companyId, label: contract.name },
        details: {
          caseId,
          caseKind: 'company_contract',
          caseReason: paper.reason,
          formNumber: paper.formNumber,
          formReceivedOn: paper.formReceivedOn,
        },
      })
    }
    return ok(null)
  }).catch(error => {
    if (isUniqueViolation(error, 'helpdesk_case_pending_contract')) return refuse('contract.pending' as const)
    if (isUniqueViolation(error, 'helpdesk_case_pkey')) return refuse('case.notFound' as const)
    throw error
  })
  if (!done.ok && known)
    await audit.recordAlone(deps, CaseRefused, {
      actor,
      companyId,
      subject: { kind: 'company', id: companyId, label: known.name },
      details: { caseKind: 'company_contract' },
      outcome: 'refused',
      reason: done.reason,
    })
  return done
}

const openCase = async (
  deps: Pick<Deps, 'clock'>,
  tx: Tx,
  actor: StaffActor,
  companyId: string,
  { caseId, wanted, paper, sent }: ChangeRequest,
  alone: boolean,
): Promise<void> => {
  const now = deps.clock.now()
  await tx.helpdeskCase.create({
    data: {
      id: caseId,
      companyId,
      kind: 'company_contract',
      state: alone ? 'done' : 'prepared',
      ...paperColumns(paper),
      proposal: { ...wanted, sent } satisfies StoredChange as unknown as Prisma.InputJsonObject,
      preparedById: actor.id,
      preparedAt: now,
      ...(alone
        ? { decidedAt: now, reviewDueOn: toColumn(nextWorkingDay(businessDayOf(now))) }
        : { expiresAt: endOfWaiting(now) }),
    },
  })
}

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
      const { sent: _sent, ...wanted } = row.proposal as Exclude<StoredChange, Reduction>
      if (!contract || basisOf(contract) !== wanted.basis) return refuse('contract.changedMeanwhile')
      if (wanted.change === 'signOn') return contractSignOn(deps, tx, actor, contract, wanted, row.id)
      return extendBy(deps, tx, actor, contract, wanted, {
        caseId: row.id,
        reason: row.reason,
        formReceivedOn: row.formReceivedOn && fromColumn(row.formReceivedOn),
      })
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

/** Records a form that was refused before it asked for anything: forged (I-05), or corrected under another's number. */
export const recordRefused = async (
  deps: Deps,
  actor: StaffActor,
  { id: companyId, name }: Pick<ContractRecord, 'id' | 'name'>,
  reason: 'company.account.notFound' | 'case.openedOtherwise',
): Promise<void> => {
  await audit.recordAlone(deps, CaseRefused, {
    actor,
    companyId,
    subject: { kind: 'company', id: companyId, label: name },
    details: { caseKind: 'company_contract' },
    outcome: 'refused',
    reason,
  })
}
