import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { businessDayOf } from '../../kernel/business-day.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import { can } from '../../policy/can.ts'
import { nextWorkingDay } from '../../policy/working-day.ts'
import { endAllOf, type RevocationReason } from '../certificates/index.ts'
import {
  type CaseDone,
  type CaseRefusal,
  type CaseRequest,
  entryOf,
  type HeldCustomer,
  holdCustomer,
  inCase,
  isRepeated,
  openCase,
  recordCase,
} from './customer-case.ts'
import { CaseReviewed, RevocationCarriedOut } from './events.ts'

export type RevocationRequest = CaseRequest & { revocationReason: RevocationReason }

type RevocationResult = Result<CaseDone, CaseRefusal | 'certificate.noneUsable'>

/**
 * Revokes every certificate of a customer's user, by one officer and at once (H-03, H-04): whoever calls about a stolen
 * computer is not made to wait for a second one. Another officer looks at it by the next working day.
 */
export const revokeCustomerCertificates = async (
  deps: Deps,
  actor: StaffActor,
  request: RevocationRequest,
): Promise<RevocationResult> => {
  const { caseId } = request
  let known: HeldCustomer | undefined
  const done = await inCase(deps, async (tx): Promise<RevocationResult> => {
    known = await holdCustomer(tx, request.userId)
    if (!known) return refuse('customer.notFound')
    const repeated = await isRepeated(tx, actor, 'certificate_revocation', request)
    if (!repeated.ok) return repeated
    if (repeated.value) return ok({ caseId, repeated: true })
    const opened = openCase(deps, actor, 'certificate_revocation', known, request)
    if (!opened.ok) return opened
    await recordCase(deps, tx, actor, 'certificate_revocation', caseId, opened.value)
    const holder = { companyId: known.companyId, userId: known.id }
    const revoked = await endAllOf(deps, tx, actor, holder, request.revocationReason)
    if (revoked.length === 0) return refuse('certificate.noneUsable')
    await audit.record(deps, tx, RevocationCarriedOut, {
      ...entryOf(actor, known),
      details: {
        caseId,
        caseReason: opened.value.paper.reason,
        certificates: revoked.length,
        reviewDueOn: nextWorkingDay(businessDayOf(deps.clock.now())),
      },
    })
    return ok({ caseId, repeated: false })
  })
  if (!done.ok && known)
    await audit.recordAlone(deps, RevocationCarriedOut, {
      ...entryOf(actor, known),
      details: { caseId: null, caseReason: null, certificates: 0, reviewDueOn: null },
      outcome: 'refused',
      reason: done.reason,
    })
  return done
}

export type ReviewRefusal = 'access.forbidden' | 'case.notFound' | 'case.reviewed' | 'case.ownReview'

/**
 * Notes that another officer has looked at what one did alone (H-04). Refuses the officer's own case, and one that needs
 * no review or has had it: of two officers at once, one reviews.
 */
export const reviewCase = (
  deps: Deps,
  actor: StaffActor,
  caseId: string,
): Promise<Result<{ caseId: string }, ReviewRefusal>> =>
  inTx(deps, async (tx): Promise<Result<{ caseId: string }, ReviewRefusal>> => {
    if (!can(actor, 'case:review')) return refuse('access.forbidden')
    const row = await tx.helpdeskCase.findUnique({
      where: { id: caseId },
      include: { user: { select: { loginId: true } } },
    })
    if (!row?.reviewDueOn) return refuse('case.notFound')
    if (row.preparedById === actor.id) return refuse('case.ownReview')
    const { count } = await tx.helpdeskCase.updateMany({
      where: { id: caseId, reviewedAt: null },
      data: { reviewedById: actor.id, reviewedAt: deps.clock.now() },
    })
    if (count === 0) return refuse('case.reviewed')
    await audit.record(deps, tx, CaseReviewed, {
      actor,
      companyId: row.companyId,
      ...(row.userId && row.user && { subject: { kind: 'user', id: row.userId, label: row.user.loginId } }),
      details: { caseId },
    })
    return ok({ caseId })
  })
