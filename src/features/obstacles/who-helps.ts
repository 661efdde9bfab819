import type { UserActor } from '../../kernel/actor.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import type { SecurityPolicy } from '../../policy/policy.ts'
import { reachOf, type UserRecord } from '../users/index.ts'

/** Who can put a user's locks and passwords right: somebody of the company, the bank, or either of them. */
export type Helper =
  | 'administrator'
  | 'contractor'
  | 'helpdesk'
  | 'administratorOrHelpdesk'
  | 'contractorOrHelpdesk'

/** `lock`: who releases their locks; `password`: who gives them another password. */
export type Helpers = { lock: Helper; password: Helper }

/**
 * Whom a remedy names for this user (E-06): a contractor is the bank's to help, administrators are their contractor's where
 * there is one, and who releases a lock the policy says (B-06, D-14).
 */
export const helpersOf = async (
  db: Pick<Tx, 'user'>,
  actor: UserActor,
  policy: SecurityPolicy,
  user: Pick<UserRecord, 'id' | 'role'>,
): Promise<Helpers> => {
  const manages = async (role: 'administrator' | 'contractor') =>
    // Of the others: nobody releases a lock of their own.
    (await reachOf(db, { ...actor, id: '', role }, policy)).manages(user)
  const insider = (await manages('administrator'))
    ? 'administrator'
    : (await manages('contractor'))
      ? 'contractor'
      : undefined
  const releasers = policy.releasedBy[user.role === 'user' ? 'user' : 'administrator']
  const helpdesk = releasers.some(each => each.startsWith('helpdesk'))
  const releases = releasers.includes('administrator') ? insider : undefined
  return {
    lock: releases ? (helpdesk ? `${releases}OrHelpdesk` : releases) : 'helpdesk',
    password: insider ? `${insider}OrHelpdesk` : 'helpdesk',
  }
}
