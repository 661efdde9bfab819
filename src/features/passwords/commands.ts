import type { Deps } from '../../deps.ts'
import { holderOf, type UserActor } from '../../kernel/actor.ts'
import { ok, type Refusal, type Result } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import { companyOf, type LiveSession } from '../../platform/http/live-session.ts'
import type { Stage } from '../../platform/http/policy.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { toUser } from '../../platform/outbox/to-user.ts'
import { policyOf } from '../../policy/policy.ts'
import { type AdvanceRefusal, advanceSession, endSessionsOf, holdOwner } from '../sessions/index.ts'
import { tryPassword } from './attempts.ts'
import { checkNextPassword, type NewPasswordRefusal, storePassword } from './change.ts'
import { ConfirmationPasswordSet, PasswordChanged, PasswordChangeRefused } from './events.ts'
import { lockOut } from './lock-out.ts'
import { PasswordChangedMail } from './mails.ts'
import { nextStage } from './stage.ts'

export type Which = 'login' | 'confirmation'
/** `browser`: by which the browser in use is known; the others have to log in anew (B-07). */
export type PasswordChange = { current: string; next: string; browser: readonly string[] }
export type ChangeRefusal =
  | 'password.currentWrong'
  | 'password.currentLocked'
  | 'password.currentWaiting'
  | 'password.currentOver'
  | NewPasswordRefusal

/** The credential of each. */
export const kindOf = { login: 'login_password', confirmation: 'confirmation_password' } as const

/**
 * A user's own change of a password, forced or by hand (B-08, B-09, B-21): the current one proves who is there, its
 * failures count, every other session of the user ends, and this one goes on under a new token.
 */
export const changePassword = async (
  deps: Deps,
  actor: UserActor,
  session: LiveSession,
  which: Which,
  { current, next, browser }: PasswordChange,
): Promise<Result<{ token: string; stage: Stage }, ChangeRefusal | AdvanceRefusal>> => {
  const policy = policyOf(companyOf(session))
  const holder = { companyId: actor.companyId, userId: actor.id }
  const kind = kindOf[which]
  const attempt = await tryPassword(deps, holder, kind, current, {
    lock: policy.lock,
    onLock: (tx, lock) => lockOut(deps, tx, actor, which, policy, lock),
  })
  if (attempt.outcome !== 'right')
    return refused(deps, actor, which, {
      ok: false,
      reason: whys[attempt.outcome],
    })
  const checked = await checkNextPassword(deps, holder, kind, policy.loginPassword, next, actor)
  if (!checked.ok) return refused(deps, actor, which, checked)
  return store(deps, actor, session, which, next, browser)
}

export type FirstPasswordRefusal =
  | 'password.loginWrong'
  | 'password.currentLocked'
  | 'password.currentWaiting'
  | 'password.currentOver'

const whysOfLogin = {
  locked: 'password.currentLocked',
  waiting: 'password.currentWaiting',
  over: 'password.currentOver',
  busy: 'password.loginWrong',
  wrong: 'password.loginWrong',
} as const

const whys = {
  locked: 'password.currentLocked',
  waiting: 'password.currentWaiting',
  over: 'password.currentOver',
  busy: 'password.currentWrong',
  wrong: 'password.currentWrong',
} as const

/** Whether a first confirmation password asks who is there: the login that leads to its page has just asked (B-21). */
export const asksLoginPassword = ({ stage }: Pick<LiveSession, 'stage'>): boolean => stage === 'open'

/**
 * The first confirmation password, set right after the forced change of the login password (B-21). In a portal that is open
 * already it takes the login password: whoever finds it open must not give themselves what changes are confirmed with.
 */
export const setConfirmationPassword = async (
  deps: Deps,
  actor: UserActor,
  session: LiveSession,
  { loginPassword, next }: { loginPassword: string; next: string },
): Promise<
  Result<{ token: string; stage: Stage }, FirstPasswordRefusal | NewPasswordRefusal | AdvanceRefusal>
> => {
  const policy = policyOf(companyOf(session))
  const holder = { companyId: actor.companyId, userId: actor.id }
  if (asksLoginPassword(session)) {
    const attempt = await tryPassword(deps, holder, 'login_password', loginPassword, {
      lock: policy.lock,
      onLock: (tx, lock) => lockOut(deps, tx, actor, 'login', policy, lock),
    })
    if (attempt.outcome !== 'right')
      return refused(deps, actor, 'confirmation', { ok: false, reason: whysOfLogin[attempt.outcome] })
  }
  const checked = await checkNextPassword(
    deps,
    holder,
    'confirmation_password',
    policy.loginPassword,
    next,
    actor,
  )
  if (!checked.ok) return refused(deps, actor, 'confirmation', checked)
  return store(deps, actor, session, 'confirmation', next)
}

/**
 * Goes on, under a new token, with a login that stands at the confirmation password of a company that has none any more
 * (B-21). To where, the policy of now says.
 */
export const passConfirmationPassword = (
  deps: Deps,
  actor: UserActor,
  session: Pick<LiveSession, 'id'>,
): Promise<Result<{ token: string; stage: Stage }, AdvanceRefusal>> =>
  inTx(deps, async tx => {
    await holdOwner(tx, { companyId: actor.companyId, userId: actor.id })
    const { stage } = await nextStage(deps, tx, actor)
    const advanced = await advanceSession(deps, tx, session.id, 'confirmation_password', stage)
    return advanced.ok ? ok({ token: advanced.value, stage }) : advanced
  })

const store = async (
  deps: Deps,
  actor: UserActor,
  session: LiveSession,
  which: Which,
  next: string,
  browser: readonly string[] = [],
): Promise<Result<{ token: string; stage: Stage }, AdvanceRefusal>> => {
  const policy = policyOf(companyOf(session))
  const hash = await deps.hasher.hash(next)
  return inTx(deps, async tx => {
    await holdOwner(tx, { companyId: actor.companyId, userId: actor.id })
    const forced = session.stage !== 'open'
    const first =
      which === 'confirmation' &&
      (await tx.credential.count({ where: { userId: actor.id, kind: 'confirmation_password' } })) === 0
    await storePassword(deps, tx, { companyId: actor.companyId, userId: actor.id }, kindOf[which], hash, {
      forceChange: false,
      remembered: policy.loginPassword.remembered,
      browser,
    })
    const { stage } = await nextStage(deps, tx, actor)
    const advanced = await advanceSession(deps, tx, session.id, session.stage, stage)
    if (!advanced.ok) return advanced
    const otherSessionsEnded = await endSessionsOf(deps, tx, { userId: actor.id }, 'password', session.id)
    await outbox.put(deps, tx, PasswordChangedMail, {
      ...(await toUser(tx, holderOf(actor))),
      params: {
        at: deps.clock.now(),
        credential: kindOf[which],
        ...(actor.origin.ip && { from: actor.origin.ip }),
      },
    })
    const entry = {
      actor,
      companyId: actor.companyId,
      subject: { kind: 'user', id: actor.id, label: actor.loginId },
    }
    if (first) await audit.record(deps, tx, ConfirmationPasswordSet, { ...entry, details: {} })
    else
      await audit.record(deps, tx, PasswordChanged, {
        ...entry,
        details: { which, forced, otherSessionsEnded },
      })
    return ok({ token: advanced.value, stage })
  })
}

const refused = async <R extends string>(
  deps: Deps,
  actor: UserActor,
  which: Which,
  refusal: Refusal<R>,
): Promise<Refusal<R>> => {
  await audit.recordAlone(deps, PasswordChangeRefused, {
    actor,
    companyId: actor.companyId,
    subject: { kind: 'user', id: actor.id, label: actor.loginId },
    details: { which },
    outcome: 'refused',
    reason: refusal.reason,
  })
  return refusal
}
