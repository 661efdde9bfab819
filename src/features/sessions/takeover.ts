import type { Deps } from '../../deps.ts'
import { ok, type Result } from '../../kernel/result.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import type { LiveSession } from '../../platform/http/live-session.ts'
import type { Stage } from '../../platform/http/policy.ts'
import {
  type AdvanceRefusal,
  advanceSession,
  endSession,
  findOtherSession,
  type NewSession,
} from './commands.ts'

/** Whose sessions: a company's user's or an officer's of the bank. */
export type SessionOwner = { companyId: string; userId: string } | { staffId: string }

/**
 * Holds the row of a session's owner until the transaction ends, so that two steps of one owner's logins take turns; a
 * user's company before it, whose policy then stays what it is.
 */
export const holdOwner = async (tx: Tx, owner: SessionOwner): Promise<void> => {
  if ('staffId' in owner)
    await tx.$queryRaw`SELECT id FROM staff WHERE id = ${owner.staffId}::uuid FOR NO KEY UPDATE`
  else
    await tx.$queryRaw`
      SELECT u.id FROM company c JOIN "user" u ON u.company_id = c.id
       WHERE c.id = ${owner.companyId}::uuid AND u.id = ${owner.userId}::uuid
         FOR SHARE OF c FOR NO KEY UPDATE OF u`
}

/** The session that 「再ログイン」 ended. */
type Other = { startedAt: Date; ip: string }

/**
 * 「再ログイン」, a user's or an officer's: ends the session that stands in the way and goes on with this one under a new
 * token (B-13).
 * @param complete writes the login down, now that nothing is asked for any more, and says in which stage it goes on;
 *   null where the other session had ended by itself
 */
export const takeOverSession = <
  Login extends { stage: Stage; previousLogin?: NewSession['previousLogin'] | undefined },
>(
  deps: Deps,
  owner: SessionOwner,
  session: Pick<LiveSession, 'id'>,
  complete: (tx: Tx, other: Other | null) => Promise<Login>,
): Promise<Result<Login & { token: string }, AdvanceRefusal>> =>
  inTx(deps, async tx => {
    await holdOwner(tx, owner)
    const holder = 'staffId' in owner ? owner : { userId: owner.userId }
    const other = await findOtherSession(tx, holder, session)
    if (other) await endSession(deps, tx, other.id, 'takeover')
    const login = await complete(tx, other)
    const { stage, previousLogin } = login
    const advanced = await advanceSession(deps, tx, session.id, 'takeover', stage, { previousLogin })
    return advanced.ok ? ok({ ...login, token: advanced.value }) : advanced
  })

/**
 * Logout by the button, a user's or an officer's: the row ends, so that the cookie is worth nothing however often it is
 * replayed (B-14).
 * @param record writes it into the history, once
 */
export const endByLogout = (
  deps: Deps,
  session: Pick<LiveSession, 'id'>,
  record: (tx: Tx) => Promise<unknown>,
): Promise<void> =>
  inTx(deps, async tx => {
    if (await endSession(deps, tx, session.id, 'logout')) await record(tx)
  })
