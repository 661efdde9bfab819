import { type Refusal, type Result, refuse } from '../../kernel/result.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { type ApprovalMode, firstWorse, type Missing, missingApprovers } from './approval.ts'

/** The services whose requests may need an approval (E-02). */
export const approvedServices = ['transfer', 'bulk_transfer', 'payroll', 'direct_debit'] as const
export type ApprovedService = (typeof approvedServices)[number]

/** By service and by how many are missing: two at most ever are. */
export type ApproversRefusal = `approval.tooFew.${ApprovedService}.${'one' | 'two'}`

const isApproved = (code: string): code is ApprovedService => approvedServices.some(each => each === code)

/**
 * Runs a change of a company's users, of their permissions or of its approval modes inside the open transaction, and
 * refuses it where it leaves one of the services with too few approvers beside a possible requester (D-11): the caller
 * hands the refusal on, and `inTx` rolls everything back.
 *
 * Only those who can use the service count: a suspended, blocked or deleted user neither asks nor approves. The company's
 * row is held first, so that two changes, harmless one by one, can't pass together; call it before any user's row is
 * locked.
 */
export const keepingApprovers = async <T, R extends string>(
  tx: Tx,
  companyId: string,
  change: () => Promise<Result<T, R>>,
): Promise<Result<T, R | ApproversRefusal>> => {
  await tx.$queryRaw`SELECT id FROM company WHERE id = ${companyId}::uuid FOR NO KEY UPDATE`
  const before = await missingIn(tx, companyId)
  const done = await change()
  if (!done.ok) return done
  return tooFew(before, await missingIn(tx, companyId)) ?? done
}

const tooFew = (before: Missing, after: Missing): Refusal<ApproversRefusal> | undefined => {
  const worse = firstWorse(before, after)
  if (!worse) return undefined
  if (!isApproved(worse.service)) throw new Error(`${worse.service} is approved, and has no words for it`)
  return refuse(`approval.tooFew.${worse.service}.${worse.missing > 1 ? 'two' : 'one'}`)
}

type Row = { service: string; mode: ApprovalMode; requesters: number; approvers: number; both: number }

/** Counted by the database: ten thousand users are one row a service. */
const missingIn = async (tx: Tx, companyId: string): Promise<Missing> => {
  const rows = await tx.$queryRaw<Row[]>`
    SELECT contracted.service_code AS service, contracted.approval::text AS mode,
           count(*) FILTER (WHERE held.requests)::int AS requesters,
           count(*) FILTER (WHERE held.approves)::int AS approvers,
           count(*) FILTER (WHERE held.requests AND held.approves)::int AS both
      FROM company_service contracted
      LEFT JOIN (
        SELECT given.service_code, given.user_id,
               bool_or(permission.kind = 'request') AS requests, bool_or(permission.kind = 'approve') AS approves
          FROM user_permission given
          JOIN permission
            ON permission.service_code = given.service_code AND permission.code = given.permission_code
          JOIN "user" holder ON holder.company_id = given.company_id AND holder.id = given.user_id
         WHERE given.company_id = ${companyId}::uuid AND holder.service_state = 'available'
           AND permission.kind IN ('request', 'approve')
         GROUP BY given.service_code, given.user_id
      ) held ON held.service_code = contracted.service_code
     WHERE contracted.company_id = ${companyId}::uuid AND contracted.approval IS NOT NULL
     GROUP BY contracted.service_code, contracted.approval`
  return new Map(rows.map(row => [row.service, missingApprovers(row)]))
}
