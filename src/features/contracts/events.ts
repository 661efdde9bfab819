import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'

const yen = z.bigint().optional()

/** What was touched, and nothing else. */
const contract = z.strictObject({
  companyName: z.string().optional(),
  companyKana: z.string().optional(),
  services: z.array(z.string()).optional(),
  signOnServices: z.array(z.string()).optional(),
  contractAccounts: z
    .array(
      z.strictObject({
        branchCode: z.string(),
        accountKind: z.enum(['ordinary', 'checking', 'savings']),
        accountNumber: z.string(),
        ceilingTotal: yen,
        ceilingEach: yen,
        ceilingPreregistered: yen,
      }),
    )
    .optional(),
  /** Yen a day. */
  companyCeilings: z
    .strictObject({ bulk_transfer: yen, salary: yen, bonus: yen, direct_debit: yen })
    .optional(),
})

export type ContractDetails = z.input<typeof contract>

/** The bank gave a company more: services, accounts, ceilings, or another name (H-06). */
export const ContractExtended = defineEvent(
  'company.contract-extended',
  z.strictObject({
    caseId: z.string(),
    caseReason: z.string(),
    formReceivedOn: z.string().nullable(),
    before: contract,
    after: contract,
  }),
)

/** The bank took something away, at once: services and accounts ended, ceilings came down (H-04, H-06). */
export const ContractReduced = defineEvent(
  'company.contract-reduced',
  z.strictObject({
    caseId: z.string(),
    caseReason: z.string(),
    reviewDueOn: z.string(),
    usersTouched: z.number(),
    serviceSessionsEnded: z.number(),
    before: contract,
    after: contract,
  }),
)

const end = {
  caseId: z.string(),
  caseReason: z.string(),
  formReceivedOn: z.string().nullable(),
  /** The last day that the company's people may use the portal, or could. */
  lastDay: z.string(),
}

/** The bank has approved the end of the contract for a day to come (H-06). */
export const ContractEndPlanned = defineEvent('company.contract-end-planned', z.strictObject(end))

/** The end that was to come has been withdrawn: the contract goes on (H-06). */
export const ContractEndWithdrawn = defineEvent('company.contract-end-withdrawn', z.strictObject(end))

/** The contract has ended: nobody of the company comes in any more (H-06). */
export const ContractEnded = defineEvent(
  'company.contract-ended',
  z.strictObject({
    ...end,
    usersTouched: z.number(),
    sessionsEnded: z.number(),
    accountsClosed: z.number(),
    services: z.array(z.string()),
  }),
)
