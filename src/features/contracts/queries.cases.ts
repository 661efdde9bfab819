import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { type BusinessDay, fromColumn } from '../../kernel/business-day.ts'
import { isId } from '../../kernel/ids.ts'
import { type OnceStanding, onceStanding } from '../../platform/shown-once.ts'
import { type CaseState, isPreparerOut, preparerColumns, stateOf } from '../two-officers/index.ts'
import type { ContractChange } from './change.ts'
import type { Registration } from './contract.ts'
import { viewing } from './queries.ts'

/** A case about a contract, as its page shows it. */
export type ContractCase = {
  id: string
  kind: 'company_registration' | 'company_contract'
  state: CaseState
  /** Null while the company is not there yet. */
  companyId: string | null
  /** What it registers or changes: one of the two. */
  registration: Registration | undefined
  change: ContractChange | undefined
  companyName: string
  reason: string
  formNumber: string | null
  formReceivedOn: BusinessDay | null
  preparedById: string
  preparedBy: string
  preparerOut: boolean
  preparedAt: Date
  approvedById: string | null
  approvedBy: string | null
  decidedAt: Date | null
  decisionNote: string | null
  expiresAt: Date | null
  /** By which JST day another officer looks at what one did alone; null where nobody need. */
  reviewDueOn: BusinessDay | null
  reviewed: { at: Date; officer: string } | null
  /** What it made to be handed over; never its value (H-05). */
  secret: OnceStanding | undefined
}

/** A case about a contract; undefined where there is none with this id. */
export const findContractCase = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: StaffActor,
  caseId: string,
): Promise<ContractCase | undefined> => {
  viewing(actor)
  const row = isId(caseId)
    ? await deps.db.helpdeskCase.findFirst({
        where: { id: caseId, kind: { in: ['company_registration', 'company_contract'] } },
        include: {
          company: { select: { name: true } },
          preparedBy: { select: preparerColumns },
          approvedBy: { select: { name: true } },
          reviewedBy: { select: { name: true } },
        },
      })
    : null
  if (!row) return undefined
  const isNew = row.kind === 'company_registration'
  const registration = isNew ? (row.proposal as unknown as Registration) : undefined
  return {
    id: row.id,
    kind: isNew ? 'company_registration' : 'company_contract',
    state: stateOf(row, deps.clock.now()),
    companyId: row.companyId,
    registration,
    change: isNew ? undefined : (row.proposal as unknown as ContractChange),
    companyName: row.company?.name ?? registration?.name ?? '',
    reason: row.reason,
    formNumber: row.formNumber,
    formReceivedOn: row.formReceivedOn && fromColumn(row.formReceivedOn),
    preparedById: row.preparedById,
    preparedBy: row.preparedBy.name,
    preparerOut: isPreparerOut(row.preparedBy),
    preparedAt: row.preparedAt,
    approvedById: row.approvedById,
    approvedBy: row.approvedBy?.name ?? null,
    decidedAt: row.decidedAt,
    decisionNote: row.decisionNote,
    expiresAt: row.expiresAt,
    reviewDueOn: row.reviewDueOn && fromColumn(row.reviewDueOn),
    reviewed: row.reviewedAt && row.reviewedBy ? { at: row.reviewedAt, officer: row.reviewedBy.name } : null,
    secret: await onceStanding(deps, row.id),
  }
}
