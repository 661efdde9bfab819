import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import type { Candidate } from './candidate.ts'

type Row = {
  id: string
  companyId: string
  loginId: string
  name: string
  role: UserActor['role']
  serviceState: string
  registrationDue: boolean
  preset: string
  overrides: unknown
}

/** Where an ID is looked for: all companies of an entrance, one contract number there, or one company. */
export type Within = { entranceId: string; contractNumber?: string } | { companyId: string }

/**
 * The user whom a typed ID names, by the key that ignores case. Before the login there is no actor to scope the
 * query by: the entrance, and where the policy asks for it the contract number, do.
 */
export const findCandidate = async (
  deps: Pick<Deps, 'db'>,
  loginId: string,
  within: Within,
): Promise<Candidate | undefined> => {
  const companyId = 'companyId' in within ? within.companyId : null
  const entranceId = 'entranceId' in within ? within.entranceId : null
  const contract = 'contractNumber' in within ? (within.contractNumber ?? null) : null
  const [row] = await deps.db.$queryRaw<Row[]>`
    SELECT u.id, u.company_id AS "companyId", u.login_id AS "loginId", u.name, u.role::text AS role,
           u.service_state::text AS "serviceState",
           u.registration_due AS "registrationDue", p.preset, p.overrides
      FROM "user" u
      JOIN company c ON c.id = u.company_id
      JOIN company_policy p ON p.company_id = c.id AND p.version = c.policy_version
     WHERE u.login_id_key = ${loginId.toLowerCase()}
       AND (u.company_id = ${companyId}::uuid
         OR c.entrance_id = ${entranceId}::uuid
            AND (${contract}::text IS NULL AND u.login_id_scope = 'bank' OR c.contract_number = ${contract}::text))`
  if (!row) return undefined
  const { preset, overrides, ...user } = row
  return { user, company: { preset, overrides } }
}
