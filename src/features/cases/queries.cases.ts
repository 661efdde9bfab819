import type { Deps } from '../../deps.ts'
import type { CaseKind } from '../../generated/prisma/enums.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { type BusinessDay, businessDayOf, fromColumn, toColumn } from '../../kernel/business-day.ts'
import { type FoundCase, findCaseOf, knownTo, ofKnownKind } from '../two-officers/index.ts'
import {
  type AcquisitionPasswordState,
  acquisitionPasswordState,
  type CustomerAct,
  customerActs,
} from './case.ts'
import { type Proposal, viewing } from './queries.ts'

/** A case about a customer, as its page shows it. */
export type Case = FoundCase<CustomerAct> & {
  companyId: string
  companyName: string
  userId: string
  loginId: string
  name: string
  proposal: Proposal | null
  acquisitionPassword: { expiresAt: Date; state: AcquisitionPasswordState } | null
}

/** One case about a customer; undefined when there is none with this id. */
export const findCase = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: StaffActor,
  caseId: string,
): Promise<Case | undefined> => {
  viewing(actor)
  const found = await findCaseOf(deps, actor, caseId, customerActs)
  if (!found) return undefined
  const { user, companyId, companyName } = found
  if (!user || companyId === null || companyName === null)
    throw new Error(`a case of a customer about nobody: ${caseId}`)
  const issued =
    found.kind === 'acquisition_password' || found.kind === 'new_computer'
      ? await deps.db.acquisitionPassword.findUnique({ where: { id: found.id } })
      : null
  return {
    ...found,
    companyId,
    companyName,
    userId: user.id,
    loginId: user.loginId,
    name: user.name,
    proposal: found.proposal as Proposal | null,
    acquisitionPassword: issued && {
      expiresAt: issued.expiresAt,
      state: acquisitionPasswordState(issued, deps.clock.now()),
    },
  }
}

/** The case of this kind about a user that waits for its second officer; undefined where none does. */
export const waitingCaseOf = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: StaffActor,
  userId: string,
  kind: CustomerAct,
): Promise<string | undefined> => {
  viewing(actor)
  const row = await deps.db.helpdeskCase.findFirst({
    where: { userId, kind, state: 'prepared', expiresAt: { gte: deps.clock.now() } },
    select: { id: true },
  })
  return row?.id
}

/** Where a case that is not about one user has its page; undefined where there is none that this officer may know of. */
export const pageOfCase = async (
  deps: Pick<Deps, 'db'>,
  actor: StaffActor,
  caseId: string,
): Promise<string | undefined> => {
  viewing(actor)
  const row = await deps.db.helpdeskCase.findFirst({
    where: { id: caseId, userId: null, ...knownTo(actor) },
    select: { companyId: true, kind: true },
  })
  if (!row) return undefined
  if (row.kind === 'portal_service') return `/helpdesk/service-cases/${caseId}`
  if (row.kind.startsWith('company_')) return `/helpdesk/contract-cases/${caseId}`
  if (row.kind.startsWith('staff_')) return `/helpdesk/officers/cases/${caseId}`
  return row.companyId
    ? `/helpdesk/companies/${row.companyId}/policy-cases/${caseId}`
    : `/helpdesk/standard-fees/cases/${caseId}`
}

/** A case that waits for another officer's look. */
export type WaitingReview = {
  id: string
  kind: CaseKind
  at: Date
  dueOn: BusinessDay
  officer: string
  officerId: string
  /** Where it is about an officer: nobody looks at what was done about themselves. */
  aboutOfficerId: string | null
  loginId: string
  companyName: string
  reason: string
}

/** How many wait for a look, and how many of them past the day by which somebody should have looked (H-04). */
export const countReviews = async (
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  actor: StaffActor,
): Promise<{ waiting: number; late: number }> => {
  viewing(actor)
  const open = { ...ofKnownKind, reviewedAt: null, reviewDueOn: { not: null } }
  const waiting = await db.helpdeskCase.count({ where: open })
  const late =
    waiting === 0
      ? 0
      : await db.helpdeskCase.count({
          where: { ...open, reviewDueOn: { lt: toColumn(businessDayOf(clock.now())) } },
        })
  return { waiting, late }
}

/** What one officer did alone and nobody has looked at yet, the most urgent first (H-04). */
export const waitingReviews = async (deps: Pick<Deps, 'db'>, actor: StaffActor): Promise<WaitingReview[]> => {
  viewing(actor)
  const rows = await deps.db.helpdeskCase.findMany({
    where: { ...ofKnownKind, reviewDueOn: { not: null }, reviewedAt: null },
    orderBy: [{ reviewDueOn: 'asc' }, { preparedAt: 'asc' }],
    take: 200,
    include: {
      user: { select: { loginId: true } },
      officer: { select: { loginId: true } },
      company: { select: { name: true } },
      preparedBy: { select: { name: true } },
    },
  })
  return rows.flatMap(row =>
    row.reviewDueOn
      ? [
          {
            id: row.id,
            kind: row.kind,
            at: row.preparedAt,
            dueOn: fromColumn(row.reviewDueOn),
            officer: row.preparedBy.name,
            officerId: row.preparedById,
            aboutOfficerId: row.officerId,
            loginId: row.user?.loginId ?? row.officer?.loginId ?? '',
            companyName: row.company?.name ?? '',
            reason: row.reason,
          },
        ]
      : [],
  )
}
