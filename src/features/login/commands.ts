import type { Deps } from '../../deps.ts'
import type { Origin, UserActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import type { LiveSession } from '../../platform/http/live-session.ts'
import type { Stage } from '../../platform/http/policy.ts'
import { type LockRule, policyOf, type SecurityPolicy } from '../../policy/policy.ts'
import { factorsAtLogin } from '../../policy/second-factor.ts'
import { sameWayIn } from '../../policy/standing-sessions.ts'
import { forgetBrowsers, forgiveBrowser } from '../browsers/index.ts'
import { type Candidate, candidateActor, claimant } from '../candidates/index.ts'
import {
  forgiveTries,
  holdUnchanged,
  lockOut,
  nextStage,
  tryAsStranger,
  tryAtKnownBrowser,
  tryPassword,
  whichLock,
} from '../passwords/index.ts'
import {
  type AdvanceRefusal,
  endByLogout,
  endSessionsOf,
  findLiveSession,
  openSession,
  takeOverSession,
} from '../sessions/index.ts'
import { type CompletedLogin, completeLogin, isHalf, recordHalf } from './completion.ts'
import { LoggedOut, LoggedOutEverywhere, LoginFailed, LoginTakenOver } from './events.ts'
import { type PresentedCertificate, wayOf } from './way.ts'

/**
 * `returnTo`: where the login is to lead once it is complete, a path of ours (B-12). `browser`: the tokens of its cookie,
 * by which accounts know it; none behind a certificate, whose host is new to every browser.
 */
export type Visit = { host: string; origin: Origin; returnTo?: string; browser?: readonly string[] }
/** `browser`: the cookie's tokens from now on, where the login made the browser a known one (B-07). */
export type LoggedIn = { token: string; stage: Stage; browser?: readonly string[] }

/** Why a login failed, as the history has it; what of it is told depends on what was proved (B-05). */
export type LoginRefusal =
  | 'login.unknown'
  | 'login.otherWay'
  | 'login.otherId'
  | 'login.wrong'
  | 'login.locked'
  | 'login.blocked'
  | 'login.suspended'
  | 'login.waiting'
  | 'login.busy'
  | 'login.over'
  | 'login.tooManyTries'
  | 'login.policyChanged'

export type LoginTry = {
  /** Whom the certificate or the typed ID names; undefined where it names nobody. */
  candidate: Candidate | undefined
  /** The certificate of this connection; absent on the portal, where none is asked for. */
  certificate?: PresentedCertificate
  /** Whether that certificate is the candidate's own, and not just one of the company's. */
  own: boolean
  /** False where the ID typed beside the certificate is another than its user's. */
  named: boolean
  /** Whether the candidate has logged in with this browser before (B-07); no certificate's host knows. */
  knownBrowser?: boolean
  password: string
  /** The rules that stand in where the ID names nobody: those of the entrance. */
  otherwise: Pick<SecurityPolicy, 'lock'>
}

/** Tries at a login password: by the policy's own count, or slowed down as a stranger's (B-07). */
type Tried =
  | { right: true; actor: UserActor; policy: SecurityPolicy; triedAt: Date }
  | { right: false; why: LoginRefusal }

/**
 * Login by whatever the policy asks for (B-02, B-04): the candidate is named by the certificate, by an ID, or by both,
 * and the password proves that it is them. Gives the token of the new session and the stage it begins in. Every way
 * through costs one comparison and the same statements (B-05); what was wrong is in the history.
 */
export const logIn = async (
  deps: Deps,
  given: LoginTry,
  visit: Visit,
): Promise<Result<LoggedIn, LoginRefusal>> => {
  const tried = await tryToLogIn(deps, given, visit)
  if (!tried.right) {
    await recordFailure(deps, given, visit, tried.why)
    return refuse(tried.why)
  }
  const begun = await inTx(deps, tx => begin(deps, tx, tried, given.certificate, visit))
  if (!begun.ok) await recordFailure(deps, given, visit, begun.reason)
  return begun
}

const tryToLogIn = async (deps: Deps, given: LoginTry, visit: Visit): Promise<Tried> => {
  const { candidate, certificate, own, password } = given
  const triedAt = deps.clock.now()
  const policy = candidate && policyOf(candidate.company)
  const passable = policy && wayOf(policy, certificate !== undefined) !== undefined
  const known = passable ? candidate : undefined
  const holder = known && { companyId: known.user.companyId, userId: known.user.id }
  const { lock } = policy ?? given.otherwise
  const whose = whoseTry(lock, given)
  if (whose !== 'owner') {
    const usable = known?.user.serviceState === 'available' && given.named
    const attempt =
      whose === 'known-browser'
        ? await tryAtKnownBrowser(deps, holder, visit.browser ?? [], password, { lock, usable })
        : await tryAsStranger(deps, holder, password, { lock, usable })
    if (attempt.outcome === 'right' && known && policy)
      return { right: true, policy, actor: candidateActor(known, visit.origin), triedAt }
    return {
      right: false,
      why: !candidate
        ? 'login.unknown'
        : !known
          ? 'login.otherWay'
          : strangersWhy(known, given, attempt.outcome),
    }
  }
  const actor = known && candidateActor(known, visit.origin)
  const attempt = await tryPassword(deps, holder, 'login_password', password, {
    lock,
    otherwiseRight: given.named,
    forgivenByCaller: known?.user.serviceState === 'available',
    ...(actor && policy && { onLock: (tx, struck) => lockOut(deps, tx, actor, 'login', policy, struck) }),
  })
  if (!candidate || !policy) return { right: false, why: 'login.unknown' }
  if (!known || !actor) return { right: false, why: 'login.otherWay' }
  if (attempt.outcome === 'locked')
    return { right: false, why: own ? await whichLock(deps, actor) : 'login.locked' }
  if (attempt.outcome !== 'right')
    return {
      right: false,
      why: attempt.outcome === 'wrong' && !given.named ? 'login.otherId' : `login.${attempt.outcome}`,
    }
  if (known.user.serviceState !== 'available') return { right: false, why: 'login.suspended' }
  return { right: true, policy, actor, triedAt }
}

/**
 * Whose count a try belongs to, whoever it names. The owner's ends in the lock: the manuals lock whoever mistypes, not whoever
 * is known by their ID, so that without a certificate a login counts from browsers alone that its owner has logged in with,
 * where the policy counts every login. Where it counts none without a certificate, such a browser has a count of its own, and
 * strangers keep nobody out of it. A stranger's failures slow strangers down (B-07).
 */
const whoseTry = (
  lock: LockRule,
  { certificate, own, knownBrowser }: LoginTry,
): 'owner' | 'known-browser' | 'stranger' => {
  const known = certificate === undefined && knownBrowser === true
  if (lock.counts === 'with-certificate') return own ? 'owner' : known ? 'known-browser' : 'stranger'
  return certificate !== undefined || known ? 'owner' : 'stranger'
}

const strangersWhy = (known: Candidate, { named }: LoginTry, outcome: string): LoginRefusal => {
  if (!named) return 'login.otherId'
  if (outcome === 'unusable')
    return known.user.serviceState === 'available' ? 'login.over' : 'login.suspended'
  return outcome === 'locked' || outcome === 'tooManyTries' ? `login.${outcome}` : 'login.wrong'
}

/** A refused try, by the user where their own certificate was there, else by whoever claims to be them (F-02). */
const recordFailure = async (
  deps: Deps,
  { candidate, own }: LoginTry,
  { origin }: Visit,
  reason: LoginRefusal,
): Promise<void> => {
  await audit.recordAlone(deps, LoginFailed, {
    actor: candidate && own ? candidateActor(candidate, origin) : claimant(candidate, origin),
    companyId: candidate?.user.companyId ?? null,
    ...(candidate && { subject: { kind: 'user', id: candidate.user.id, label: candidate.user.loginId } }),
    details: {},
    outcome: 'refused',
    reason,
  })
}

const subjectOf = (actor: UserActor) => ({ kind: 'user', id: actor.id, label: actor.loginId })

const begin = async (
  deps: Deps,
  tx: Tx,
  { actor, policy: before, triedAt }: Tried & { right: true },
  certificate: PresentedCertificate | undefined,
  visit: Visit,
): Promise<Result<LoggedIn, LoginRefusal>> => {
  const holder = { companyId: actor.companyId, userId: actor.id }
  // Two logins of one user take turns: the second sees the first one's session. A lock or a change of the password since
  // it was compared ends sessions: this one must not slip in behind it.
  const held = await holdUnchanged(deps, tx, holder, triedAt)
  if (!held.ok) return held
  const next = await nextStage(deps, tx, actor)
  const { login, session: bounds } = next.policy
  const byCertificate = certificate !== undefined
  // The policy may have changed since the password was looked at: what it asks for now is asked, and by a way in that it
  // no longer has nobody comes in.
  if (!sameWayIn(before.login, login, byCertificate)) return refuse('login.policyChanged')
  await forgiveTries(tx, holder)
  if (!byCertificate && next.policy.lock.counts === 'with-certificate')
    await forgiveBrowser(tx, holder, visit.browser ?? [])
  const live = await findLiveSession(deps, tx, { userId: actor.id })
  // The second factor comes before anything that the password alone must not do, such as ending another session.
  const stage =
    factorsAtLogin(login, byCertificate).length > 0 ? 'second_factor' : live ? 'takeover' : next.stage
  if (isHalf(stage)) await recordHalf(deps, tx, actor, stage)
  const completed = isHalf(stage)
    ? undefined
    : await completeLogin(deps, tx, actor, {
        certificateId: certificate?.certificateId ?? null,
        browser: visit.browser ?? [],
        stage,
      })
  const session = await openSession(deps, tx, {
    kind: 'user',
    stage,
    holder,
    ...(certificate && {
      certificate: { id: certificate.certificateId, fingerprint: certificate.fingerprint },
    }),
    host: visit.host,
    ip: visit.origin.ip ?? '',
    userAgent: visit.origin.userAgent ?? '',
    idleSeconds: bounds.idleSeconds,
    absoluteSeconds: bounds.absoluteSeconds,
    ...(visit.returnTo && { returnTo: visit.returnTo }),
    ...(completed?.previousLogin && { previousLogin: completed.previousLogin }),
  })
  return ok({ token: session.token, stage, ...(completed?.browser && { browser: completed.browser }) })
}

/** 「再ログイン」: ends the session that stands in the way and goes on with this one, under a new token (B-13). */
export const takeOver = (
  deps: Deps,
  actor: UserActor,
  session: LiveSession,
  browser: readonly string[],
): Promise<Result<LoggedIn, AdvanceRefusal>> =>
  takeOverSession(
    deps,
    { companyId: actor.companyId, userId: actor.id },
    session,
    async (tx, other): Promise<CompletedLogin> => {
      const { stage } = await nextStage(deps, tx, actor)
      const { certificateId } = session
      const completed = await completeLogin(deps, tx, actor, { certificateId, browser, stage })
      if (other)
        await audit.record(deps, tx, LoginTakenOver, {
          actor,
          companyId: actor.companyId,
          subject: subjectOf(actor),
          details: { startedAt: other.startedAt.toISOString(), from: other.ip },
        })
      return completed
    },
  )

/** Logout by the button: the row ends, so that the cookie is worth nothing however often it is replayed (B-14). */
export const logOut = (deps: Deps, actor: UserActor, session: LiveSession): Promise<void> =>
  endByLogout(deps, session, tx =>
    audit.record(deps, tx, LoggedOut, {
      actor,
      companyId: actor.companyId,
      subject: subjectOf(actor),
      details: {},
    }),
  )

/**
 * 「すべての接続からログアウト」: every session of the user ends, this one too; no cookie opens anything again (B-20), and no
 * browser is known to their account any more (B-07).
 */
export const logOutEverywhere = (deps: Deps, actor: UserActor): Promise<void> =>
  inTx(deps, async tx => {
    const sessionsEnded = await endSessionsOf(deps, tx, { userId: actor.id }, 'logout')
    await forgetBrowsers(tx, { companyId: actor.companyId, userId: actor.id })
    await audit.record(deps, tx, LoggedOutEverywhere, {
      actor,
      companyId: actor.companyId,
      subject: subjectOf(actor),
      details: { sessionsEnded },
    })
  })
