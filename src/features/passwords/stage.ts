import type { Deps } from '../../deps.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import type { Stage } from '../../platform/http/policy.ts'
import type { SecurityPolicy } from '../../policy/policy.ts'
import { mustChange } from './credential.ts'

/** What stands between the right password and the open portal: the login password first, then the other (B-08, B-21). */
export const nextStage = async (
  deps: Deps,
  tx: Tx,
  user: { id: string },
  policy: SecurityPolicy,
): Promise<Exclude<Stage, 'takeover'>> => {
  const credentials = await tx.credential.findMany({
    where: { userId: user.id },
    select: { kind: true, forceChange: true, setOn: true },
  })
  const pending = (kind: 'login_password' | 'confirmation_password') => {
    const credential = credentials.find(each => each.kind === kind)
    return !credential || mustChange(credential, policy.loginPassword, deps.clock.now())
  }
  if (pending('login_password')) return 'password_change'
  return policy.confirmation === 'password' && pending('confirmation_password')
    ? 'confirmation_password'
    : 'open'
}
