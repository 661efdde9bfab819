import { z } from 'zod'
import { defineEvent } from '../../platform/audit/audit.ts'
import { approvalModes } from '../approvals/index.ts'

/** A company joins: by which entrance, under which policy, with which services. */
export const CompanyCreated = defineEvent(
  'company.created',
  z.strictObject({
    contractNumber: z.string(),
    name: z.string(),
    preset: z.string(),
    services: z.array(z.string()),
    accounts: z.number(),
    /** The first administrator, where one was registered with the company. */
    administrator: z.string().optional(),
    /** The bank's case, where officers registered it (H-06). */
    caseId: z.string().optional(),
    caseReason: z.string().optional(),
    formReceivedOn: z.string().optional(),
    preparedBy: z.string().optional(),
  }),
)

/** A company's master was registered from the bank's command line. */
export const MasterCreated = defineEvent(
  'company.master-created',
  z.strictObject({ loginId: z.string(), name: z.string(), email: z.string() }),
)

/** Somebody is the contractor no more: the bank has registered their successor (D-14). */
export const ContractorSucceeded = defineEvent(
  'user.contractor-succeeded',
  z.strictObject({
    successor: z.string(),
    before: z.strictObject({ role: z.literal('contractor') }),
    after: z.strictObject({ role: z.literal('administrator') }),
  }),
)

const modes = z.enum(approvalModes).optional()

/** What was touched, and nothing else. */
const settings = z.strictObject({
  approvals: z
    .strictObject({ transfer: modes, bulk_transfer: modes, payroll: modes, direct_debit: modes })
    .optional(),
  companyAccounts: z
    .array(
      z.strictObject({
        branchCode: z.string(),
        accountKind: z.enum(['ordinary', 'checking', 'savings']),
        accountNumber: z.string(),
        accountMemo: z.string(),
        /** Yen a day of 振込振替; absent where none had been set. */
        transferTotal: z.bigint().optional(),
        transferEach: z.bigint().optional(),
        transferPreregistered: z.bigint().optional(),
      }),
    )
    .optional(),
  /** Yen a day. */
  companyLimits: z
    .strictObject({
      bulk_transfer: z.bigint().optional(),
      salary: z.bigint().optional(),
      bonus: z.bigint().optional(),
      direct_debit: z.bigint().optional(),
    })
    .optional(),
})

/** An administrator changed 企業情報: approval, limits, notes (E-01 to E-04). */
export const CompanyChanged = defineEvent(
  'company.changed',
  z.strictObject({ before: settings, after: settings }),
)

export type ChangedSettings = z.input<typeof settings>

/** A change of 企業情報 that was refused at 「実行」, and what it asked for, where that still fits the contract. */
export const CompanyChangeRefused = defineEvent(
  'company.change-refused',
  z.strictObject({ before: settings.optional(), after: settings.optional() }),
)
