import type { Deps } from '../../deps.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import type { LockRule } from '../../policy/policy.ts'
import { isLocked, type LockFacts } from './credential.ts'

/**
 * Holds a user's row and their login password until the transaction ends, and gives what still stands of them: undefined
 * where the user went out of service, or the password was changed or locked since it was looked at. Comparing takes its
 * time outside any transaction; what happened meanwhile must not be overtaken (B-06, B-15, B-16).
 * @param since when the password was looked at, before it was compared
 */
export const holdUnchanged = async (
  deps: Pick<Deps, 'clock'>,
  tx: Tx,
  { companyId, userId }: { companyId: string; userId: string },
  { lock, since }: { lock: LockRule; since: Date },
): Promise<{ registrationDue: boolean } | undefined> => {
  const [user] = await tx.$queryRaw<{ registrationDue: boolean }[]>`
    SELECT registration_due AS "registrationDue" FROM "user"
     WHERE company_id = ${companyId}::uuid AND id = ${userId}::uuid AND service_state = 'available'
       FOR NO KEY UPDATE`
  const [credential] = await tx.$queryRaw<LockFacts[]>`
    SELECT failures, locked_at AS "lockedAt", locked_until AS "lockedUntil" FROM credential
     WHERE company_id = ${companyId}::uuid AND user_id = ${userId}::uuid AND kind = 'login_password'
       AND set_at <= ${since}::timestamptz
       FOR NO KEY UPDATE`
  return user && credential && !isLocked(credential, lock, deps.clock.now()) ? user : undefined
}
