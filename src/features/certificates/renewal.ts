import type { Deps } from '../../deps.ts'
import type { UserActor } from '../../kernel/actor.ts'
import { ok, type Refusal, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import { policyOf, type SecurityPolicy } from '../../policy/policy.ts'
import { candidateActor } from '../candidates/index.ts'
import { holdUnchanged, lockOut, nextStage, tryPassword, whichLock } from '../passwords/index.ts'
import { openSession } from '../sessions/index.ts'
import { progressOf, standingFacts, standingOf } from './certificate.ts'
import { sessionFor, type Visit } from './enrolment.ts'
import { RenewalRefused, RenewalStarted } from './events.ts'
import { type FilePassword, filePasswordKind, filePasswordOf, fileProtectedBy } from './file-password.ts'
import type { PresentedUser } from './presented.ts'
import { requestCertificate } from './request.ts'
import { supersede } from './supersession.ts'
import { isRenewable } from './window.ts'

export type RenewalRefusal =
  | 'renewal.otherWay'
  | 'renewal.notInWindow'
  | 'renewal.alreadyRenewed'
  | 'renewal.passwordChange'
  | 'login.wrong'
  | 'login.locked'
  | 'login.blocked'
  | 'login.suspended'
  | 'login.waiting'
  | 'login.busy'
  | 'login.over'

export type Renewing = {
  certificateId: string
  /** The token of a session that waits for the certificate and fetches it, nothing else. */
  token: string
}

/** Whether a company's certificates are renewed by showing them (C-04 [S]); the others go through the screens. */
export const renewsByShowing = ({ certificate }: Pick<SecurityPolicy, 'certificate'>): boolean =>
  certificate.proofs.some(proofs => !proofs.includes('mail-code'))

/** Whether the login page offers 「証明書更新」 to who shows this certificate (C-04). */
export const offersRenewal = (deps: Pick<Deps, 'clock'>, presented: PresentedUser): boolean => {
  const policy = policyOf(presented.company)
  return (
    renewsByShowing(policy) &&
    isRenewable(presented.notAfter, policy.certificate.renewalWindow, deps.clock.now())
  )
}

/**
 * Renews the certificate that is shown, for its own user who proves it with the login password (C-04): asks for the
 * next one and opens a session that may wait for it and download it. Two windows, or two presses at once, end at the
 * one renewal that is under way. Failures count as those of the login do, for the certificate has named the user.
 */
export const renew = async (
  deps: Deps,
  presented: PresentedUser,
  password: string,
  visit: Visit,
): Promise<Result<Renewing, RenewalRefusal>> => {
  const policy = policyOf(presented.company)
  const actor = candidateActor(presented, visit.origin)
  const done = await tryRenewal(deps, presented, actor, policy, password, visit)
  if (!done.ok)
    await audit.recordAlone(deps, RenewalRefused, {
      actor,
      companyId: actor.companyId,
      subject: subjectOf(actor),
      details: {},
      outcome: 'refused',
      reason: done.reason,
    })
  return done
}

const subjectOf = (actor: UserActor) => ({ kind: 'user', id: actor.id, label: actor.loginId })

const tryRenewal = async (
  deps: Deps,
  presented: PresentedUser,
  actor: UserActor,
  policy: SecurityPolicy,
  password: string,
  visit: Visit,
): Promise<Result<Renewing, RenewalRefusal>> => {
  const hindrance = hindranceOf(deps, presented, policy)
  if (hindrance) return hindrance
  const holder = { companyId: actor.companyId, userId: actor.id }
  const since = deps.clock.now()
  const attempt = await tryPassword(deps, holder, 'login_password', password, {
    lock: policy.lock,
    onLock: (tx, lock) => lockOut(deps, tx, actor, 'login', policy, lock),
  })
  // The certificate is their own: they are told what the login tells them (B-05).
  if (attempt.outcome === 'locked') return refuse(await whichLock(deps, actor))
  if (attempt.outcome !== 'right') return refuse(`login.${attempt.outcome}`)
  // A sign of its own where no typed password may protect the file.
  const file = filePasswordOf(filePasswordKind(policy.certificate, 'renewal'), { login: password })
  return inTx(deps, async (tx): Promise<Result<Renewing, RenewalRefusal>> => {
    const held = await holdUnchanged(deps, tx, holder, since)
    if (!held.ok) return held
    // A password that must be changed opens nothing but its change (B-08).
    if ((await nextStage(deps, tx, actor)).stage === 'password_change')
      return refuse('renewal.passwordChange')
    return begin(deps, tx, presented, actor, visit, file)
  })
}

/** Why a renewal would be refused already now. */
export const hindranceOf = (
  deps: Pick<Deps, 'clock'>,
  presented: PresentedUser,
  policy: Pick<SecurityPolicy, 'certificate'> = policyOf(presented.company),
): Refusal<'renewal.otherWay' | 'renewal.notInWindow'> | undefined => {
  if (!renewsByShowing(policy)) return refuse('renewal.otherWay')
  return isRenewable(presented.notAfter, policy.certificate.renewalWindow, deps.clock.now())
    ? undefined
    : refuse('renewal.notInWindow')
}

const begin = async (
  deps: Deps,
  tx: Tx,
  presented: PresentedUser,
  actor: UserActor,
  visit: Visit,
  file: FilePassword,
): Promise<Result<Renewing, RenewalRefusal>> => {
  const asked = await askForRenewal(deps, tx, actor, presented.certificateId, file)
  if (!asked.ok) return asked
  const { token } = await openSession(deps, tx, {
    ...sessionFor(visit),
    stage: 'open',
    holder: { companyId: actor.companyId, userId: actor.id },
    certificate: { id: presented.certificateId, fingerprint: presented.fingerprint },
  })
  return ok({ certificateId: asked.value.certificateId, token })
}

/**
 * Asks for the certificate that follows another, or finds the one that is under way already. One whose file
 * can't be had any more and that no login has shown gives way to the new one.
 */
export const askForRenewal = async (
  deps: Deps,
  tx: Tx,
  actor: UserActor,
  certificateId: string,
  file: FilePassword,
): Promise<Result<{ certificateId: string }, 'renewal.notInWindow' | 'renewal.alreadyRenewed'>> => {
  const now = deps.clock.now()
  // Two at once take turns: the second finds the first one's (the index certificate_one_renewal would refuse it).
  const [held] = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM certificate WHERE id = ${certificateId}::uuid AND user_id = ${actor.id}::uuid FOR UPDATE`
  const old =
    held &&
    (await tx.certificate.findUnique({
      where: { id: held.id },
      include: { delivery: standingFacts.delivery },
    }))
  if (!old?.serial || !old.notAfter || standingOf(old, now) !== 'usable') return refuse('renewal.notInWindow')
  const under = await tx.certificate.findFirst({
    where: {
      replacesId: old.id,
      purpose: 'renewal',
      state: { in: ['requested', 'prepared', 'signed', 'delivered', 'active'] },
    },
    include: { delivery: { select: { readyAt: true, erasedAt: true } } },
  })
  if (under?.state === 'active') return refuse('renewal.alreadyRenewed')
  if (under?.delivery) {
    if (progressOf({ state: under.state, ...under.delivery }, now) !== 'gone')
      return ok({ certificateId: under.id })
    await supersede(deps, tx, actor, under.id)
  }
  const id = await requestCertificate(deps, tx, actor, {
    holder: { companyId: actor.companyId, userId: actor.id },
    purpose: 'renewal',
    ...fileProtectedBy(file),
    replacesId: old.id,
  })
  await audit.record(deps, tx, RenewalStarted, {
    actor,
    companyId: actor.companyId,
    subject: subjectOf(actor),
    details: { serial: old.serial, notAfter: old.notAfter.toISOString() },
  })
  return ok({ certificateId: id })
}
