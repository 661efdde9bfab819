import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import type { LiveSession } from '../../platform/http/live-session.ts'
import { policyOf } from '../../policy/policy.ts'
import { nextStage } from '../passwords/index.ts'
import { advanceSession, findLiveSession } from '../sessions/index.ts'
import type { LoggedIn } from './commands.ts'
import { completeLogin } from './completion.ts'

/**
 * Goes on after the second factor, under a new token: to the question of a takeover if the user has a live session
 * (B-13), otherwise to whatever the password still needs. Who came by a recovery code may put their factors in order
 * right away: those that could prove anew who they are have been lost (B-19).
 */
export const passSecondFactor = (
  deps: Deps,
  actor: UserActor,
  session: LiveSession,
  { recovered }: { recovered: boolean },
): Promise<Result<LoggedIn, 'session.stage'>> =>
  inTx(deps, async tx => {
    if (!session.company) throw new Error(`session ${session.id} of a user has no company`)
    await tx.$queryRaw`SELECT id FROM "user" WHERE id = ${actor.id}::uuid FOR UPDATE`
    const live = await findLiveSession(deps, tx, { userId: actor.id })
    const { certificateId } = session
    const onward = live ? undefined : await nextStage(deps, tx, actor, policyOf(session.company))
    const stage = onward ?? 'takeover'
    const previousLogin = onward && (await completeLogin(deps, tx, actor, { certificateId, stage: onward }))
    const token = await advanceSession(deps, tx, session.id, 'second_factor', stage, {
      proved: recovered,
      ...(previousLogin && { previousLogin }),
    })
    return token ? ok({ token, stage }) : refuse('session.stage')
  })
