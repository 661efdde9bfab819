import type { Deps } from '../../deps.ts'
import type { StaffActor, SystemActor } from '../../kernel/actor.ts'
import { ok, type Result, refuse } from '../../kernel/result.ts'
import * as audit from '../../platform/audit/audit.ts'
import { isUniqueViolation } from '../../platform/db/errors.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import { checkNewPassword, type PasswordRefusal } from '../../policy/password-rules.ts'
import { staffPolicy } from '../../policy/policy.ts'
import { revokeStaffToken } from '../otp/index.ts'
import { releaseLock, storePassword } from '../passwords/index.ts'
import { StaffCreated, StaffUnlocked } from './events.ts'
import {
  checkFirstOfficer,
  checkOfficer,
  type FirstOfficerRefusal,
  type OfficerFacts,
  type OfficerFactsRefusal,
  type OfficerRole,
} from './officer.ts'

export type NewStaff = OfficerFacts & { password: string }

export type NewStaffRefusal = OfficerFactsRefusal | 'staff.loginIdTaken' | PasswordRefusal

/**
 * Whether the command line may register an officer of this role now (H-08): `staff.firstEnough` where two are there who
 * register the others, `staff.firstRole` and `staff.firstApprover` where the first ones could not.
 */
export const mayBeFirst = async (
  deps: Pick<Deps, 'db'>,
  role: OfficerRole,
): Promise<Result<null, FirstOfficerRefusal>> =>
  checkFirstOfficer(role, await deps.db.staff.findMany({ select: { id: true, role: true, state: true } }))

/**
 * Registers an officer, from the command line: the first ones have nobody to be approved by (H-08). Their certificate
 * is issued apart. Refuses a login ID that is taken in any case, and a password below the staff's rule.
 */
export const createStaff = async (
  deps: Deps,
  actor: SystemActor,
  wanted: NewStaff,
): Promise<Result<{ staffId: string }, NewStaffRefusal>> => {
  const facts = checkOfficer(wanted)
  if (!facts.ok) return facts
  const { loginId, name } = facts.value
  const { password } = wanted
  const rule = staffPolicy.loginPassword
  const checked = checkNewPassword(rule, password, { loginId, name })
  if (!checked.ok) return checked
  const hash = await deps.hasher.hash(password)
  const staffId = deps.ids.next()
  try {
    return await inTx(deps, async tx => {
      await keepOfficer(deps, tx, actor, staffId, facts.value, {
        hash,
        forceChange: false,
        temporaryUntil: null,
      })
      return ok({ staffId })
    })
  } catch (error) {
    if (isUniqueViolation(error, 'staff_login_id_key_key')) return refuse('staff.loginIdTaken')
    throw error
  }
}

/** Writes a new officer down with their password, in the transaction of what decided it. */
export const keepOfficer = async (
  deps: Deps,
  tx: Tx,
  actor: SystemActor | StaffActor,
  staffId: string,
  { loginId, name, email, role }: OfficerFacts,
  { hash, ...stored }: { hash: string; forceChange: boolean; temporaryUntil: Date | null },
): Promise<void> => {
  await tx.staff.create({
    data: {
      id: staffId,
      loginId,
      loginIdKey: loginId.toLowerCase(),
      name,
      email,
      role,
      createdAt: deps.clock.now(),
    },
  })
  await storePassword(deps, tx, { staffId }, 'login_password', hash, {
    ...stored,
    remembered: staffPolicy.loginPassword.remembered,
  })
  await audit.record(deps, tx, StaffCreated, {
    actor,
    companyId: null,
    subject: { kind: 'staff', id: staffId, label: loginId },
    details: { loginId, name, officerRole: role },
  })
}

export type UnlockRefusal = 'staff.notFound' | 'staff.notLocked' | 'staff.reasonMalformed'

/**
 * Releases an officer's locked password, from the command line (B-06, H-08): who holds the machine answers for it with
 * the reason, up to 500 characters, in the bank's own history. With `endToken` their one-time password ends, too, and the
 * next login registers another: the way out of a bank with no two others who could recover it (H-01). Refuses where there is
 * no such officer or nothing to release.
 */
export const unlockStaff = async (
  deps: Deps,
  actor: SystemActor,
  loginId: string,
  reason: string,
  { endToken = false }: { endToken?: boolean } = {},
): Promise<Result<{ name: string }, UnlockRefusal>> => {
  const caseReason = reason.trim()
  if (caseReason === '' || caseReason.length > 500 || /\p{Cc}/u.test(caseReason))
    return refuse('staff.reasonMalformed')
  const officer = await deps.db.staff.findUnique({
    where: { loginIdKey: loginId.toLowerCase() },
    select: { id: true, loginId: true, name: true },
  })
  if (!officer) return refuse('staff.notFound')
  const entry = {
    actor,
    companyId: null,
    subject: { kind: 'staff', id: officer.id, label: officer.loginId },
  }
  const done = await inTx(deps, async tx => {
    const released = await releaseLock(deps, tx, { staffId: officer.id }, 'login_password', staffPolicy.lock)
    const registersAnew = endToken && (await revokeStaffToken(deps, tx, officer.id))
    if (!released.ok && !registersAnew) return refuse('staff.notLocked')
    const lockedAt = released.ok ? (released.value.lockedAt?.toISOString() ?? null) : null
    await audit.record(deps, tx, StaffUnlocked, {
      ...entry,
      details: { caseReason, lockedAt, registersAnew },
    })
    return ok({ name: officer.name })
  })
  if (!done.ok)
    await audit.recordAlone(deps, StaffUnlocked, {
      ...entry,
      details: { caseReason, lockedAt: null, registersAnew: false },
      outcome: 'refused',
      reason: done.reason,
    })
  return done
}
