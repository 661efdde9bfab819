import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import type { Candidate } from './candidate.ts'
import { loginOperations, shownLogins } from './login-history.ts'

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

/** An entry of 「ログイン履歴」 (B-20). */
export type LoginEntry = {
  id: string
  at: Date
  operation: string
  outcome: 'done' | 'refused'
  reason: string | null
  ip: string | null
  certificateSerial: string | null
}

/** The actor's own logins and the failures at their ID, the newest first (B-20). */
export const loginHistoryOf = (deps: Pick<Deps, 'db'>, actor: UserActor): Promise<LoginEntry[]> =>
  deps.db.history.findMany({
    where: { chainId: actor.companyId, subjectId: actor.id, operation: { in: [...loginOperations] } },
    orderBy: [{ at: 'desc' }, { id: 'desc' }],
    take: shownLogins,
    select: {
      id: true,
      at: true,
      operation: true,
      outcome: true,
      reason: true,
      ip: true,
      certificateSerial: true,
    },
  })
