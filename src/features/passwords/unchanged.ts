import type { Deps } from '../../deps.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import { serviceStateInSql } from '../../platform/db/contract-over.ts'
import type { Tx } from '../../platform/db/in-tx.ts'

type Held = {
  serviceState: string
  registrationDue: boolean
  sinceLookedAt: boolean
  lockedAt: Date | null
  lockedUntil: Date | null
}

/**
 * Holds a user's company, row and login password until the transaction ends, and says what still stands of them.
 * Refuses as a login does, where the user went out of service, their company's contract is over (H-06), or the password was changed or locked since it was looked at. Comparing
 * takes its time outside any transaction; what happened meanwhile must not be overtaken (B-06, B-15, B-16). Two of one
 * user take turns, and the company's policy stays what it is.
 * @param since when the password was looked at, before it was compared
 */
export const holdUnchanged = async (
  deps: Pick<Deps, 'clock'>,
  tx: Tx,
  { companyId, userId }: { companyId: string; userId: string },
  since: Date,
): Promise<Result<{ registrationDue: boolean }, 'login.suspended' | 'login.wrong'>> => {
  // The company first: a change of its policy holds it before its users.
  const [held] = await tx.$queryRaw<Held[]>`
    SELECT ${serviceStateInSql(deps.clock.now())} AS "serviceState", u.registration_due AS "registrationDue",
           k.set_at <= ${since}::timestamptz AS "sinceLookedAt", k.locked_at AS "lockedAt", k.locked_until AS "lockedUntil"
      FROM company c
      JOIN "user" u ON u.company_id = c.id
      JOIN credential k ON k.company_id = u.company_id AND k.user_id = u.id AND k.kind = 'login_password'
     WHERE c.id = ${companyId}::uuid AND u.id = ${userId}::uuid
       FOR SHARE OF c FOR NO KEY UPDATE OF u, k`
  if (held?.serviceState !== 'available') return refuse('login.suspended')
  const locked = held.lockedAt && (held.lockedUntil === null || deps.clock.now() < held.lockedUntil)
  if (locked || !held.sinceLookedAt) return refuse('login.wrong')
  return ok({ registrationDue: held.registrationDue })
}

/**
 * Holds an officer's row and password until the transaction ends, as `holdUnchanged` does a user's. Refuses as their login
 * does, where they were suspended, or their password was made anew or locked since it was looked at: a recovery by two others
 * must not be overtaken by the password of before (H-08).
 * @param since when the password was looked at, before it was compared
 */
export const holdOfficerUnchanged = async (
  tx: Pick<Tx, '$queryRaw'>,
  staffId: string,
  since: Date,
): Promise<Result<null, 'login.suspended' | 'login.wrong' | 'login.locked'>> => {
  const [held] = await tx.$queryRaw<{ state: string; sinceLookedAt: boolean; locked: boolean }[]>`
    SELECT s.state::text AS state, k.set_at <= ${since}::timestamptz AS "sinceLookedAt", k.locked_at IS NOT NULL AS locked
      FROM staff s
      JOIN credential k ON k.staff_id = s.id AND k.kind = 'login_password'
     WHERE s.id = ${staffId}::uuid
       FOR NO KEY UPDATE OF s, k`
  if (held?.state !== 'active') return refuse('login.suspended')
  if (held.locked) return refuse('login.locked')
  return held.sinceLookedAt ? ok(null) : refuse('login.wrong')
}
