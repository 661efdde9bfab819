import type { Deps } from '../../deps.ts'
import type { Actor, Origin, StaffActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import type { LiveSession } from '../../platform/http/live-session.ts'
import type { Stage } from '../../platform/http/policy.ts'
import { isFirstThisMinute } from '../../platform/http/refusal-rate.ts'
import { type Peer, signedOf } from '../../platform/tls/peer.ts'
import { staffPolicy } from '../../policy/policy.ts'
import { findPresented, type PresentedRefusal, type PresentedStaff } from '../certificates/index.ts'
import { noteCertificateUse } from '../login/index.ts'
import { lockOutStaff } from '../officer-proof/index.ts'
import { beginRegistration, finishRegistration, otpStanding, type RegistrationRefusal } from '../otp/index.ts'
import { holdOfficerUnchanged, tryPassword } from '../passwords/index.ts'
import {
  type AdvanceRefusal,
  advanceSession,
  endByLogout,
  findLiveSession,
  holdOwner,
  openSession,
  takeOverSession,
} from '../sessions/index.ts'
import { StaffLoggedOut, StaffLoginFailed, StaffLoginSucceeded, StaffLoginTakenOver } from './events.ts'

export type Visit = { host: string; origin: Origin }
export type LoggedIn = { token: string; stage: Stage }
export type StaffLoginRefusal = 'login.wrong' | 'login.locked' | 'login.suspended'
/** What is wrong with the certificate at the staff's door; `customer` is a genuine one of the other kind. */
export type StaffCertificateProblem = PresentedRefusal | 'certificate.customer'

const actorOf = ({ staff }: PresentedStaff, origin: Origin): StaffActor => ({
  kind: 'staff',
  id: staff.id,
  loginId: staff.loginId,
  name: staff.name,
  role: staff.role,
  origin,
})

const entryOf = (actor: StaffActor) => ({
  actor,
  companyId: null,
  subject: { kind: 'staff', id: actor.id, label: actor.loginId },
})

/**
 * The officer whom the connection's certificate names (H-01). A wrong certificate at this door is in the bank's
 * history, save no certificate at all, which is somebody who has not chosen yet.
 */
export const presentedStaff = async (
  deps: Deps,
  peer: Peer,
  actor: Actor,
): Promise<Result<PresentedStaff, StaffCertificateProblem>> => {
  const presented = await findPresented(deps, peer)
  if (presented.ok && presented.value.kind === 'staff') return ok(presented.value)
  const reason = presented.ok ? 'certificate.customer' : presented.reason
  const shown = signedOf(peer)?.fingerprint ?? 'unknown'
  if (
    reason !== 'certificate.none' &&
    (await isFirstThisMinute(deps, actor.origin, `staff.${reason} ${shown}`))
  )
    await audit.recordAlone(deps, StaffLoginFailed, {
      actor: { kind: 'stranger', origin: actor.origin },
      companyId: null,
      details: {},
      outcome: 'refused',
      reason: `staff.${reason}`,
    })
  return refuse(reason)
}

/**
 * Staff login (H-01): the certificate has named the officer, the password proves it is them. Gives the token of the
 * new session and the stage it begins in.
 */
export const logInStaff = async (
  deps: Deps,
  presented: PresentedStaff,
  password: string,
  visit: Visit,
): Promise<Result<LoggedIn, StaffLoginRefusal>> => {
  const actor = actorOf(presented, visit.origin)
  const refused = async (reason: StaffLoginRefusal) => {
    await audit.recordAlone(deps, StaffLoginFailed, {
      ...entryOf(actor),
      details: {},
      outcome: 'refused',
      reason,
    })
    return refuse(reason)
  }
  const since = deps.clock.now()
  const attempt = await tryPassword(deps, { staffId: actor.id }, 'login_password', password, {
    lock: staffPolicy.lock,
    onLock: tx => lockOutStaff(deps, tx, actor),
  })
  if (attempt.outcome !== 'right')
    return refused(attempt.outcome === 'locked' ? 'login.locked' : 'login.wrong')
  const begun = await inTx(deps, tx => begin(deps, tx, presented, actor, since, visit))
  return begun.ok ? begun : refused(begun.reason)
}

/** An officer without a one-time password registers one before anything else: approvals and secrets ask for it (H-01). */
const hasToken = async (tx: Tx, staffId: string): Promise<boolean> =>
  (await otpStanding(tx, { staffId })).standing !== 'none'

const begin = async (
  deps: Deps,
  tx: Tx,
  presented: PresentedStaff,
  actor: StaffActor,
  since: Date,
  visit: Visit,
): Promise<Result<LoggedIn, StaffLoginRefusal>> => {
  // Two logins of one officer take turns: the second sees the first one's session. The password that was compared must be
  // theirs still: two others may have recovered them meanwhile, and ended every session there was (H-08).
  const held = await holdOfficerUnchanged(tx, actor.id, since)
  if (!held.ok) return held
  const holder = { staffId: actor.id }
  const half: Stage | null = !(await hasToken(tx, actor.id))
    ? 'second_factor'
    : (await findLiveSession(deps, tx, holder))
      ? 'takeover'
      : null
  const { certificateId, fingerprint } = presented
  // Half a login is none: nothing is noted until a one-time password is registered and the question of a takeover is
  // answered (B-10, C-11).
  const completed = half ? undefined : await completeLogin(deps, tx, actor, certificateId)
  const stage: Stage = half ?? completed?.stage ?? 'open'
  const session = await openSession(deps, tx, {
    kind: 'staff',
    stage,
    holder,
    certificate: { id: certificateId, fingerprint },
    host: visit.host,
    ip: visit.origin.ip ?? '',
    userAgent: visit.origin.userAgent ?? '',
    idleSeconds: staffPolicy.session.idleSeconds,
    absoluteSeconds: staffPolicy.session.absoluteSeconds,
    ...(completed?.previousLogin && { previousLogin: completed.previousLogin }),
  })
  if (stage === 'second_factor') {
    const begun = await beginRegistration(deps, actor, { id: session.id, stage })
    if (!begun.ok) throw new Error(`session ${session.id} was opened and is not there`)
  }
  return ok({ token: session.token, stage })
}

type CompletedLogin = { stage: 'password_change' | 'open'; previousLogin?: { at: Date; from: string } }

/** A password that was made for the officer is changed before the console opens (B-08). */
const stageOnceIn = async (tx: Tx, staffId: string): Promise<CompletedLogin['stage']> =>
  (await tx.credential.count({ where: { staffId, kind: 'login_password', forceChange: true } })) > 0
    ? 'password_change'
    : 'open'

/** Writes an officer's login down, in the transaction that opens the console: when, with which certificate, from where. */
const completeLogin = async (
  deps: Deps,
  tx: Tx,
  actor: StaffActor,
  certificateId: string,
): Promise<CompletedLogin> => {
  const [previous] = await tx.$queryRaw<{ at: Date | null; from: string | null }[]>`
    UPDATE staff
       SET last_login_at = ${deps.clock.now()}::timestamptz, last_login_from = ${actor.origin.ip ?? null}
     WHERE id = ${actor.id}::uuid
    RETURNING old.last_login_at AS at, old.last_login_from AS from`
  await noteCertificateUse(deps, tx, entryOf(actor), certificateId)
  await audit.record(deps, tx, StaffLoginSucceeded, { ...entryOf(actor), details: {} })
  return {
    stage: await stageOnceIn(tx, actor.id),
    ...(previous?.at && { previousLogin: { at: previous.at, from: previous.from ?? '' } }),
  }
}

export type TokenRefusal = RegistrationRefusal | AdvanceRefusal

/** Ends the registration of a one-time password within the login (H-01), which then goes on under a new token. */
export const registerToken = async (
  deps: Deps,
  actor: StaffActor,
  session: LiveSession,
  typed: string,
): Promise<Result<LoggedIn, TokenRefusal>> => {
  const registered = await finishRegistration(deps, actor, session, typed)
  if (!registered.ok) return registered
  const { certificateId } = session
  if (!certificateId) throw new Error(`session ${session.id} of an officer has no certificate`)
  return inTx(deps, async (tx): Promise<Result<LoggedIn, AdvanceRefusal>> => {
    const holder = { staffId: actor.id }
    await holdOwner(tx, holder)
    const completed = (await findLiveSession(deps, tx, holder))
      ? undefined
      : await completeLogin(deps, tx, actor, certificateId)
    const stage: Stage = completed?.stage ?? 'takeover'
    const advanced = await advanceSession(deps, tx, session.id, 'second_factor', stage, {
      previousLogin: completed?.previousLogin,
    })
    return advanced.ok ? ok({ token: advanced.value, stage }) : advanced
  })
}

/** 「再ログイン」: ends the officer's other session and goes on with this one, under a new token (B-13). */
export const takeOverStaff = (
  deps: Deps,
  actor: StaffActor,
  session: LiveSession,
): Promise<Result<LoggedIn, AdvanceRefusal>> =>
  takeOverSession(deps, { staffId: actor.id }, session, async (tx, other): Promise<CompletedLogin> => {
    if (!session.certificateId) throw new Error(`session ${session.id} of an officer has no certificate`)
    const completed = await completeLogin(deps, tx, actor, session.certificateId)
    if (other)
      await audit.record(deps, tx, StaffLoginTakenOver, {
        ...entryOf(actor),
        details: { startedAt: other.startedAt.toISOString(), from: other.ip },
      })
    return completed
  })

/** Logout by the button (B-14). */
export const logOutStaff = (deps: Deps, actor: StaffActor, session: LiveSession): Promise<void> =>
  endByLogout(deps, session, tx => audit.record(deps, tx, StaffLoggedOut, { ...entryOf(actor), details: {} }))
