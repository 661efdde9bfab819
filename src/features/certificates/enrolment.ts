import type { Deps } from '../../deps.ts'
import type { Origin } from '../../kernel/actor.ts'
import { hour, minute } from '../../kernel/clock.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import { policyOf, type SecurityPolicy } from '../../policy/policy.ts'
import {
  type Candidate,
  candidateActor,
  claimant,
  findCandidate,
  readIdentifier,
} from '../candidates/index.ts'
import { forgetStrangers, holdUnchanged, tryAsStranger } from '../passwords/index.ts'
import { openSession } from '../sessions/index.ts'
import {
  type SecondProof,
  type SecondProofRefusal,
  type SecondProofTry,
  tryAcquisitionPassword,
  tryPasskey,
  useProof,
  voidExhausted,
} from './enrolment-proofs.ts'
import { EnrolmentFailed, EnrolmentStarted } from './events.ts'
import { filePasswordKind, filePasswordOf, fileProtectedBy } from './file-password.ts'
import { requestCertificate } from './request.ts'

/** `password` and `contractNumber` are blank where the entrance's preset does not ask for them. */
export type EnrolmentForm = {
  contractNumber?: string
  loginId: string
  password: string
  acquisitionPassword: string
  /** The browser's answer where a passkey stands in for the acquisition password, and the attempt it was asked for in. */
  passkey?: { attempt: string; response: string }
}
export type Visit = { host: string; origin: Origin }
export type Enrolled = { certificateId: string; token: string }

/** Why nobody was enrolled by the password they typed: for the history, never for the one who tried (B-05, C-09). */
export type NotEnrolled =
  | 'enrolment.unknownUser'
  | 'enrolment.tooManyTries'
  | 'enrolment.userUnavailable'
  | 'enrolment.locked'
  | 'enrolment.wrongPassword'
  | 'enrolment.changed'

type Why = NotEnrolled | SecondProofRefusal

/** Idle time and end of an enrolment's session, in seconds: it only waits for a file and fetches it. */
export const sessionLength = { idleSeconds: 30 * minute, absoluteSeconds: 2 * hour }

/** An enrolment's session for who visits, but for whose it is and how far it is. */
export const sessionFor = ({ host, origin }: Visit) => ({
  kind: 'enrolment' as const,
  host,
  ip: origin.ip ?? '',
  userAgent: origin.userAgent ?? '',
  ...sessionLength,
})

/**
 * Enrolment with user ID, login password and acquisition password (C-02), or a passkey in place of the last where the
 * policy takes one: asks for the certificate and opens a session that may wait for it and download it, nothing else.
 * Whatever is wrong, the answer and the time it takes are the same (B-05): every try makes the same comparisons; the
 * reason is in the history. A login password is never locked here, tries are slowed down instead, and ten wrong
 * acquisition passwords void that one (B-07).
 */
export const enrol = async (
  deps: Deps,
  form: EnrolmentForm,
  visit: Visit,
): Promise<Result<Enrolled, 'enrolment.refused'>> => {
  const since = deps.clock.now()
  const loginId = readIdentifier(form.loginId)
  const contractNumber = readIdentifier(form.contractNumber ?? '')
  const found = await findCandidate(deps, loginId, contractNumber === '' ? {} : { contractNumber })
  const by: SecondProof = form.passkey ? 'passkey' : 'acquisition-password'
  // Companies whose manual knows another proof have no enrolment by this one.
  const candidate = found && proofsOf(found, by) ? found : undefined
  const user = candidate?.user
  const stranger = claimant(found, visit.origin)
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

  const policy = candidate && policyOf(candidate.company)
  const login = await tryLoginPassword(deps, candidate, policy, form.password, by)
  const proved = login.right ? user : undefined
  const second = form.passkey
    ? await tryPasskey(deps, proved, form.passkey.attempt, form.passkey.response)
    : await tryAcquisitionPassword(deps, proved, policy, form.acquisitionPassword)
  if (!candidate || !user || !login.right) return refused(login.right ? 'enrolment.unknownUser' : login.why)
  if (!second.right) {
    if (second.exhausted) await voidExhausted(deps, stranger, user, second.exhausted)
    return refused(second.why)
  }
  const done = await begin(deps, candidate, visit, form, second, since)
  return done.ok ? done : refused(done.reason)
}

/** The proofs by which this form enrols somebody at their company, if there are any (chapter A, «proof to enrol»). */
const proofsOf = ({ company }: Candidate, by: SecondProof) =>
  policyOf(company).certificate.proofs.find(proofs => proofs.includes(by))

type LoginTry = { right: true; credentialId: string } | { right: false; why: Why }

/** By the strangers' count: a login password is never locked here (B-07). Nobody costs what somebody does (B-05). */
const tryLoginPassword = async (
  deps: Deps,
  candidate: Candidate | undefined,
  policy: SecurityPolicy | undefined,
  password: string,
  by: SecondProof,
): Promise<LoginTry> => {
  const user = candidate?.user
  const attempt = await tryAsStranger(
    deps,
    user && { companyId: user.companyId, userId: user.id },
    password,
    {
      lock: policy?.lock,
      usable: user?.serviceState === 'available',
      // prosrv enrols by the acquisition password alone.
      compared: candidate === undefined || (proofsOf(candidate, by)?.includes('login-password') ?? true),
    },
  )
  if (attempt.outcome === 'right') return { right: true, credentialId: attempt.credentialId }
  return { right: false, why: user ? whys[attempt.outcome] : 'enrolment.unknownUser' }
}

const whys = {
  wrong: 'enrolment.wrongPassword',
  tooManyTries: 'enrolment.tooManyTries',
  locked: 'enrolment.locked',
  unusable: 'enrolment.userUnavailable',
} as const

/**
 * The proof is used up, the certificate asked for and the session begun together, or none of it (C-09, C-10); nothing is
 * overtaken that happened while it was compared (B-06).
 */
const begin = (
  deps: Deps,
  candidate: Candidate,
  visit: Visit,
  form: EnrolmentForm,
  second: SecondProofTry & { right: true },
  since: Date,
): Promise<Result<Enrolled, 'enrolment.changed' | SecondProofRefusal>> => {
  const { user } = candidate
  const actor = candidateActor(candidate, visit.origin)
  const holder = { companyId: user.companyId, userId: user.id }
  return inTx(deps, async (tx): Promise<Result<Enrolled, 'enrolment.changed' | SecondProofRefusal>> => {
    if (!(await holdUnchanged(deps, tx, holder, since)).ok) return refuse('enrolment.changed')
    const used = await useProof(deps, tx, holder, second)
    if (!used.ok) return used
    await forgetStrangers(tx, holder)
    const { token } = await openSession(deps, tx, {
      ...sessionFor(visit),
      stage: 'open',
      holder,
    })
    await audit.record(deps, tx, EnrolmentStarted, {
      actor,
      companyId: user.companyId,
      subject: { kind: 'user', id: user.id, label: user.loginId },
      details: { enrolledBy: second.by },
    })
    const before = await tx.certificate.count({ where: { userId: user.id, firstUsedAt: { not: null } } })
    const purpose = before > 0 ? 'reissue' : 'enrolment'
    const file = filePasswordOf(filePasswordKind(policyOf(candidate.company).certificate, purpose), {
      login: form.password,
      ...(second.by === 'acquisition-password' && { acquisition: form.acquisitionPassword }),
    })
    const certificateId = await requestCertificate(deps, tx, actor, {
      holder,
      purpose,
      ...fileProtectedBy(file),
    })
    return ok({ certificateId, token })
  })
}
