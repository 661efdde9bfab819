import { type Refusal, type Result, refuse } from '../../kernel/result.ts'
import type { Db } from '../../platform/db/client.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { firstWorse, type Missing } from './approval.ts'
import { type ApprovedService, isApproved, missingIn, staffingOf } from './queries.ts'

/** By service and by how many are missing: two at most ever are. */
export type ApproversRefusal = `approval.tooFew.${ApprovedService}.${'one' | 'two'}`

/** Nothing of a company changes once its contract has ended (H-06). */
export type KeepingRefusal = ApproversRefusal | 'contract.ended'

/**
 * Runs a change of a company's users, of their permissions or of its approval modes inside the open transaction, and
 * refuses it where it leaves one of the services with too few approvers beside a possible requester (D-11): the caller
 * hands the refusal on, and `inTx` rolls everything back.
 *
 * The company's row is held first, so that two changes, harmless one by one, can't pass together; call it before any
 * user's row is locked. A contract that has ended by then refuses the change: it may have while the row was waited for (H-06).
 *
 * `outside`: for what takes minutes, as a whole file of users (D-13), and only adds: it has stored them before, in this
 * transaction and while nobody waited. What there was without them is then read by this connection, which doesn't see them.
 */
export const keepingApprovers = async <T, R extends string>(
  tx: Tx,
  companyId: string,
  change: () => Promise<Result<T, R>>,
  { outside }: { outside?: Db } = {},
): Promise<Result<T, R | KeepingRefusal>> => {
  const [company] = await tx.$queryRaw<{ ended: boolean }[]>`
    SELECT contract_ended_at IS NOT NULL AS ended FROM company WHERE id = ${companyId}::uuid FOR NO KEY UPDATE`
  if (company?.ended) return refuse('contract.ended')
  const before = missingIn(await staffingOf(outside ?? tx, companyId))
  const done = await change()
  if (!done.ok) return done
  return tooFew(before, missingIn(await staffingOf(tx, companyId))) ?? done
}

/** What is wrong with a change by which more approvers are missing than before it (D-11). */
export const tooFew = (before: Missing, after: Missing): Refusal<ApproversRefusal> | undefined => {
  const worse = firstWorse(before, after)
  if (!worse) return undefined
  if (!isApproved(worse.service)) throw new Error(`${worse.service} is approved, and has no words for it`)
  return refuse(`approval.tooFew.${worse.service}.${worse.missing > 1 ? 'two' : 'one'}`)
}
