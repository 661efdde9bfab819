import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'
import { caseKinds, decisions } from './flow.ts'

const caseKind = z.enum(caseKinds)
const which = { caseId: z.string(), caseKind }

/** A case that was refused before it was opened: it may not be, is not in order, or there is nothing to do. */
export const CaseRefused = defineEvent('case.refused', z.strictObject({ caseKind }))

/** An officer has prepared a case for a second one (H-04); the paper is null where the case needs none. */
export const CasePrepared = defineEvent(
  'case.prepared',
  z.strictObject({
    ...which,
    caseReason: z.string(),
    formNumber: z.string().nullable(),
    formReceivedOn: z.string().nullable(),
  }),
)

/** The second officer said yes; what came of it has entries of its own. */
export const CaseApproved = defineEvent('case.approved', z.strictObject({ ...which, preparedBy: z.string() }))

/** The second officer gave it back, with a reason. */
export const CaseRejected = defineEvent(
  'case.rejected',
  z.strictObject({ ...which, preparedBy: z.string(), decisionNote: z.string() }),
)

/** The officer who had prepared it took it back. */
export const CaseWithdrawn = defineEvent('case.withdrawn', z.strictObject(which))

/** Nobody had decided it in time. */
export const CaseExpired = defineEvent('case.expired', z.strictObject(which))

/** A decision that could not be: by whom it may not, too late, or overtaken. */
export const CaseDecisionRefused = defineEvent(
  'case.decision-refused',
  z.strictObject({ ...which, decision: z.enum(decisions) }),
)
