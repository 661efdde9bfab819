import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { type BusinessDay, fromColumn } from '../../kernel/business-day.ts'
import { isId } from '../../kernel/ids.ts'
import { type OnceStanding, onceStanding } from '../../platform/shown-once.ts'
import { type CaseState, stateOf } from '../two-officers/index.ts'
import type { Registration } from './contract.ts'
import { viewing } from './queries.ts'

/** A case about a contract, as its page shows it. */
export type ContractCase = {
  id: string
  kind: 'company_registration'
  state: CaseState
  /** Null while the company is not there yet. */
  companyId: string | null
  registration: Registration
  reason: string
  formNumber: string | null
  formReceivedOn: BusinessDay | null
  preparedById: string
  preparedBy: string
  preparedAt: Date
  approvedById: string | null
  approvedBy: string | null
  decidedAt: Date | null
  decisionNote: string | null
  expiresAt: Date | null
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
        where: { id: caseId, kind: 'company_registration' },
        include: { preparedBy: { select: { name: true } }, approvedBy: { select: { name: true } } },
      })
    : null
  if (!row) return undefined
  return {
    id: row.id,
    kind: 'company_registration',
    state: stateOf(row, deps.clock.now()),
    companyId: row.companyId,
    registration: row.proposal as unknown as Registration,
    reason: row.reason,
    formNumber: row.formNumber,
    formReceivedOn: row.formReceivedOn && fromColumn(row.formReceivedOn),
    preparedById: row.preparedById,
    preparedBy: row.preparedBy.name,
    preparedAt: row.preparedAt,
    approvedById: row.approvedById,
    approvedBy: row.approvedBy?.name ?? null,
    decidedAt: row.decidedAt,
    decisionNote: row.decisionNote,
    expiresAt: row.expiresAt,
    secret: await onceStanding(deps, row.id),
  }
}
