import type { Deps } from '../../deps.ts'
import type { Origin, UserActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { isUniqueViolation } from '../../platform/db/errors.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import type { LiveSession } from '../../platform/http/live-session.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { toUser } from '../../platform/outbox/to-user.ts'
import { policyOf, type SecurityPolicy } from '../../policy/policy.ts'
import { emailStateAfter } from '../../policy/user-states.ts'
import { type Candidate, candidateActor, claimant, namesUser } from '../candidates/index.ts'
import {
  type CodeIssueRefusal,
  type CodeRefusal,
  forgetProvedAddress,
  issueCode,
  redeemCode,
} from '../codes/index.ts'
import {
  checkNextPassword,
  forgetStrangers,
  holdUnchanged,
  lockOut,
  type NewPasswordRefusal,
  PasswordChangedMail,
  storePassword,
  tryAsStranger,
  tryPassword,
  voidResetLinks,
} from '../passwords/index.ts'
import { endSession, endSessionsOf, openSession } from '../sessions/index.ts'
import { checkLoginId, type LoginIdRefusal, loginIdKey } from '../users/index.ts'
import {
  RegistrationCompleted,
  RegistrationFailed,
  RegistrationMailConfirmed,
  RegistrationRefused,
  RegistrationStarted,
} from './events.ts'

/** マスターユーザーの初期登録 or 一般ユーザーの初期登録. */
export type RegistrationOf = 'master' | 'user'

export type RegistrationTry = {
  of: RegistrationOf
  candidate: Candidate | undefined
  loginId: string
  password: string
  /** The rules that stand in where the ID names nobody: those of the entrance. */
  otherwise: SecurityPolicy
}

const holderOf = (actor: UserActor) => ({ companyId: actor.companyId, userId: actor.id })
const entryOf = (actor: UserActor) => ({
  actor,
  companyId: actor.companyId,
  subject: { kind: 'user', id: actor.id, label: actor.loginId },
})

/**
 * Begins 初期登録 with the initial password that the bank or the master user gave (B-16): a session that may do nothing
 * else. Who is unknown, registered already or of the other kind gets the same answer at the same cost (B-05). Failures
 * count towards the lock where the policy says so (B-07), else as a stranger's.
 */
export const beginRegistration = async (
  deps: Deps,
  given: RegistrationTry,
  visit: { host: string; origin: Origin },
): Promise<Result<{ token: string }, 'registration.refused'>> => {
  const { candidate, password } = given
  const policy = candidate ? policyOf(candidate.company) : given.otherwise
  const due = candidate && isDue(given, candidate, policy) ? candidate : undefined
  const since = deps.clock.now()
  const right = await isRight(deps, due, policy, password, visit.origin)
  const refused = async (
    reason: 'registration.wrong' | 'registration.notDue' | 'registration.changed',
  ): Promise<Result<never, 'registration.refused'>> => {
    await audit.recordAlone(deps, RegistrationFailed, {
      actor: claimant(candidate, visit.origin),
      companyId: candidate?.user.companyId ?? null,
      ...(candidate && { subject: { kind: 'user', id: candidate.user.id, label: candidate.user.loginId } }),
      details: { registrationOf: given.of },
      outcome: 'refused',
      reason,
    })
    return refuse('registration.refused')
  }
  if (!due) return refused('registration.notDue')
  if (!right) return refused('registration.wrong')
  const actor = candidateActor(due, visit.origin)
  const begun = await inTx(deps, async (tx): Promise<Result<{ token: string }, 'registration.refused'>> => {
    const held = await holdUnchanged(deps, tx, holderOf(actor), since)
    if (!held.ok || !held.value.registrationDue) return refuse('registration.refused')
    await forgetStrangers(tx, holderOf(actor))
    // One begun before it can only be their own: nobody else has the initial password.
    await endSessionsOf(deps, tx, { userId: actor.id }, 'takeover')
    const { token } = await openSession(deps, tx, {
      kind: 'user',
      stage: 'registration',
      holder: holderOf(actor),
      host: visit.host,
      ip: visit.origin.ip ?? '',
      userAgent: visit.origin.userAgent ?? '',
      idleSeconds: policy.session.idleSeconds,
      absoluteSeconds: policy.session.absoluteSeconds,
    })
    await audit.record(deps, tx, RegistrationStarted, {
      ...entryOf(actor),
      details: { registrationOf: given.of },
    })
    return ok({ token })
  })
  return begun.ok ? begun : refused('registration.changed')
}

const isDue = ({ of, loginId }: RegistrationTry, { user }: Candidate, policy: SecurityPolicy): boolean =>
  policy.initialRegistration &&
  user.registrationDue === true &&
  user.serviceState === 'available' &&
  (of === 'master') === (user.role !== 'user') &&
  namesUser(policy, loginId, user)

const isRight = async (
  deps: Deps,
  due: Candidate | undefined,
  policy: SecurityPolicy,
  password: string,
  origin: Origin,
): Promise<boolean> => {
  const actor = due && candidateActor(due, origin)
  const holder = actor && holderOf(actor)
  const { lock } = policy
  const attempt = lock.countsAtIssue
    ? await tryPassword(deps, holder, 'login_password', password, {
        lock,
        lane: 'stranger',
        ...(actor && { onLock: (tx: Tx, struck) => lockOut(deps, tx, actor, 'login', policy, struck) }),
      })
    : await tryAsStranger(deps, holder, password, { lock, usable: due !== undefined })
  return attempt.outcome === 'right'
}

/** Sends a code to the address that the user names; the one before it ends. */
export const sendRegistrationCode = (
  deps: Deps,
  actor: UserActor,
  email: string,
): Promise<Result<{ expiresAt: Date }, CodeIssueRefusal>> =>
  inTx(deps, tx => issueCode(deps, tx, actor, { purpose: 'mail-registration', recipient: email }))

/** Goes back to the address: the code that was sent ends, and what one has proved counts no more (B-16). */
export const registerMailAnew = (deps: Deps, actor: UserActor): Promise<void> =>
  inTx(deps, async tx => {
    await tx.$queryRaw`SELECT id FROM "user" WHERE id = ${actor.id}::uuid FOR UPDATE`
    await forgetProvedAddress(deps, tx, entryOf(actor))
  })

/** The right code makes the address that it was sent to the user's own (B-16). */
export const confirmRegistrationMail = async (
  deps: Deps,
  actor: UserActor,
  code: string,
): Promise<Result<null, CodeRefusal | 'session.stage'>> => {
  const since = deps.clock.now()
  const redeemed = await redeemCode(deps, actor, { purpose: 'mail-registration', code })
  if (!redeemed.ok) return redeemed
  return inTx(deps, async (tx): Promise<Result<null, 'session.stage'>> => {
    // Another initial password ended this session, and must not find the address that the one before it proves.
    if (!(await holdUnchanged(deps, tx, holderOf(actor), since)).ok) return refuse('session.stage')
    const where = { companyId_id: { companyId: actor.companyId, id: actor.id } }
    const { email } = await tx.user.findUniqueOrThrow({ where, select: { email: true } })
    await tx.user.update({
      where,
      data: {
        email: redeemed.value.recipient,
        emailState: emailStateAfter('proved'),
        version: { increment: 1 },
      },
    })
    await voidResetLinks(deps, tx, holderOf(actor))
    await audit.record(deps, tx, RegistrationMailConfirmed, {
      ...entryOf(actor),
      details: { before: { email }, after: { email: redeemed.value.recipient } },
    })
    return ok(null)
  })
}

export type RegistrationRefusal =
  | LoginIdRefusal
  | NewPasswordRefusal
  | 'user.loginId.taken'
  | 'registration.mailDue'
  | 'session.stage'

/**
 * Completes 初期登録: a master user's own login ID, and a password that only its owner knows (B-16). The session ends with
 * it, for what comes next is a certificate.
 */
export const completeRegistration = async (
  deps: Deps,
  actor: UserActor,
  session: LiveSession,
  wanted: { loginId: string; password: string },
): Promise<Result<{ loginId: string }, RegistrationRefusal>> => {
  const done = await complete(deps, actor, session, wanted)
  if (!done.ok)
    await audit.recordAlone(deps, RegistrationRefused, {
      ...entryOf(actor),
      details: {},
      outcome: 'refused',
      reason: done.reason,
    })
  return done
}

const complete = async (
  deps: Deps,
  actor: UserActor,
  session: LiveSession,
  wanted: { loginId: string; password: string },
): Promise<Result<{ loginId: string }, RegistrationRefusal>> => {
  if (!session.company) throw new Error(`session ${session.id} of a user has no company`)
  const policy = policyOf(session.company)
  const holder = holderOf(actor)
  const since = deps.clock.now()
  const loginId = actor.role === 'user' ? actor.loginId : wanted.loginId
  const shaped = checkLoginId(policy.loginId, loginId)
  if (!shaped.ok) return shaped
  const checked = await checkNextPassword(
    deps,
    holder,
    'login_password',
    policy.loginPassword,
    wanted.password,
    {
      loginId,
      name: actor.name,
    },
  )
  if (!checked.ok) return checked
  const hash = await deps.hasher.hash(wanted.password)
  try {
    return await inTx(deps, async (tx): Promise<Result<{ loginId: string }, RegistrationRefusal>> => {
      // What locked or suspended the user meanwhile ended this session too, and must not be undone by a new password.
      if (!(await holdUnchanged(deps, tx, holder, since)).ok) return refuse('session.stage')
      // Of two at the same time one completes it.
      const { count } = await tx.user.updateMany({
        where: {
          companyId: actor.companyId,
          id: actor.id,
          registrationDue: true,
          emailState: 'valid',
        },
        data: {
          loginId,
          loginIdKey: loginIdKey(loginId),
          registrationDue: false,
          version: { increment: 1 },
        },
      })
      if (count === 0) return refuse('registration.mailDue')
      await storePassword(deps, tx, holder, 'login_password', hash, {
        forceChange: false,
        remembered: policy.loginPassword.remembered,
      })
      if (!(await endSession(deps, tx, session.id, 'logout'))) return refuse('session.stage')
      await outbox.put(deps, tx, PasswordChangedMail, {
        ...(await toUser(tx, holder)),
        params: {
          at: deps.clock.now(),
          credential: 'login_password',
          ...(actor.origin.ip && { from: actor.origin.ip }),
        },
      })
      await audit.record(deps, tx, RegistrationCompleted, {
        ...entryOf(actor),
        details: { before: { loginId: actor.loginId }, after: { loginId } },
      })
      return ok({ loginId })
    })
  } catch (error) {
    if (isUniqueViolation(error, 'user_login_id_scope_login_id_key_key')) return refuse('user.loginId.taken')
    throw error
  }
}
