import type { Deps } from '../../deps.ts'
import type { CaseKind, StaffRole } from '../../generated/prisma/enums.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { type BusinessDay, fromColumn } from '../../kernel/business-day.ts'
import { isId } from '../../kernel/ids.ts'
import { type OnceStanding, onceStanding } from '../../platform/shown-once.ts'
import { type CaseState, isPreparerOut, preparerColumns, stateOf } from './flow.ts'
import { knownTo } from './queries.ts'

/** A case as its page shows it, whatever it is about. */
export type FoundCase<K extends CaseKind = CaseKind> = {
  id: string
  kind: K
  /** By the clock: nobody need have written down that its time is over. */
  state: CaseState
  /** Null where it is the bank's own. */
  companyId: string | null
  companyName: string | null
  /** The customer whom it is about; null where it is about none. */
  user: { id: string; loginId: string; name: string } | null
  /** The officer whom it is about; null where it is about none. */
  officer: { id: string; loginId: string; name: string; email: string; role: StaffRole } | null
  aboutOfficerId: string | null
  /** What it changes, as its kind stored it. */
  proposal: unknown
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

/** A case of one of these kinds; undefined where there is none with this id that the officer may know of (H-08). */
export const findCaseOf = async <K extends CaseKind>(
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: StaffActor,
  caseId: string,
  kinds: readonly K[],
): Promise<FoundCase<K> | undefined> => {
  const row = isId(caseId)
    ? await deps.db.helpdeskCase.findFirst({
        where: { id: caseId, kind: { in: [...kinds] }, ...knownTo(actor) },
        include: {
          company: { select: { name: true } },
          user: { select: { id: true, loginId: true, name: true } },
          officer: { select: { id: true, loginId: true, name: true, email: true, role: true } },
          preparedBy: { select: preparerColumns },
          approvedBy: { select: { name: true } },
          reviewedBy: { select: { name: true } },
        },
      })
    : null
  const kind = kinds.find(each => each === row?.kind)
  if (!row || !kind) return undefined
  const { reviewedAt, reviewedBy } = row
  return {
    id: row.id,
    kind,
    state: stateOf(row, deps.clock.now()),
    companyId: row.companyId,
    companyName: row.company?.name ?? null,
    user: row.user,
    officer: row.officer,
    aboutOfficerId: row.officerId,
    proposal: row.proposal,
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
    reviewed: reviewedAt && reviewedBy ? { at: reviewedAt, officer: reviewedBy.name } : null,
    secret: await onceStanding(deps, row.id),
  }
}
