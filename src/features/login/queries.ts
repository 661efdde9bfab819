import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { loginOperations, shownLogins } from './login-history.ts'

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
