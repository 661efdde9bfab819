import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { ok, type Result } from '../../kernel/result.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import type { LiveSession } from '../../platform/http/live-session.ts'
import { nextStage } from '../passwords/index.ts'
import { type AdvanceRefusal, advanceSession, findLiveSession, holdOwner } from '../sessions/index.ts'
import type { LoggedIn } from './commands.ts'
import { completeLogin } from './completion.ts'

/**
 * Goes on after the second factor, under a new token: to the question of a takeover if the user has a live session
 * (B-13), otherwise to whatever the password still needs. Who came by a recovery code may put their factors in order
 * right away: those that could prove anew who they are have been lost (B-19).
 * @param browser the tokens of its cookie
 */
export const passSecondFactor = (
  deps: Deps,
  actor: UserActor,
  session: Pick<LiveSession, 'id' | 'certificateId'>,
  { recovered, browser }: { recovered: boolean; browser: readonly string[] },
): Promise<Result<LoggedIn, AdvanceRefusal>> =>
  inTx(deps, async tx => {
    await holdOwner(tx, { companyId: actor.companyId, userId: actor.id })
    const live = await findLiveSession(deps, tx, { userId: actor.id })
    const next = live ? undefined : await nextStage(deps, tx, actor)
    const { certificateId } = session
    const completed =
      next && (await completeLogin(deps, tx, actor, { certificateId, browser, stage: next.stage }))
    const stage = next?.stage ?? 'takeover'
    const advanced = await advanceSession(deps, tx, session.id, 'second_factor', stage, {
      proved: recovered,
      previousLogin: completed?.previousLogin,
    })
    if (!advanced.ok) return advanced
    return ok({
      token: advanced.value,
      stage,
      ...(completed?.browser && { browser: completed.browser }),
    })
  })
