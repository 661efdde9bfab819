import { isDeepStrictEqual } from 'node:util'
import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { businessDayOf } from '../../kernel/business-day.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { isUniqueViolation } from '../../platform/db/errors.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import { can } from '../../policy/can.ts'
import { type CaseHandling, endOfWaiting, expireCases, tellSecondOfficers } from '../two-officers/index.ts'
import { publishStandardFees } from './commands.ts'
import { StandardFeesProposed, scheduleDetails } from './events.ts'
import type { FeeService } from './fee.ts'
import { proposalFrom, proposalToStore, type StandardProposal } from './standard.ts'

/** The version of a function's standard fees that came last; 0 where there is none. */
export const lastStandardVersion = async (db: Tx, service: FeeService): Promise<number> => {
  const last = await db.standardFee.findFirst({
    where: { serviceCode: service },
    orderBy: { version: 'desc' },
    select: { version: true },
  })
  return last?.version ?? 0
}

export type StandardProposalRefusal =
  | 'access.forbidden'
  | 'case.notFound'
  | 'case.openedOtherwise'
  | 'fee.standard.changedMeanwhile'
  | 'fee.standard.pending'

/**
 * Proposes new standard fees as a case that waits for a second officer (H-06). The same form sent twice prepares once; a
 * corrected one under the same number is refused. Refuses a proposal from a version that is not the last one any more, and a second one while another waits.
 */
export const proposeStandardFees = async (
  deps: Deps,
  actor: StaffActor,
  caseId: string,
  { proposal, reason, baseVersion }: { proposal: StandardProposal; reason: string; baseVersion: number },
): Promise<Result<null, StandardProposalRefusal>> => {
  try {
    return await inTx(deps, async (tx): Promise<Result<null, StandardProposalRefusal>> => {
      if (!can(actor, 'case:open')) return refuse('access.forbidden')
      const before = await tx.helpdeskCase.findUnique({ where: { id: caseId } })
      if (before) {
        if (before.kind !== 'standard_fees' || before.preparedById !== actor.id)
          return refuse('case.notFound')
        // One that was gone back to and corrected is no second click: its officer would believe the correction.
        const same =
          before.reason === reason &&
          isDeepStrictEqual(before.proposal, proposalToStore(proposal, baseVersion))
        return same ? ok(null) : refuse('case.openedOtherwise')
      }
      if ((await lastStandardVersion(tx, proposal.service)) !== baseVersion)
        return refuse('fee.standard.changedMeanwhile')
      await expireCases(deps, { kind: 'standard_fees' })
      const now = deps.clock.now()
      await tx.helpdeskCase.create({
        data: {
          id: caseId,
          kind: 'standard_fees',
          state: 'prepared',
          reason,
          proposal: proposalToStore(proposal, baseVersion),
          preparedById: actor.id,
          preparedAt: now,
          expiresAt: endOfWaiting(now),
        },
      })
      await tellSecondOfficers(deps, tx, actor, { kind: 'standard_fees', until: endOfWaiting(now) })
      await audit.record(deps, tx, StandardFeesProposed, {
        actor,
        companyId: null,
        details: {
          caseId,
          caseReason: reason,
          service: proposal.service,
          effectiveOn: proposal.effectiveOn,
          feeSchedule: scheduleDetails(proposal.schedule),
        },
      })
      return ok(null)
    })
  } catch (error) {
    if (isUniqueViolation(error, 'helpdesk_case_pending_fees')) return refuse('fee.standard.pending')
    if (isUniqueViolation(error, 'helpdesk_case_pkey')) return refuse('case.notFound')
    throw error
  }
}

/**
 * How a prepared change of the standard is decided: it is published as it was proposed, unless a later version has overtaken
 * it or its day is over, for nobody's fees change for a day that has passed.
 */
export const standardFeesHandling = (
  deps: Deps,
  actor: StaffActor,
): CaseHandling<object, unknown, 'fee.standard.changedMeanwhile' | 'fee.standard.past'> => ({
  kinds: ['standard_fees'],
  // The bank's own: there is no customer's row to hold, and versions are unique.
  hold: async () => ({}),
  carryOut: async (tx, _held, row) => {
    const { baseVersion, ...proposal } = proposalFrom(row.proposal)
    if ((await lastStandardVersion(tx, proposal.service)) !== baseVersion)
      return refuse('fee.standard.changedMeanwhile')
    if (proposal.effectiveOn < businessDayOf(deps.clock.now())) return refuse('fee.standard.past')
    return publishStandardFees(deps, actor, proposal)
  },
})
