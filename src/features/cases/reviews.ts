import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import { stillMay } from '../officer-standing/index.ts'
import { CaseReviewed } from './events.ts'

export type ReviewRefusal = 'access.forbidden' | 'case.notFound' | 'case.reviewed' | 'case.ownReview'

/**
 * Notes that another officer has looked at what one did alone (H-04). Refuses the officer's own case and one about themselves,
 * and one that needs no review or has had it: of two officers at once, one reviews.
 */
export const reviewCase = (
  deps: Deps,
  actor: StaffActor,
  caseId: string,
): Promise<Result<{ caseId: string }, ReviewRefusal>> =>
  inTx(deps, async (tx): Promise<Result<{ caseId: string }, ReviewRefusal>> => {
    if (!(await stillMay(tx, actor, 'case:review'))) return refuse('access.forbidden')
    const row = await tx.helpdeskCase.findUnique({
      where: { id: caseId },
      include: { user: { select: { loginId: true } }, officer: { select: { loginId: true } } },
    })
    if (!row?.reviewDueOn) return refuse('case.notFound')
    if (row.preparedById === actor.id || row.officerId === actor.id) return refuse('case.ownReview')
    const { count } = await tx.helpdeskCase.updateMany({
      where: { id: caseId, reviewedAt: null },
      data: { reviewedById: actor.id, reviewedAt: deps.clock.now() },
    })
    if (count === 0) return refuse('case.reviewed')
    await audit.record(deps, tx, CaseReviewed, {
      actor,
      companyId: row.companyId,
      ...(row.userId && row.user && { subject: { kind: 'user', id: row.userId, label: row.user.loginId } }),
      ...(row.officerId &&
        row.officer && { subject: { kind: 'staff', id: row.officerId, label: row.officer.loginId } }),
      details: { caseId },
    })
    return ok({ caseId })
  })
