import type { Deps } from '../../deps.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import type { Stage } from '../../platform/http/policy.ts'
import { policyOf, type SecurityPolicy } from '../../policy/policy.ts'
import { owesTerms } from '../terms/index.ts'
import { mustChange } from './credential.ts'

/** Where a proven user stands, by the policy that their company has now. */
export type NextStage = {
  stage: Exclude<Stage, 'takeover' | 'second_factor'>
  policy: SecurityPolicy
}

type Row = {
  preset: string
  overrides: unknown
  registrationDue: boolean
  loginForced: boolean | null
  loginSetOn: Date | null
  confirmationForced: boolean | null
  confirmationSetOn: Date | null
  owesTerms: boolean
}

/**
 * What stands between the proven user and the open portal: 初期登録 first, then the login password, the confirmation
 * password and the terms (B-08, B-15, B-16, B-21). It is judged by the policy in force when the step opens, whatever was
 * in force when it was asked for: call it while the user and their company are held (`holdOwner`, `holdUnchanged`), so
 * that a change of its policy either is seen here or finds the session that opens.
 */
export const nextStage = async (
  deps: Deps,
  tx: Tx,
  { id, companyId }: { id: string; companyId: string },
): Promise<NextStage> => {
  const [row] = await tx.$queryRaw<Row[]>`
    SELECT p.preset, p.overrides, u.registration_due AS "registrationDue",
           l.force_change AS "loginForced", l.set_on AS "loginSetOn",
           k.force_change AS "confirmationForced", k.set_on AS "confirmationSetOn",
           ${owesTerms(deps.clock.now())} AS "owesTerms"
      FROM "user" u
      JOIN company c ON c.id = u.company_id
      JOIN company_policy p ON p.company_id = c.id AND p.version = c.policy_version
      LEFT JOIN credential l ON l.user_id = u.id AND l.kind = 'login_password'
      LEFT JOIN credential k ON k.user_id = u.id AND k.kind = 'confirmation_password'
     WHERE u.company_id = ${companyId}::uuid AND u.id = ${id}::uuid`
  if (!row) throw new Error(`there is no user ${id} with a security policy`)
  const policy = policyOf(row)
  const pending = (forceChange: boolean | null, setOn: Date | null) =>
    forceChange === null ||
    setOn === null ||
    mustChange({ forceChange, setOn }, policy.loginPassword, deps.clock.now())
  if (row.registrationDue) return { stage: 'registration', policy }
  if (pending(row.loginForced, row.loginSetOn)) return { stage: 'password_change', policy }
  if (policy.confirmation === 'password' && pending(row.confirmationForced, row.confirmationSetOn))
    return { stage: 'confirmation_password', policy }
  return { stage: row.owesTerms ? 'terms' : 'open', policy }
}
