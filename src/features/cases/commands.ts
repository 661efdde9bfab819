import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { plusSeconds } from '../../kernel/clock.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { randomPassword } from '../../platform/random.ts'
import { mayRelease, policyOf } from '../../policy/policy.ts'
import { AcquisitionPasswordIssuedMail, endAllOf } from '../certificates/index.ts'
import { liftCodeSuspensions } from '../codes/index.ts'
import { liftSuspension } from '../otp/index.ts'
import {
  forgetStrangers,
  isLocked,
  LockReleased,
  LockReleasedMail,
  lockedUser,
  releaseLock,
} from '../passwords/index.ts'
import {
  addressOf,
  type CaseDone,
  type CaseRefusal,
  type CaseRequest,
  entryOf,
  type HeldCustomer,
  holdCustomer,
  inCase,
  isRepeated,
  type OpenCase,
  openCase,
  recordCase,
} from './customer-case.ts'
import { AcquisitionPasswordIssued } from './events.ts'

type ReleaseResult = Result<CaseDone, CaseRefusal | 'lock.notLocked' | 'lock.notHelpdesk'>

/**
 * Releases whatever locks a customer out: the login password, the confirmation password, or both (B-06, H-03). Case,
 * history, mail and reset counter are stored together or not at all. Refused tries are in the company's history, save
 * those for a customer who doesn't exist.
 */
export const releaseCustomerLock = async (
  deps: Deps,
  actor: StaffActor,
  request: CaseRequest,
): Promise<ReleaseResult> => {
  let known: HeldCustomer | undefined
  const done = await inCase(deps, async (tx): Promise<ReleaseResult> => {
    known = await holdCustomer(tx, request.userId)
    if (!known) return refuse('customer.notFound')
    const repeated = await isRepeated(tx, actor, 'lock_release', request)
    if (!repeated.ok) return repeated
    if (repeated.value) return ok({ caseId: request.caseId, repeated: true })
    const opened = openCase(deps, actor, 'lock_release', known, request)
    if (!opened.ok) return opened
    return release(deps, tx, actor, request.caseId, opened.value)
  })
  if (!done.ok && known)
    await audit.recordAlone(deps, LockReleased, {
      ...entryOf(actor, known),
      details: {
        which: await whichIsLocked(deps, known),
        lockedAt: null,
        caseId: null,
        caseReason: null,
        formReceivedOn: null,
      },
      outcome: 'refused',
      reason: done.reason,
    })
  return done
}

/** Which password the refused release was about: the login's where both are locked. */
const whichIsLocked = async (
  deps: Deps,
  customer: HeldCustomer,
): Promise<'login' | 'confirmation' | null> => {
  const { lock } = policyOf(customer)
  const credentials = await deps.db.credential.findMany({
    where: { companyId: customer.companyId, userId: customer.id },
    select: { kind: true, failures: true, lockedAt: true, lockedUntil: true },
  })
  const locked = credentials.filter(each => isLocked(each, lock, deps.clock.now())).map(({ kind }) => kind)
  if (locked.includes('login_password')) return 'login'
  return locked.includes('confirmation_password') ? 'confirmation' : null
}

const release = async (
  deps: Deps,
  tx: Tx,
  actor: StaffActor,
  caseId: string,
  opened: OpenCase,
): Promise<Result<CaseDone, 'lock.notLocked' | 'lock.notHelpdesk'>> => {
  const { customer, policy, paper } = opened
  const holder = { companyId: customer.companyId, userId: customer.id }
  if (!mayRelease(policy, actor, await lockedUser(deps, tx, policy, holder)))
    return refuse('lock.notHelpdesk')
  const login = await releaseLock(deps, tx, holder, 'login_password', policy.lock)
  const confirmation = await releaseLock(deps, tx, holder, 'confirmation_password', policy.lock)
  const released = [
    ...(login.ok ? [{ which: 'login' as const, lockedAt: login.value.lockedAt }] : []),
    ...(confirmation.ok ? [{ which: 'confirmation' as const, lockedAt: confirmation.value.lockedAt }] : []),
  ]
  const lifted = await liftSuspension(deps, tx, actor, { ...holder, loginId: customer.loginId })
  const codes = await liftCodeSuspensions(
    deps,
    tx,
    actor,
    { ...holder, loginId: customer.loginId },
    { caseId, caseReason: paper.reason },
  )
  if (released.length === 0 && !lifted && !codes) return refuse('lock.notLocked')
  await recordCase(deps, tx, actor, 'lock_release', caseId, opened)
  if (released.length > 0)
    await outbox.put(deps, tx, LockReleasedMail, {
      ...addressOf(customer),
      params: { at: deps.clock.now(), by: 'helpdesk' },
    })
  for (const { which, lockedAt } of released)
    await audit.record(deps, tx, LockReleased, {
      ...entryOf(actor, customer),
      details: {
        which,
        lockedAt: lockedAt?.toISOString() ?? null,
        caseId,
        caseReason: paper.reason,
        formReceivedOn: paper.formReceivedOn,
      },
    })
  return ok({ caseId, repeated: false })
}

/** How the value reaches its owner: never by mail together with the login ID (H-05). */
export type Delivery = 'post' | 'phone'

export type AcquisitionPasswordRequest = CaseRequest & {
  /** `new_computer` ends the user's certificates in the same case (C-08). */
  act: 'acquisition_password' | 'new_computer'
  delivery: Delivery
  /** The unused acquisition password that the officer's page showed; null when it showed none. */
  seen: string | null
}

/** The value is given once, by the one call that made it; it is stored as a hash only. */
export type IssuedPassword = CaseDone & { issued?: { password: string; expiresAt: Date } }

type IssueResult = Result<
  IssuedPassword,
  CaseRefusal | 'customer.notAvailable' | 'acquisition-password.changedMeanwhile'
>

/**
 * Issues an acquisition password (C-02, C-09, H-03): the unused one the officer saw is voided, so that at any time one
 * at most is usable. Where another officer has issued one meanwhile it refuses, for voiding that one unseen would make
 * a letter worthless that is already on its way.
 */
export const issueAcquisitionPassword = async (
  deps: Deps,
  actor: StaffActor,
  request: AcquisitionPasswordRequest,
): Promise<IssueResult> => {
  // Hashing is slow: before the transaction, so that no row is held meanwhile.
  const password = randomPassword()
  const hash = await deps.hasher.hash(password)
  let known: HeldCustomer | undefined
  const done = await inCase(deps, async (tx): Promise<IssueResult> => {
    known = await holdCustomer(tx, request.userId)
    if (!known) return refuse('customer.notFound')
    const repeated = await isRepeated(tx, actor, request.act, request)
    if (!repeated.ok) return repeated
    if (repeated.value) return ok({ caseId: request.caseId, repeated: true })
    const opened = openCase(deps, actor, request.act, known, request)
    if (!opened.ok) return opened
    if (known.serviceState !== 'available') return refuse('customer.notAvailable')
    const expiresAt = await issue(deps, tx, actor, request, opened.value, hash)
    return expiresAt
      ? ok({ caseId: request.caseId, repeated: false, issued: { password, expiresAt } })
      : refuse('acquisition-password.changedMeanwhile')
  })
  if (!done.ok && known)
    await audit.recordAlone(deps, AcquisitionPasswordIssued, {
      ...entryOf(actor, known),
      details: {
        caseId: null,
        caseReason: null,
        formReceivedOn: null,
        delivery: request.delivery,
        expiresAt: null,
        replaced: false,
      },
      outcome: 'refused',
      reason: done.reason,
    })
  return done
}

/** Gives when the new one expires; undefined where the officer saw another state than the one there is. */
const issue = async (
  deps: Deps,
  tx: Tx,
  actor: StaffActor,
  { act, caseId, seen, delivery }: AcquisitionPasswordRequest,
  opened: OpenCase,
  hash: string,
): Promise<Date | undefined> => {
  const { customer, policy, paper } = opened
  const now = deps.clock.now()
  const holder = { companyId: customer.companyId, userId: customer.id }
  const [unused] = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM acquisition_password
     WHERE user_id = ${customer.id}::uuid AND used_at IS NULL AND voided_at IS NULL
       FOR UPDATE`
  if ((unused?.id ?? null) !== seen) return undefined
  if (unused) await tx.acquisitionPassword.update({ where: { id: unused.id }, data: { voidedAt: now } })
  const expiresAt = plusSeconds(now, policy.acquisitionPassword.validSeconds)
  await recordCase(deps, tx, actor, act, caseId, opened)
  if (act === 'new_computer') await endAllOf(deps, tx, actor, holder, 'newComputer')
  // A case issues one password: they share the id, so that the case's page can tell what became of it.
  await tx.acquisitionPassword.create({ data: { id: caseId, ...holder, hash, issuedAt: now, expiresAt } })
  // Whoever came to the end of the strangers' tries begins anew with the new password (B-07).
  await forgetStrangers(tx, holder)
  await outbox.put(deps, tx, AcquisitionPasswordIssuedMail, {
    ...addressOf(customer),
    params: { at: now, expiresAt, delivery },
  })
  await audit.record(deps, tx, AcquisitionPasswordIssued, {
    ...entryOf(actor, customer),
    details: {
      caseId,
      caseReason: paper.reason,
      formReceivedOn: paper.formReceivedOn,
      delivery,
      expiresAt: expiresAt.toISOString(),
      replaced: unused !== undefined,
    },
  })
  return expiresAt
}
