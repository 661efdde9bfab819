import type { Deps } from '../../deps.ts'
import type { Origin, UserActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import type { LiveSession } from '../../platform/http/live-session.ts'
import type { Stage } from '../../platform/http/policy.ts'
import { policyOf, type SecurityPolicy } from '../../policy/policy.ts'
import { factorsAtLogin } from '../../policy/second-factor.ts'
import { markUsed, type PresentedUser } from '../certificates/index.ts'
import { lockOut, nextStage, tryPassword } from '../passwords/index.ts'
import {
  advanceSession,
  endSession,
  findLiveSession,
  findOtherSession,
  openSession,
} from '../sessions/index.ts'
import { CertificateFirstUsed, LoggedOut, LoginFailed, LoginSucceeded, LoginTakenOver } from './events.ts'

export type Visit = { host: string; origin: Origin }
export type LoggedIn = { token: string; stage: Stage }
export type LoginRefusal = 'login.wrong' | 'login.locked' | 'login.suspended'

const actorOf = (presented: PresentedUser, origin: Origin): UserActor => ({
  kind: 'user',
  id: presented.user.id,
  companyId: presented.user.companyId,
  loginId: presented.user.loginId,
  name: presented.user.name,
  role: presented.user.role,
  permissions: new Set(),
  origin,
})

const subjectOf = (actor: UserActor) => ({ kind: 'user', id: actor.id, label: actor.loginId })

/**
 * Certificate login (B-02): the certificate has named the user, the password proves it is them. Gives the token of
 * the new session and the stage it begins in. Its holder is told of a lock (B-05); what was wrong is in the history.
 */
export const logIn = async (
  deps: Deps,
  presented: PresentedUser,
  password: string,
  visit: Visit,
): Promise<Result<LoggedIn, LoginRefusal>> => {
  const policy = policyOf(presented.company)
  const actor = actorOf(presented, visit.origin)
  const refused = async (reason: LoginRefusal) => {
    await audit.recordAlone(deps, LoginFailed, {
      actor,
      companyId: actor.companyId,
      subject: subjectOf(actor),
      details: {},
      outcome: 'refused',
      reason,
    })
    return refuse(reason)
  }
  const holder = { companyId: actor.companyId, userId: actor.id }
  const attempt = await tryPassword(deps, holder, 'login_password', password, {
    lock: policy.lock,
    onLock: (tx, lock) => lockOut(deps, tx, actor, 'login', policy, lock),
  })
  if (attempt.outcome !== 'right')
    return refused(attempt.outcome === 'locked' ? 'login.locked' : 'login.wrong')
  if (presented.user.serviceState !== 'available') return refused('login.suspended')
  return inTx(deps, tx => begin(deps, tx, presented, actor, policy, visit))
}

const begin = async (
  deps: Deps,
  tx: Tx,
  presented: PresentedUser,
  actor: UserActor,
  policy: SecurityPolicy,
  visit: Visit,
): Promise<Result<LoggedIn, never>> => {
  // Two logins of one user take turns, for each writes the user's row first: the second sees the first one's session.
  const [previous] = await tx.$queryRaw<{ at: Date | null; from: string | null }[]>`
    UPDATE "user"
       SET last_login_at = ${deps.clock.now()}::timestamptz, last_login_from = ${visit.origin.ip ?? null}
     WHERE id = ${actor.id}::uuid
    RETURNING old.last_login_at AS at, old.last_login_from AS from`
  const live = await findLiveSession(deps, tx, { userId: actor.id })
  // The second factor comes before anything that the password alone must not do, such as ending another session.
  const stage =
    factorsAtLogin(policy.login, true).length > 0
      ? 'second_factor'
      : live
        ? 'takeover'
        : await nextStage(deps, tx, actor, policy)
  const session = await openSession(deps, tx, {
    kind: 'user',
    stage,
    holder: { companyId: actor.companyId, userId: actor.id },
    certificate: { id: presented.certificateId, fingerprint: presented.fingerprint },
    host: visit.host,
    ip: visit.origin.ip ?? '',
    userAgent: visit.origin.userAgent ?? '',
    idleSeconds: policy.session.idleSeconds,
    absoluteSeconds: policy.session.absoluteSeconds,
    ...(previous?.at && { previousLogin: { at: previous.at, from: previous.from ?? '' } }),
  })
  const first = await markUsed(deps, tx, actor, presented.certificateId)
  const entry = { actor, companyId: actor.companyId, subject: subjectOf(actor) }
  if (first)
    await audit.record(deps, tx, CertificateFirstUsed, {
      ...entry,
      details: { notAfter: presented.notAfter.toISOString() },
    })
  await audit.record(deps, tx, LoginSucceeded, { ...entry, details: { next: stage } })
  return ok({ token: session.token, stage })
}

/** 「再ログイン」: ends the session that stands in the way and goes on with this one, under a new token (B-13). */
export const takeOver = (
  deps: Deps,
  actor: UserActor,
  session: LiveSession,
): Promise<Result<LoggedIn, 'session.ended.takeover'>> =>
  inTx(deps, async tx => {
    if (!session.company) throw new Error(`session ${session.id} of a user has no company`)
    await tx.$queryRaw`SELECT id FROM "user" WHERE id = ${actor.id}::uuid FOR UPDATE`
    const other = await findOtherSession(tx, { userId: actor.id }, session)
    if (other) await endSession(deps, tx, other.id, 'takeover')
    const stage = await nextStage(deps, tx, actor, policyOf(session.company))
    const token = await advanceSession(deps, tx, session.id, 'takeover', stage)
    if (!token) return refuse('session.ended.takeover')
    if (other)
      await audit.record(deps, tx, LoginTakenOver, {
        actor,
        companyId: actor.companyId,
        subject: subjectOf(actor),
        details: { startedAt: other.startedAt.toISOString(), from: other.ip },
      })
    return ok({ token, stage })
  })

/** Logout by the button: the row ends, so that the cookie is worth nothing however often it is replayed (B-14). */
export const logOut = (deps: Deps, actor: UserActor, session: LiveSession): Promise<void> =>
  inTx(deps, async tx => {
    if (await endSession(deps, tx, session.id, 'logout'))
      await audit.record(deps, tx, LoggedOut, {
        actor,
        companyId: actor.companyId,
        subject: subjectOf(actor),
        details: {},
      })
  })
