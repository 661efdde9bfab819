import type { Deps } from '../../deps.ts'
import type { Origin, UserActor } from '../../kernel/actor.ts'
import { serviceStateInSql } from '../../platform/db/contract-over.ts'
import { policyOf, type SecurityPolicy } from '../../policy/policy.ts'
import type { Candidate } from '../candidates/index.ts'
import { isLocked } from '../passwords/index.ts'
import { hashOfToken, resetRule } from './reset.ts'

/** A link that still works, and whose it is. */
export type LiveLink = { id: string; actor: UserActor; policy: SecurityPolicy }

type Row = {
  linkId: string
  id: string
  companyId: string
  loginId: string
  name: string
  role: UserActor['role']
  preset: string
  overrides: unknown
}

/** The link that a token opens; undefined where it is over, used, tried too often, or never was. */
export const findLink = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  token: string,
  origin: Origin,
): Promise<LiveLink | undefined> => {
  const [row] = await deps.db.$queryRaw<Row[]>`
    SELECT r.id AS "linkId", u.id, u.company_id AS "companyId", u.login_id AS "loginId", u.name,
           u.role::text AS role, p.preset, p.overrides
      FROM password_reset r
      JOIN "user" u ON u.company_id = r.company_id AND u.id = r.user_id
      JOIN company c ON c.id = u.company_id
      JOIN company_policy p ON p.company_id = c.id AND p.version = c.policy_version
     WHERE r.token_hash = ${hashOfToken(token)} AND r.used_at IS NULL AND r.voided_at IS NULL
       AND r.expires_at > ${deps.clock.now()}::timestamptz AND r.tries < ${resetRule.tries}
       AND ${serviceStateInSql(deps.clock.now())} = 'available'`
  if (!row) return undefined
  const { linkId, preset, overrides, ...user } = row
  return {
    id: linkId,
    actor: { kind: 'user', ...user, permissions: new Set(), origin },
    policy: policyOf({ preset, overrides }),
  }
}

/** A lock is undone by whom the policy says, never by a mail; and who is out of service stays so. */
export const mayReset = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  { user, company }: Candidate,
): Promise<boolean> => {
  const credential = await deps.db.credential.findFirst({
    where: { companyId: user.companyId, userId: user.id, kind: 'login_password' },
    select: { failures: true, lockedAt: true, lockedUntil: true },
  })
  return (
    user.serviceState === 'available' &&
    credential !== null &&
    !isLocked(credential, policyOf(company).lock, deps.clock.now())
  )
}
