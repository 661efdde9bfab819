import type { Deps } from '../../deps.ts'
import type { StaffActor } from '../../kernel/actor.ts'
import { ok, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import * as outbox from '../../platform/outbox/outbox.ts'
import { endAllOf } from '../certificates/index.ts'
import { forgetProvedAddress, liftCodeSuspensions } from '../codes/index.ts'
import { removeAllPasskeys } from '../passkeys/index.ts'
import { LockReleased, releaseLock, storePassword } from '../passwords/index.ts'
import { endSessionsOf } from '../sessions/index.ts'
import type { CustomerAct } from './case.ts'
import { PasswordReissued, RegistrationReset } from './events.ts'
import { PasswordReissuedMail } from './mails.ts'
import { addressOf, type CarryOut, caseDetails, entryOf, holderOf, type OpenCase } from './open-case.ts'
import type { MadeSecret } from './secrets.ts'

const madeFor = ({ act, made }: OpenCase): MadeSecret => {
  if (!made) throw new Error(`${act} has no password`)
  return made
}

/** A temporary password in place of the one there is: to be changed at the next login, and over after its time. */
const store = (
  deps: Deps,
  tx: Tx,
  open: OpenCase,
  kind: 'login_password' | 'confirmation_password',
): Promise<void> => {
  const { hash, until } = madeFor(open)
  return storePassword(deps, tx, holderOf(open.customer), kind, hash, {
    forceChange: true,
    remembered: open.customer.policy.loginPassword.remembered,
    temporaryUntil: until,
  })
}

/** A new login password opens what a lock or block had closed: whoever gets it was asked for with form and seal (B-06). */
const unlock = async (deps: Deps, tx: Tx, actor: StaffActor, open: OpenCase): Promise<void> => {
  const { customer } = open
  const released = await releaseLock(deps, tx, holderOf(customer), 'login_password', customer.policy.lock)
  if (released.ok)
    await audit.record(deps, tx, LockReleased, {
      ...entryOf(actor, customer),
      details: {
        which: 'login',
        lockedAt: released.value.lockedAt?.toISOString() ?? null,
        ...caseDetails(open),
      },
    })
}

const tell = async (
  deps: Deps,
  tx: Tx,
  open: OpenCase,
  credential: 'login_password' | 'confirmation_password',
): Promise<void> => {
  await outbox.put(deps, tx, PasswordReissuedMail, {
    ...addressOf(open.customer),
    params: {
      at: deps.clock.now(),
      credential,
      until: madeFor(open).goodThrough,
      delivery: open.proposal.delivery,
    },
  })
}

/**
 * The forgotten login password by paper form, or an initial one that was lost (H-03, B-16): every session ends, and so does
 * what the finder of a lost letter proved with it.
 */
const reissue: CarryOut<'password_reset' | 'initial_password'> = async (deps, tx, actor, open) => {
  const { customer, proposal } = open
  await unlock(deps, tx, actor, open)
  await store(deps, tx, open, 'login_password')
  await forgetProvedAddress(deps, tx, entryOf(actor, customer))
  const sessionsEnded = await endSessionsOf(deps, tx, { userId: customer.id }, 'password')
  await tell(deps, tx, open, 'login_password')
  await audit.record(deps, tx, PasswordReissued, {
    ...entryOf(actor, customer),
    details: {
      which: open.act === 'initial_password' ? 'initial' : 'login',
      ...caseDetails(open),
      delivery: proposal.delivery,
      expiresAt: madeFor(open).goodThrough.toISOString(),
      sessionsEnded,
    },
  })
  return ok(null)
}

/** The forgotten confirmation password, reset like the login password (B-21); work goes on, changes wait for it. */
const reissueConfirmation: CarryOut<'confirmation_password_reset'> = async (deps, tx, actor, open) => {
  const { customer, proposal } = open
  await store(deps, tx, open, 'confirmation_password')
  // The next login asks for a new one: sessions that passed that question before must not go on without it.
  const sessionsEnded = await endSessionsOf(deps, tx, { userId: customer.id }, 'password')
  await tell(deps, tx, open, 'confirmation_password')
  await audit.record(deps, tx, PasswordReissued, {
    ...entryOf(actor, customer),
    details: {
      which: 'confirmation',
      ...caseDetails(open),
      delivery: proposal.delivery,
      expiresAt: madeFor(open).goodThrough.toISOString(),
      sessionsEnded,
    },
  })
  return ok(null)
}

/**
 * Puts a master user back before 初期登録 (B-16): with a new initial password they set login ID, password and mail address
 * anew. What the one before them had ends: sessions, certificates, passkeys, the proof of the address, and the suspension
 * of codes that were mistyped (C-03).
 */
const resetRegistration: CarryOut<'registration_reset'> = async (deps, tx, actor, open) => {
  const { customer, proposal } = open
  await unlock(deps, tx, actor, open)
  const { count } = await tx.user.updateMany({
    where: { companyId: customer.companyId, id: customer.id, registrationDue: false },
    data: { registrationDue: true, emailState: 'unverified', version: { increment: 1 } },
  })
  if (count === 0) return refuse('customer.registrationDue')
  await store(deps, tx, open, 'login_password')
  const revoked = await endAllOf(deps, tx, actor, holderOf(customer), 'other')
  await removeAllPasskeys(deps, tx, actor, holderOf(customer))
  const { caseId, paper } = open
  await liftCodeSuspensions(
    deps,
    tx,
    actor,
    { ...holderOf(customer), loginId: customer.loginId },
    { caseId, caseReason: paper.reason },
  )
  const sessionsEnded = await endSessionsOf(deps, tx, { userId: customer.id }, 'password')
  await tell(deps, tx, open, 'login_password')
  await audit.record(deps, tx, RegistrationReset, {
    ...entryOf(actor, customer),
    details: {
      ...caseDetails(open),
      delivery: proposal.delivery,
      expiresAt: madeFor(open).goodThrough.toISOString(),
      certificates: revoked.length,
      sessionsEnded,
      before: { emailState: customer.emailState },
      after: { emailState: 'unverified' },
    },
  })
  return ok(null)
}

export const carryOutPasswords = {
  password_reset: reissue,
  initial_password: reissue,
  confirmation_password_reset: reissueConfirmation,
  registration_reset: resetRegistration,
} satisfies { [Act in CustomerAct]?: CarryOut<Act> }
