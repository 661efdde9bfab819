import type { Deps } from '../../deps.ts'
import type { Origin, StrangerActor } from '../../kernel/actor.ts'
import { hour, minute } from '../../kernel/clock.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import { policyOf, type SecurityPolicy } from '../../policy/policy.ts'
import { isLocked, type LockFacts } from '../passwords/index.ts'
import { openSession } from '../sessions/index.ts'
import { type Candidate, candidateActor, findCandidate, identifierOf } from './candidate.ts'
import { AcquisitionPasswordVoided, EnrolmentFailed, EnrolmentStarted } from './events.ts'
import { filePasswordKind, filePasswordOf } from './file-password.ts'
import { requestCertificate } from './request.ts'
import { strangerTries } from './strangers.ts'

/** `password` and `contractNumber` are blank where the entrance's preset does not ask for them. */
export type EnrolmentForm = {
  contractNumber?: string
  loginId: string
  password: string
  acquisitionPassword: string
}
export type Visit = { host: string; origin: Origin }
/** `filePassword`: made for the file, to be shown once, now. */
export type Enrolled = { certificateId: string; token: string; filePassword?: string }

/** Why an enrolment failed: for the history, never for the one who tried (B-05, C-09). */
type Why =
  | 'enrolment.unknownUser'
  | 'enrolment.tooManyTries'
  | 'enrolment.userUnavailable'
  | 'enrolment.locked'
  | 'enrolment.wrongPassword'
  | 'enrolment.wrongAcquisitionPassword'
  | 'enrolment.noAcquisitionPassword'

/** Idle time and end of an enrolment's session, in seconds: it only waits for a file and fetches it. */
export const sessionLength = { idleSeconds: 30 * minute, absoluteSeconds: 2 * hour }

/**
 * Enrolment with user ID, login password and acquisition password (C-02): asks for the certificate and opens a session
 * that may wait for it and download it, nothing else. Whatever is wrong, the answer and the time it takes are the same
 * (B-05): every way makes two comparisons; the reason is in the history. A login password is never locked here, tries
 * are slowed down instead, and ten wrong acquisition passwords void that one (B-07).
 */
export const enrol = async (
  deps: Deps,
  form: EnrolmentForm,
  visit: Visit,
): Promise<Result<Enrolled, 'enrolment.refused'>> => {
  const { loginId } = identifierOf(form)
  const found = await findCandidate(deps, form)
  // Companies whose manual knows another proof have no enrolment by acquisition password.
  const user = found && proofsOf(found) ? found : undefined
  const stranger: StrangerActor = { kind: 'stranger', loginId, origin: visit.origin }
  const refused = async (why: Why) => {
    await audit.recordAlone(deps, EnrolmentFailed, {
      actor: stranger,
      companyId: user?.companyId ?? null,
      ...(user && { subject: { kind: 'user', id: user.id, label: user.loginId } }),
      details: {},
      outcome: 'refused',
      reason: why,
    })
    return refuse('enrolment.refused')
  }

  const policy = user && policyOf(user)
  const login = await tryLoginPassword(deps, user, policy, form.password)
  const acquisition = await tryAcquisitionPassword(
    deps,
    login.right ? user : undefined,
    policy,
    form.acquisitionPassword,
  )
  if (!user || !login.right) return refused(login.right ? 'enrolment.unknownUser' : login.why)
  if (!acquisition.right) {
    if (acquisition.exhausted) await voidExhausted(deps, stranger, user, acquisition.exhausted)
    return refused(acquisition.why)
  }
  const done = await begin(deps, user, visit, form, { ...login, acquisitionId: acquisition.id })
  return done.ok ? done : refused(done.reason)
}

/** The proofs by which this form enrols somebody at their company, if there are any (chapter A, «proof to enrol»). */
const proofsOf = (user: Candidate) =>
  policyOf(user).certificate.proofs.find(proofs => proofs.includes('acquisition-password'))

type LoginTry = { right: true; credentialId: string } | { right: false; why: Why }

/**
 * Takes one of the strangers' tries that are left before anything is compared, so that guesses in parallel can't slip
 * past the wait (B-07). Someone unknown costs the same statement and the same comparison.
 */
const tryLoginPassword = async (
  deps: Deps,
  user: Candidate | undefined,
  policy: SecurityPolicy | undefined,
  password: string,
): Promise<LoginTry> => {
  const now = deps.clock.now()
  const { free, firstWait, longestWait, atMost } = strangerTries
  const [credential] = await deps.db.$queryRaw<(LockFacts & { id: string; hash: string })[]>`
    UPDATE credential
       SET stranger_failures = stranger_failures + 1,
           stranger_retry_after = CASE WHEN stranger_failures + 1 > ${free}
             THEN ${now}::timestamptz + make_interval(secs =>
               least(${longestWait}::float8, ${firstWait} * power(2::float8, stranger_failures - ${free})))
             END
     WHERE user_id = ${user?.id ?? null}::uuid AND kind = 'login_password' AND stranger_failures < ${atMost}
       AND (stranger_retry_after IS NULL OR stranger_retry_after <= ${now}::timestamptz)
    RETURNING id, hash, failures, locked_at AS "lockedAt", locked_until AS "lockedUntil"`
  const why = whyNot(user, policy, credential, now)
  if (why || !credential) {
    await deps.hasher.verifyNobody(password)
    return { right: false, why: why ?? 'enrolment.tooManyTries' }
  }
  // prosrv enrols by the acquisition password alone: its form has no other, and the comparison is for the time it takes.
  const asked = user && proofsOf(user)?.includes('login-password')
  if (!asked) await deps.hasher.verifyNobody(password)
  return !asked || (await deps.hasher.verify(credential.hash, password))
    ? { right: true, credentialId: credential.id }
    : { right: false, why: 'enrolment.wrongPassword' }
}

const whyNot = (
  user: Candidate | undefined,
  policy: SecurityPolicy | undefined,
  credential: LockFacts | undefined,
  now: Date,
): Why | undefined => {
  if (!user || !policy) return 'enrolment.unknownUser'
  if (!credential) return 'enrolment.tooManyTries'
  if (user.serviceState !== 'available') return 'enrolment.userUnavailable'
  // A lock set by certificate logins holds here too (B-06).
  return isLocked(credential, policy.lock, now) ? 'enrolment.locked' : undefined
}

type AcquisitionTry =
  | { right: true; id: string }
  /** `exhausted`: this was the password's last try. */
  | { right: false; why: Why; exhausted?: { id: string; failures: number } }

/** The same for the acquisition password; its tries count only for who knows the login password (B-07). */
const tryAcquisitionPassword = async (
  deps: Deps,
  user: Candidate | undefined,
  policy: SecurityPolicy | undefined,
  password: string,
): Promise<AcquisitionTry> => {
  const now = deps.clock.now()
  const most = policy?.acquisitionPassword.failuresUntilVoid ?? 0
  const [row] = await deps.db.$queryRaw<{ id: string; hash: string; failures: number }[]>`
    UPDATE acquisition_password SET failures = failures + 1
     WHERE user_id = ${user?.id ?? null}::uuid AND used_at IS NULL AND voided_at IS NULL
       AND expires_at > ${now}::timestamptz AND failures < ${most}
    RETURNING id, hash, failures`
  if (!row) {
    await deps.hasher.verifyNobody(password)
    return { right: false, why: 'enrolment.noAcquisitionPassword' }
  }
  const { id, failures } = row
  if (await deps.hasher.verify(row.hash, password)) return { right: true, id }
  return {
    right: false,
    why: 'enrolment.wrongAcquisitionPassword',
    ...(failures >= most && { exhausted: { id, failures } }),
  }
}

const voidExhausted = (
  deps: Deps,
  actor: StrangerActor,
  user: Candidate,
  { id, failures }: { id: string; failures: number },
): Promise<void> =>
  inTx(deps, async tx => {
    const { count } = await tx.acquisitionPassword.updateMany({
      where: { id, usedAt: null, voidedAt: null },
      data: { voidedAt: deps.clock.now() },
    })
    if (count === 0) return
    await audit.record(deps, tx, AcquisitionPasswordVoided, {
      actor,
      companyId: user.companyId,
      subject: { kind: 'user', id: user.id, label: user.loginId },
      details: { failures },
    })
  })

/** The password is used up, the certificate asked for and the session begun together, or none of it (C-09, C-10). */
const begin = (
  deps: Deps,
  user: Candidate,
  visit: Visit,
  form: EnrolmentForm,
  proved: { credentialId: string; acquisitionId: string },
): Promise<Result<Enrolled, 'enrolment.noAcquisitionPassword'>> => {
  const actor = candidateActor(user, visit.origin)
  const holder = { companyId: user.companyId, userId: user.id }
  return inTx(deps, async tx => {
    // Once only: of several at the same time one finds it unused.
    const used = await tx.acquisitionPassword.updateMany({
      where: { id: proved.acquisitionId, usedAt: null, voidedAt: null },
      data: { usedAt: deps.clock.now() },
    })
    if (used.count === 0) return refuse('enrolment.noAcquisitionPassword')
    await tx.credential.update({
      where: { id: proved.credentialId },
      data: { strangerFailures: 0, strangerRetryAfter: null },
    })
    const { token } = await openSession(deps, tx, {
      kind: 'enrolment',
      stage: 'open',
      holder,
      host: visit.host,
      ip: visit.origin.ip ?? '',
      userAgent: visit.origin.userAgent ?? '',
      ...sessionLength,
    })
    await audit.record(deps, tx, EnrolmentStarted, {
      actor,
      companyId: user.companyId,
      subject: { kind: 'user', id: user.id, label: user.loginId },
      details: {},
    })
    const before = await tx.certificate.count({ where: { userId: user.id, firstUsedAt: { not: null } } })
    const purpose = before > 0 ? 'reissue' : 'enrolment'
    const file = filePasswordOf(filePasswordKind(policyOf(user).certificate, purpose), {
      login: form.password,
      acquisition: form.acquisitionPassword,
    })
    const certificateId = await requestCertificate(deps, tx, actor, {
      holder,
      purpose,
      pkcs12Password: file.password,
    })
    return ok({ certificateId, token, ...(file.shown && { filePassword: file.shown }) })
  })
}
