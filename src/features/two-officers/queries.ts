import type { Deps } from '../../deps.ts'
import type { Prisma } from '../../generated/prisma/client.ts'
import type { CaseKind } from '../../generated/prisma/enums.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { can } from '../../policy/can.ts'
import { rolesFor } from '../../policy/roles.ts'
import { ofKnownKind } from './flow.ts'

/** A case that waits for its second officer. */
export type ListedCase = {
  id: string
  kind: CaseKind
  at: Date
  expiresAt: Date | null
  officer: string
  officerId: string
  /** Null where it is the company's own. */
  loginId: string | null
  /** Null where it is the bank's own. */
  companyName: string | null
  reason: string
}

/**
 * The cases that an officer may know of: about themselves only what was carried out, of which a mail has told them. A suspension
 * that its subject sees coming is one they can prepare for (H-08, decision 79).
 */
export const knownTo = (actor: StaffActor): { OR: Prisma.HelpdeskCaseWhereInput[] } => ({
  OR: [{ officerId: null }, { officerId: { not: actor.id } }, { state: 'done' }],
})

/** The officers who may do this to a case: everybody whose role allows it but these. */
export const othersWho = (action: 'case:approve' | 'case:review', but: string[]) => ({
  state: 'active' as const,
  id: { notIn: but },
  role: { in: rolesFor('staff', action) as StaffActor['role'][] },
})

/**
 * Whether nobody could approve, as the officers are now, what this officer prepares, about the third where there is one: the only
 * 役席者 of a bank prepared it, or it is about them (H-04, H-08). It may be prepared all the same, for that may change.
 */
export const nobodyApproves = async (
  { db }: Pick<Deps, 'db'>,
  preparedById: string,
  aboutOfficerId: string | null = null,
): Promise<boolean> =>
  (await db.staff.count({
    where: othersWho('case:approve', [preparedById, ...(aboutOfficerId ? [aboutOfficerId] : [])]),
  })) === 0

/** How many are shown; more than that are not decided in a day. */
const shownAtMost = 200

/** Cases that wait for their second officer, the oldest first; none about who asks. */
export const waitingCases = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  actor: StaffActor,
): Promise<ListedCase[]> => {
  if (!can(actor, 'customer:view')) throw new Error(`${actor.role} may not look at customers`)
  const rows = await deps.db.helpdeskCase.findMany({
    where: {
      ...ofKnownKind,
      state: 'prepared',
      AND: [knownTo(actor), { OR: [{ expiresAt: null }, { expiresAt: { gte: deps.clock.now() } }] }],
    },
    orderBy: { preparedAt: 'asc' },
    take: shownAtMost,
    include: {
      user: { select: { loginId: true } },
      company: { select: { name: true } },
      preparedBy: { select: { name: true } },
    },
  })
  return rows.map(row => ({
    id: row.id,
    kind: row.kind,
    at: row.preparedAt,
    expiresAt: row.expiresAt,
    officer: row.preparedBy.name,
    officerId: row.preparedById,
    loginId: row.user?.loginId ?? null,
    companyName: row.company?.name ?? null,
    reason: row.reason,
  }))
}
