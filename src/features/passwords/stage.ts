import type { Deps } from '../../deps.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import type { Stage } from '../../platform/http/policy.ts'
import type { SecurityPolicy } from '../../policy/policy.ts'
import { termsDue } from '../terms/index.ts'
import { mustChange } from './credential.ts'

/**
 * What stands between the proven user and the open portal: 初期登録 first, then the login password, the confirmation
 * password and the terms (B-08, B-15, B-16, B-21).
 */
export const nextStage = async (
  deps: Deps,
  tx: Tx,
  user: { id: string },
  policy: SecurityPolicy,
): Promise<Exclude<Stage, 'takeover' | 'second_factor'>> => {
  const { registrationDue } = await tx.user.findUniqueOrThrow({
    where: { id: user.id },
    select: { registrationDue: true },
  })
  if (registrationDue) return 'registration'
  const credentials = await tx.credential.findMany({
    where: { userId: user.id },
    select: { kind: true, forceChange: true, setOn: true },
  })
  const pending = (kind: 'login_password' | 'confirmation_password') => {
    const credential = credentials.find(each => each.kind === kind)
    return !credential || mustChange(credential, policy.loginPassword, deps.clock.now())
  }
  if (pending('login_password')) return 'password_change'
  if (policy.confirmation === 'password' && pending('confirmation_password')) return 'confirmation_password'
  return (await termsDue(deps, tx, user.id)) ? 'terms' : 'open'
}
