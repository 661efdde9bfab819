import { ok, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { liftCodeSuspensions } from '../codes/index.ts'
import { liftSuspension } from '../otp/index.ts'
import { LockReleased, LockReleasedMail, releaseLock } from '../passwords/index.ts'
import { endSessionsOf } from '../sessions/index.ts'
import { reviewDayFrom } from '../two-officers/index.ts'
import { UserLocked } from './events.ts'
import { AccessChangedMail } from './mails.ts'
import { addressOf, type CarryOut, caseDetails, entryOf, holderOf } from './open-case.ts'

/**
 * Releases whatever locks a customer out: the login password, the confirmation password, the one-time password or the
 * mailed and sent codes, in any combination (B-06, B-17, B-18, H-03).
 */
const release: CarryOut<'lock_release'> = async (deps, tx, actor, open) => {
  const { caseId, customer, paper } = open
  const holder = { ...holderOf(customer), loginId: customer.loginId }
  const login = await releaseLock(deps, tx, holderOf(customer), 'login_password', customer.policy.lock)
  const confirmation = await releaseLock(
    deps,
    tx,
    holderOf(customer),
    'confirmation_password',
    customer.policy.lock,
  )
  const otp = await liftSuspension(deps, tx, actor, holder)
  const codes = await liftCodeSuspensions(deps, tx, actor, holder, { caseId, caseReason: paper.reason })
  const released = [
    ...(login.ok ? [{ which: 'login' as const, lockedAt: login.value.lockedAt }] : []),
    ...(confirmation.ok ? [{ which: 'confirmation' as const, lockedAt: confirmation.value.lockedAt }] : []),
    ...(otp ? [{ which: 'one-time' as const, lockedAt: customer.otp?.suspendedAt ?? null }] : []),
    ...(codes ? [{ which: 'codes' as const, lockedAt: customer.codesSuspendedAt }] : []),
  ]
  if (released.length === 0) return refuse('lock.notLocked')
  // What the codes and the one-time password are called, their own mails say.
  if (login.ok || confirmation.ok)
    await outbox.put(deps, tx, LockReleasedMail, {
      ...addressOf(customer),
      params: { at: deps.clock.now(), by: 'helpdesk' },
    })
  for (const { which, lockedAt } of released)
    await audit.record(deps, tx, LockReleased, {
      ...entryOf(actor, customer),
      details: { which, lockedAt: lockedAt?.toISOString() ?? null, ...caseDetails(open) },
    })
  return ok(null)
}

/**
 * Locks a customer's login password until somebody releases it, as too many wrong ones would (B-06, H-03): whoever sees
 * that a password is in wrong hands does not wait for a second officer.
 */
const lock: CarryOut<'user_lock'> = async (deps, tx, actor, open) => {
  const { customer, caseId, paper } = open
  const now = deps.clock.now()
  await tx.credential.updateMany({
    where: { ...holderOf(customer), kind: 'login_password' },
    data: { lockedAt: now, lockedUntil: null, lockedByBank: true },
  })
  const sessionsEnded = await endSessionsOf(deps, tx, { userId: customer.id }, 'lock')
  await outbox.put(deps, tx, AccessChangedMail, {
    ...addressOf(customer),
    params: { at: now, change: 'locked' },
  })
  await audit.record(deps, tx, UserLocked, {
    ...entryOf(actor, customer),
    details: {
      caseId,
      caseReason: paper.reason,
      sessionsEnded,
      reviewDueOn: reviewDayFrom(now),
    },
  })
  return ok(null)
}

export const carryOutLocks = { lock_release: release, user_lock: lock }
