import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'

/** What an officer asked the search for, and how much came of it; in the bank's own chain (F-04). */
export const StaffSearched = defineEvent(
  'staff.searched',
  z.strictObject({
    field: z.string(),
    text: z.string(),
    companies: z.number(),
    users: z.number(),
  }),
)

/** An officer looked at a customer's page; in the company's chain, for the company to see (F-04). */
export const CustomerViewed = defineEvent('staff.customer-viewed', z.strictObject({}))

/** Never its value (F-02, H-05). The case and its paper are null in a refused try. `replaced`: an unused one before it was voided. */
export const AcquisitionPasswordIssued = defineEvent(
  'acquisition-password.issued',
  z.strictObject({
    caseId: z.string().nullable(),
    caseReason: z.string().nullable(),
    formReceivedOn: z.string().nullable(),
    delivery: z.enum(['post', 'phone']),
    expiresAt: z.string().nullable(),
    replaced: z.boolean(),
  }),
)

/** An officer revoked a customer's certificates alone; null in a refused try. `reviewDueOn`: a JST day (H-04). */
export const RevocationCarriedOut = defineEvent(
  'certificate.revocation-case',
  z.strictObject({
    caseId: z.string().nullable(),
    caseReason: z.string().nullable(),
    certificates: z.number(),
    reviewDueOn: z.string().nullable(),
  }),
)

/** Another officer has looked at what one did alone (H-04). */
export const CaseReviewed = defineEvent('case.reviewed', z.strictObject({ caseId: z.string() }))
