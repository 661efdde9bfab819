import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { businessDayOf } from '../../kernel/business-day.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { isUniqueViolation } from '../../platform/db/errors.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { type CaseHandling, type OpenedCase, openCase, recordCaseRefused } from '../two-officers/index.ts'
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

/** A change of the standard as an officer asks for it. */
export type StandardRequest = {
  caseId: string
  proposal: StandardProposal
  reason: string
  /** The version that the officer's form showed. */
  baseVersion: number
  /** All that the form says, with its function (`contentOf`). */
  sent: string
}

/** The kind of a case that changes the standard. */
export const standardKind = 'standard_fees' as const

/**
 * Proposes new standard fees as a case that waits for a second officer (H-06). The same form sent twice prepares once
 * (`openCase`). Refuses a proposal from a version that is not the last one any more, and a second one while another waits.
 */
export const proposeStandardFees = (
  deps: Deps,
  actor: StaffActor,
  { caseId, proposal, reason, baseVersion, sent }: StandardRequest,
): Promise<Result<OpenedCase, StandardProposalRefusal>> => {
  const { service, effectiveOn, schedule } = proposal
  return openCase<null, StandardProposalRefusal>(
    deps,
    actor,
    { caseId, kind: standardKind, sent, about: {} },
    {
      action: 'case:open',
      // The bank's own: there is no customer's row to hold, and versions are unique.
      hold: async () => ok(null),
      content: async tx => {
        if ((await lastStandardVersion(tx, service)) !== baseVersion)
          return refuse('fee.standard.changedMeanwhile')
        const feeSchedule = scheduleDetails(schedule)
        return ok({
          companyId: null,
          reason,
          proposal: proposalToStore(proposal, baseVersion),
          recordPrepared: () =>
            audit.record(deps, tx, StandardFeesProposed, {
              actor,
              companyId: null,
              details: { caseId, caseReason: reason, service, effectiveOn, feeSchedule },
            }),
        })
      },
      taken: error =>
        isUniqueViolation(error, 'helpdesk_case_pending_fees') ? refuse('fee.standard.pending') : undefined,
      refused: refusal => recordCaseRefused(deps, actor, standardKind, refusal, { companyId: null }),
    },
  )
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
