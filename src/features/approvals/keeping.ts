import { type Refusal, type Result, refuse } from '../../kernel/result.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { firstWorse, type Missing } from './approval.ts'
import { type ApprovedService, isApproved, missingIn, staffingOf } from './queries.ts'

/** By service and by how many are missing: two at most ever are. */
export type ApproversRefusal = `approval.tooFew.${ApprovedService}.${'one' | 'two'}`

/**
 * Runs a change of a company's users, of their permissions or of its approval modes inside the open transaction, and
 * refuses it where it leaves one of the services with too few approvers beside a possible requester (D-11): the caller
 * hands the refusal on, and `inTx` rolls everything back.
 *
 * The company's row is held first, so that two changes, harmless one by one, can't pass together; call it before any
 * user's row is locked.
 *
 * `slow`: for a change that may take minutes, as of a whole file of users (D-13). It keeps other such changes and those of
 * the contract away as well, but no login, which holds the company's policy as it is (`holdUnchanged`).
 */
export const keepingApprovers = async <T, R extends string>(
  tx: Tx,
  companyId: string,
  change: () => Promise<Result<T, R>>,
  { slow = false }: { slow?: boolean } = {},
): Promise<Result<T, R | ApproversRefusal>> => {
  if (slow) {
    // Two that share the row would pass together.
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`sekisho/approvers/${companyId}`}, 0))`
    await tx.$queryRaw`SELECT id FROM company WHERE id = ${companyId}::uuid FOR SHARE`
  } else await tx.$queryRaw`SELECT id FROM company WHERE id = ${companyId}::uuid FOR NO KEY UPDATE`
  const before = missingIn(await staffingOf(tx, companyId))
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
