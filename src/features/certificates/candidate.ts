import type { Deps } from '../../deps.ts'
import type { Origin, UserActor } from '../../kernel/actor.ts'

/** Who a form before the login claims to be: what is typed, and the user it names, if any. */
export type Candidate = {
  id: string
  companyId: string
  companyName: string
  loginId: string
  name: string
  role: UserActor['role']
  serviceState: string
  email: string
  emailState: string
  /** 初期登録 is still to be done (B-16). */
  registrationDue: boolean
  preset: string
  overrides: unknown
}

/** IDs are typed with an input method now and then (I-06); passwords are taken as they come. */
export const identifierOf = (typed: { contractNumber?: string; loginId: string }) => ({
  loginId: typed.loginId.normalize('NFKC').trim(),
  contractNumber: (typed.contractNumber ?? '').normalize('NFKC').trim(),
})

/**
 * The user that an ID names, by the key that ignores case: among all of the bank's, or within the contract
 * number where one was typed.
 */
export const findCandidate = async (
  deps: Deps,
  typed: { contractNumber?: string; loginId: string },
): Promise<Candidate | undefined> => {
  const { loginId, contractNumber } = identifierOf(typed)
  const [user] = await deps.db.$queryRaw<Candidate[]>`
    SELECT u.id, u.company_id AS "companyId", c.name AS "companyName", u.login_id AS "loginId", u.name,
           u.role::text AS role, u.service_state::text AS "serviceState", u.email,
           u.email_state::text AS "emailState", u.registration_due AS "registrationDue", p.preset, p.overrides
      FROM "user" u
      JOIN company c ON c.id = u.company_id
      JOIN company_policy p ON p.company_id = c.id AND p.version = c.policy_version
     WHERE u.login_id_scope = ${contractNumber === '' ? 'bank' : contractNumber}
       AND u.login_id_key = ${loginId.toLowerCase()}`
  return user
}

/** The user behind a proof, with no rights yet: they may get a certificate and nothing else. */
export const candidateActor = (user: Candidate, origin: Origin): UserActor => ({
  kind: 'user',
  id: user.id,
  companyId: user.companyId,
  loginId: user.loginId,
  name: user.name,
  role: user.role,
  permissions: new Set(),
  origin,
})
