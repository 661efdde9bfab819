import type { Deps } from '../../deps.ts'
import type { Origin, StrangerActor, UserActor } from '../../kernel/actor.ts'
import { plusSeconds } from '../../kernel/clock.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { inTx } from '../../platform/db/in-tx.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { randomToken } from '../../platform/random.ts'
import { policyOf } from '../../policy/policy.ts'
import { type Candidate, candidateActor, namesUser } from '../candidates/index.ts'
import {
  checkNextPassword,
  holdUnchanged,
  isLocked,
  type NewPasswordRefusal,
  PasswordChangedMail,
  storePassword,
  voidResetLinks,
} from '../passwords/index.ts'
import { endSessionsOf } from '../sessions/index.ts'
import { PasswordResetAsked, PasswordResetDone, PasswordResetRefused } from './events.ts'
import { PasswordResetMail } from './mails.ts'
import { askedProofs, type GivenProofs, type ProofRefusal, proveAll } from './proofs.ts'
import { hashOfToken, helpFor, resetRule } from './reset.ts'

const holderOf = (actor: UserActor) => ({ companyId: actor.companyId, userId: actor.id })

const subjectOf = ({ user }: Candidate) => ({ kind: 'user', id: user.id, label: user.loginId })

/** Why no link was sent: for the history, never for whoever asked. */
type Why =
  | 'password-reset.unknown'
  | 'password-reset.notByMail'
  | 'password-reset.locked'
  | 'password-reset.tooMany'

/**
 * Sends the link of a forgotten password, if the ID names somebody whom the policy helps by mail (B-15). Gives nothing,
 * whatever happened: the comparison that runs beside it takes longer than all the rest, so that the time says nothing
 * either.
 * @param linkBefore what stands before the token in the link: the page's address
 */
export const askForReset = async (
  deps: Deps,
  given: { candidate: Candidate | undefined; loginId: string },
  visit: { origin: Origin; linkBefore: string },
): Promise<void> => {
  await Promise.all([
    deps.hasher.withPlace('stranger', place => place.verifyNobody(given.loginId)),
    sendLink(deps, given, visit),
  ])
}

const sendLink = async (
  deps: Deps,
  { candidate, loginId }: { candidate: Candidate | undefined; loginId: string },
  { origin, linkBefore }: { origin: Origin; linkBefore: string },
): Promise<void> => {
  const why = await whyNot(deps, candidate, loginId)
  const actor: StrangerActor = { kind: 'stranger', loginId: loginId.slice(0, 64), origin }
  if (why || !candidate) {
    await audit.recordAlone(deps, PasswordResetAsked, {
      actor,
      companyId: candidate?.user.companyId ?? null,
      ...(candidate && { subject: subjectOf(candidate) }),
      details: {},
      outcome: 'refused',
      reason: why ?? 'password-reset.unknown',
    })
    return
  }
  const { id: userId, companyId } = candidate.user
  await inTx(deps, async tx => {
    const now = deps.clock.now()
    await tx.$queryRaw`SELECT id FROM "user" WHERE id = ${userId}::uuid FOR UPDATE`
    await voidResetLinks(deps, tx, { companyId, userId })
    const token = randomToken()
    const expiresAt = plusSeconds(now, resetRule.validSeconds)
    await tx.passwordReset.create({
      data: {
        id: deps.ids.next(),
        companyId,
        userId,
        tokenHash: hashOfToken(token),
        issuedAt: now,
        expiresAt,
      },
    })
    const { email, locale, name, company } = await tx.user.findUniqueOrThrow({
      where: { companyId_id: { companyId, id: userId } },
      select: { email: true, locale: true, name: true, company: { select: { name: true } } },
    })
    await outbox.put(deps, tx, PasswordResetMail, {
      companyId,
      userId,
      recipient: email,
      locale,
      addressee: { company: company.name, name },
      params: { at: now, until: expiresAt, ...(origin.ip && { from: origin.ip }) },
      secrets: { box: deps.secretBox, values: { link: linkBefore + token } },
    })
    await audit.record(deps, tx, PasswordResetAsked, {
      actor,
      companyId,
      subject: subjectOf(candidate),
      details: {},
    })
  })
}

const whyNot = async (
  deps: Deps,
  candidate: Candidate | undefined,
  loginId: string,
): Promise<Why | undefined> => {
  if (!candidate) return 'password-reset.unknown'
  const { user, company } = candidate
  const policy = policyOf(company)
  if (!namesUser(policy, loginId, user)) return 'password-reset.unknown'
  if (helpFor(policy, user.role) !== 'mail-link') return 'password-reset.notByMail'
  if (!(await mayReset(deps, candidate))) return 'password-reset.locked'
  const since = plusSeconds(deps.clock.now(), -resetRule.withinSeconds)
  const sent = await deps.db.passwordReset.count({ where: { userId: user.id, issuedAt: { gt: since } } })
  return sent >= resetRule.atMost ? 'password-reset.tooMany' : undefined
}

/** A lock is undone by whom the policy says, never by a mail; and who is out of service stays so. */
const mayReset = async (deps: Deps, { user, company }: Candidate): Promise<boolean> => {
  const credential = await deps.db.credential.findFirst({
    where: { companyId: user.companyId, userId: user.id, kind: 'login_password' },
    select: { failures: true, lockedAt: true, lockedUntil: true },
  })
  return (
    user.serviceState === 'available' &&
    credential !== null &&
    !isLocked(credential, policyOf(company).lock, deps.clock.now())
  )
}

export type ResetRefusal = NewPasswordRefusal | ProofRefusal | 'password-reset.refused'

/**
 * Sets a new password by the link of a mail and the login ID, once and within half an hour (B-15). Every session of the
 * user ends; whoever logs in next does so with the new password and every factor that the policy asks for. A link that is
 * over, used, or another's is refused in the same words. A password below the rule leaves the link for another try, and so
 * does a factor that is missing or wrong, where the policy asks for every other one first (decision 0029).
 */
export const resetPassword = async (
  deps: Deps,
  given: {
    token: string
    candidate: Candidate | undefined
    loginId: string
    password: string
    proofs: GivenProofs
  },
  origin: Origin,
): Promise<Result<null, ResetRefusal>> => {
  const { candidate, loginId, password } = given
  const refused = async <R extends ResetRefusal>(reason: R, params?: Record<string, string | number>) => {
    await audit.recordAlone(deps, PasswordResetRefused, {
      actor: { kind: 'stranger', loginId: loginId.slice(0, 64), origin },
      companyId: candidate?.user.companyId ?? null,
      ...(candidate && { subject: subjectOf(candidate) }),
      details: {},
      outcome: 'refused',
      reason,
    })
    return params ? refuse(reason, params) : refuse(reason)
  }
  const now = deps.clock.now()
  const [link] = await deps.db.$queryRaw<{ id: string; userId: string }[]>`
    UPDATE password_reset SET tries = tries + 1
     WHERE token_hash = ${hashOfToken(given.token)} AND used_at IS NULL AND voided_at IS NULL
       AND expires_at > ${now}::timestamptz AND tries < ${resetRule.tries}
    RETURNING id, user_id AS "userId"`
  if (!link || !candidate || link.userId !== candidate.user.id || !(await mayReset(deps, candidate)))
    return refused('password-reset.refused')
  const policy = policyOf(candidate.company)
  if (!namesUser(policy, loginId, candidate.user)) return refused('password-reset.refused')
  const actor = candidateActor(candidate, origin)
  const holder = holderOf(actor)
  const checked = await checkNextPassword(
    deps,
    holder,
    'login_password',
    policy.loginPassword,
    password,
    candidate.user,
  )
  if (!checked.ok) return refused(checked.reason, checked.params)
  const proved = await proveAll(deps, actor, link.id, await askedProofs(deps, policy, holder), given.proofs)
  if (!proved.ok) return refused(proved.reason, proved.params)
  const hash = await deps.hasher.hash(password)
  const done = await inTx(deps, async (tx): Promise<Result<null, 'password-reset.refused'>> => {
    if (!(await holdUnchanged(deps, tx, holder, now)).ok) return refuse('password-reset.refused')
    const used = await tx.passwordReset.updateMany({
      where: { id: link.id, usedAt: null, voidedAt: null },
      data: { usedAt: now },
    })
    if (used.count === 0) return refuse('password-reset.refused')
    await storePassword(deps, tx, holder, 'login_password', hash, {
      forceChange: false,
      remembered: policy.loginPassword.remembered,
    })
    const otherSessionsEnded = await endSessionsOf(deps, tx, { userId: actor.id }, 'password')
    const { email, locale, company } = await tx.user.findUniqueOrThrow({
      where: { companyId_id: { companyId: actor.companyId, id: actor.id } },
      select: { email: true, locale: true, company: { select: { name: true } } },
    })
    await outbox.put(deps, tx, PasswordChangedMail, {
      ...holder,
      recipient: email,
      locale,
      addressee: { company: company.name, name: actor.name },
      params: { at: now, credential: 'login_password', ...(origin.ip && { from: origin.ip }) },
    })
    await audit.record(deps, tx, PasswordResetDone, {
      actor,
      companyId: actor.companyId,
      subject: subjectOf(candidate),
      details: { otherSessionsEnded },
    })
    return ok(null)
  })
  return done.ok ? done : refused(done.reason)
}
