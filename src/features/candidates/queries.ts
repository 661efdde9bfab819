import type { Deps } from '../../deps.ts'
import { serviceStateInSql } from '../../platform/db/contract-over.ts'
import { read } from '../../platform/db/read.ts'
import type { Candidate } from './candidate.ts'

type Row = Required<Candidate['user']> & Candidate['company']

/**
 * Where an ID is looked for: one company; else all that have it by itself, or one contract number, at one entrance or at
 * any of them.
 */
export type Within = { companyId: string } | { entranceId?: string; contractNumber?: string }

/**
 * The user whom a typed ID names, by the key that ignores case. Before the login there is no actor to scope the
 * query by: the entrance, and where the policy asks for it the contract number, do. Whose contract is over is out of service (H-06).
 */
export const findCandidate = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  loginId: string,
  within: Within,
): Promise<Candidate | undefined> => {
  const companyId = 'companyId' in within ? within.companyId : null
  const { entranceId = null, contractNumber = 'bank' } = 'companyId' in within ? {} : within
  const [row] = await read<Row>(deps.db)`
    SELECT u.id, u.company_id AS "companyId", u.login_id AS "loginId", u.name, u.role::text AS role,
           ${serviceStateInSql(deps.clock.now())} AS "serviceState", u.email, u.registration_due AS "registrationDue",
           p.preset, p.overrides
      FROM "user" u
      JOIN company c ON c.id = u.company_id
      JOIN company_policy p ON p.company_id = c.id AND p.version = c.policy_version
     WHERE u.login_id_key = ${loginId.toLowerCase()}
       AND (u.company_id = ${companyId}::uuid
         OR ${companyId}::uuid IS NULL AND u.login_id_scope = ${contractNumber}
            AND (${entranceId}::uuid IS NULL OR c.entrance_id = ${entranceId}::uuid))`
  if (!row) return undefined
  const { preset, overrides, ...user } = row
  return { user, company: { preset, overrides } }
}
