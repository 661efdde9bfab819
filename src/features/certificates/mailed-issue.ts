import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import { commitDraft } from '../../platform/http/draft-commit.ts'
import { findDraft, keepTyped, startDraft } from '../../platform/http/drafts.ts'
import type { LiveSession } from '../../platform/http/live-session.ts'
import { policyOf, type SecurityPolicy } from '../../policy/policy.ts'
import {
  type Candidate,
  candidateActor,
  claimant,
  findCandidate,
  namesUser,
  readIdentifier,
} from '../candidates/index.ts'
import { type CodeIssueRefusal, type CodeRefusal, issueCode, redeemCode } from '../codes/index.ts'
import { holdUnchanged, lockOut, tryAsStranger, tryPassword } from '../passwords/index.ts'
import { type AdvanceRefusal, advanceSession, openSession } from '../sessions/index.ts'
import { progressOf, standingFacts, standingOf, statesBefore } from './certificate.ts'
import { type NotEnrolled, sessionFor, sessionLength, type Visit } from './enrolment.ts'
import { issueErrand as errand, issueCodePurpose as purpose } from './errands.ts'
import { EnrolmentFailed, EnrolmentStarted } from './events.ts'
import { filePasswordKind, filePasswordOf, fileProtectedBy } from './file-password.ts'
import { goesByMailedCode } from './journey.ts'
import { askForRenewal } from './renewal.ts'
import { requestCertificate } from './request.ts'
import { isRenewable } from './window.ts'

/** Where in the errand's draft the password lies, sealed, until the file is asked for (C-03). */
const passwordStep = 'authentication'

export type IssueForm = { loginId: string; password: string }
export type Begun = { draftId: string; token: string }

type Why = NotEnrolled | CodeIssueRefusal

/**
 * 電子証明書発行, the user authentication (C-03): user ID and password, then a code goes out by mail. The failures count
 * towards the lock where the policy says so (B-07: rokin's manual does). Whatever is wrong, the answer and its time are
 * the same (B-05). Who is right but has a certificate that can't be renewed yet is told so (C-04).
 */
export const beginIssue = async (
  deps: Deps,
  form: IssueForm,
  visit: Visit,
  otherwise: SecurityPolicy,
): Promise<Result<Begun, 'issue.refused' | 'issue.notInWindow'>> => {
  const since = deps.clock.now()
  const loginId = readIdentifier(form.loginId)
  const found = await findCandidate(deps, loginId, {})
  const candidate = found && goesByMailedCode(policyOf(found.company)) ? found : undefined
  const user = candidate?.user
  const policy = candidate ? policyOf(candidate.company) : otherwise
  const stranger = claimant(found, visit.origin)
  const failed = async (why: Why | 'issue.notInWindow') => {
    await audit.recordAlone(deps, EnrolmentFailed, {
      actor: stranger,
      companyId: user?.companyId ?? null,
      ...(user && { subject: subjectOf(user) }),
      details: {},
      outcome: 'refused',
      reason: why,
    })
    return refuse(why === 'issue.notInWindow' ? why : 'issue.refused')
  }
  const why = await tryUser(deps, candidate, policy, loginId, form.password, visit)
  if (why || !candidate || !user) return failed(why ?? 'enrolment.unknownUser')
  const actor = candidateActor(candidate, visit.origin)
  if (await isTooEarly(deps, actor, policy)) return failed('issue.notInWindow')
  const begun = await inTx(
    deps,
    async (tx): Promise<Result<Begun, 'enrolment.changed' | CodeIssueRefusal>> => {
      // What happened while the password was compared must not be overtaken (B-06, B-16).
      const held = await holdUnchanged(deps, tx, { companyId: actor.companyId, userId: actor.id }, since)
      if (!held.ok || held.value.registrationDue) return refuse('enrolment.changed')
      const sent = await issueCode(deps, tx, actor, { purpose, recipient: user.email })
      if (!sent.ok) return sent
      // What was typed lives no longer than the session that it was typed for.
      const draftId = await startDraft(deps, actor, errand, { lifeSeconds: sessionLength.absoluteSeconds })
      await keepTyped(deps, actor, errand, draftId, passwordStep, { secrets: { password: form.password } })
      const { token } = await openSession(deps, tx, {
        ...sessionFor(visit),
        stage: 'second_factor',
        holder: { companyId: actor.companyId, userId: actor.id },
      })
      await audit.record(deps, tx, EnrolmentStarted, {
        actor,
        companyId: actor.companyId,
        subject: subjectOf(user),
        details: { enrolledBy: 'mail-code' },
      })
      return ok({ draftId, token })
    },
  )
  return begun.ok ? begun : failed(begun.reason)
}

const subjectOf = (user: { id: string; loginId: string }) => ({
  kind: 'user',
  id: user.id,
  label: user.loginId,
})

/** Why this ID and password are not enough; undefined when they are. */
const tryUser = async (
  deps: Deps,
  candidate: Candidate | undefined,
  policy: SecurityPolicy,
  loginId: string,
  password: string,
  visit: Visit,
): Promise<Why | undefined> => {
  const user = candidate?.user
  const holder = user && { companyId: user.companyId, userId: user.id }
  const named = user !== undefined && namesUser(policy, loginId, user)
  const usable = user?.serviceState === 'available' && !user.registrationDue
  if (!policy.lock.countsAtIssue) {
    const attempt = await tryAsStranger(deps, named ? holder : undefined, password, {
      lock: policy.lock,
      usable,
    })
    return attempt.outcome === 'right' ? undefined : whys[attempt.outcome]
  }
  const attempt = await tryPassword(deps, named ? holder : undefined, 'login_password', password, {
    lock: policy.lock,
    onLock: (tx, lock) =>
      candidate
        ? lockOut(deps, tx, candidateActor(candidate, visit.origin), 'login', policy, lock)
        : Promise.resolve(),
  })
  if (!named) return 'enrolment.unknownUser'
  if (attempt.outcome !== 'right') return whys[attempt.outcome]
  return usable ? undefined : 'enrolment.userUnavailable'
}

const whys = {
  wrong: 'enrolment.wrongPassword',
  locked: 'enrolment.locked',
  busy: 'enrolment.tooManyTries',
  waiting: 'enrolment.tooManyTries',
  tooManyTries: 'enrolment.tooManyTries',
  over: 'enrolment.userUnavailable',
  unusable: 'enrolment.userUnavailable',
} as const

/** What a user has: the certificate in force that ends last, and one that is still on its way to them. */
type Had = { present?: { id: string; notAfter: Date }; underWay?: { id: string } }

const hadBy = async (
  deps: Pick<Deps, 'clock'>,
  tx: Pick<Tx, 'certificate'>,
  actor: UserActor,
): Promise<Had> => {
  const now = deps.clock.now()
  const rows = await tx.certificate.findMany({
    where: {
      companyId: actor.companyId,
      userId: actor.id,
      state: { in: [...new Set([...statesBefore('void'), ...statesBefore('use')])] },
    },
    orderBy: { requestedAt: 'desc' },
    select: {
      id: true,
      replacesId: true,
      ...standingFacts,
      delivery: { select: { readyAt: true, erasedAt: true } },
    },
  })
  const underWay = rows.find(
    ({ state, delivery }) => delivery && progressOf({ state, ...delivery }, now) !== 'gone',
  )
  const usable = rows.filter(each => standingOf(each, now) === 'usable')
  // A renewed one that no login has shown may give way to another: the one it renews decides that (C-05).
  const decisive = usable.filter(
    ({ state, replacesId }) => state === 'active' || !usable.some(({ id }) => id === replacesId),
  )
  const present = decisive
    .flatMap(({ id, notAfter }) => (notAfter ? [{ id, notAfter }] : []))
    .sort((a, b) => b.notAfter.getTime() - a.notAfter.getTime())[0]
  return { ...(present && { present }), ...(underWay && { underWay }) }
}

/** Whoever has a certificate on its way may fetch it; whoever has one in force waits until it may be renewed (C-04). */
const isTooEarly = async (deps: Deps, actor: UserActor, policy: SecurityPolicy): Promise<boolean> => {
  const { present, underWay } = await hadBy(deps, deps.db, actor)
  return (
    !underWay &&
    present !== undefined &&
    !isRenewable(present.notAfter, policy.certificate.renewalWindow, deps.clock.now())
  )
}

/** A new code, for whom the one before did not reach, ran out or was mistyped too often (C-03). */
export const sendCodeAgain = (
  deps: Deps,
  actor: UserActor,
): Promise<Result<{ expiresAt: Date }, CodeIssueRefusal>> =>
  inTx(deps, async tx => {
    const { email } = await tx.user.findUniqueOrThrow({
      where: { companyId_id: { companyId: actor.companyId, id: actor.id } },
      select: { email: true },
    })
    return issueCode(deps, tx, actor, { purpose, recipient: email })
  })

/** Uses the mailed code up; the session goes on under a new token, to the page with 「発行」. */
export const proveCode = async (
  deps: Deps,
  actor: UserActor,
  session: Pick<LiveSession, 'id'>,
  code: string,
): Promise<Result<{ token: string }, CodeRefusal | AdvanceRefusal>> => {
  const redeemed = await redeemCode(deps, actor, { purpose, code })
  if (!redeemed.ok) return redeemed
  const advanced = await inTx(deps, tx => advanceSession(deps, tx, session.id, 'second_factor', 'open'))
  return advanced.ok ? ok({ token: advanced.value }) : advanced
}

export type Issuing = { certificateId: string }

/**
 * 「発行」 (C-03): asks for the certificate, once for each errand however often it is pressed. One that is on its way is
 * joined, whichever errand asked for it; a user with a certificate in its window renews it; without one it is the first,
 * or one issued anew.
 */
export const issueByCode = async (
  deps: Deps,
  actor: UserActor,
  draftId: string,
  policy: SecurityPolicy,
): Promise<
  Result<Issuing, 'draft.notFound' | 'draft.notOpen' | 'renewal.notInWindow' | 'renewal.alreadyRenewed'>
> => {
  const found = await findDraft(deps, actor, errand, draftId)
  if (!found.ok) return found
  const draft = found.value
  if (draft.state === 'committed') return ok({ certificateId: resultOf(draft.result) })
  const password = draft.secrets.typed[passwordStep]?.password
  const done = await commitDraft(
    deps,
    actor,
    draft,
    async (
      tx,
    ): Promise<Result<{ certificateId: string }, 'renewal.notInWindow' | 'renewal.alreadyRenewed'>> => {
      // Two errands at once take turns: the second joins what the first has asked for.
      await tx.$queryRaw`SELECT id FROM "user" WHERE id = ${actor.id}::uuid FOR UPDATE`
      const { present, underWay } = await hadBy(deps, tx, actor)
      if (underWay) return ok({ certificateId: underWay.id })
      const kind = filePasswordKind(policy.certificate, present ? 'renewal' : 'enrolment')
      const file = filePasswordOf(kind, password === undefined ? {} : { login: password })
      if (present) return askForRenewal(deps, tx, actor, present.id, file)
      const before = await tx.certificate.count({ where: { userId: actor.id, firstUsedAt: { not: null } } })
      const certificateId = await requestCertificate(deps, tx, actor, {
        holder: { companyId: actor.companyId, userId: actor.id },
        purpose: before > 0 ? 'reissue' : 'enrolment',
        ...fileProtectedBy(file),
      })
      return ok({ certificateId })
    },
  )
  if (!done.ok) {
    // The second of two presses finds what the first one asked for.
    const again = await findDraft(deps, actor, errand, draftId)
    return again.ok && again.value.state === 'committed'
      ? ok({ certificateId: resultOf(again.value.result) })
      : done
  }
  return ok({ certificateId: resultOf(done.value) })
}

const resultOf = (result: unknown): string => (result as { certificateId: string }).certificateId
