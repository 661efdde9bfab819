import type { Deps } from '../../deps.ts'
import type { CredentialKind } from '../../generated/prisma/enums.ts'
import { plusSeconds } from '../../kernel/clock.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import type { LockRule } from '../../policy/policy.ts'
import type { Holder } from './credential.ts'

/** What came of a try at a password. `lockedNow` is true for the one try that set the lock. */
export type Attempt =
  | { outcome: 'right'; credentialId: string }
  | { outcome: 'wrong' }
  | { outcome: 'locked'; lockedNow: boolean }

export type AttemptOptions = {
  lock: LockRule
  /** Runs in the transaction that sets the lock: history, mail, the end of sessions. */
  onLock?: (tx: Tx) => Promise<void>
}

type Reserved = { id: string; hash: string }

/**
 * Compares a password, with its failures counted before the comparison: one conditional UPDATE takes one of the tries
 * that are left, so that guesses in parallel can't slip past the threshold (B-06). A locked, missing or exhausted
 * credential costs the same time as a comparison (B-05) and compares nothing.
 */
export const tryPassword = async (
  deps: Deps,
  holder: Holder,
  kind: CredentialKind,
  password: string,
  { lock, onLock }: AttemptOptions,
): Promise<Attempt> => {
  const now = deps.clock.now()
  const reserved = await reserve(deps, holder, kind, lock, now)
  if (!reserved) {
    await deps.hasher.verifyNobody(password)
    return { outcome: 'locked', lockedNow: false }
  }
  if (await deps.hasher.verify(reserved.hash, password)) {
    // The failures counted so far are forgiven, unless a parallel guess has locked the credential meanwhile.
    const { count } = await deps.db.credential.updateMany({
      where: { id: reserved.id, lockedAt: null },
      data: { failures: 0, lockCount: 0, ...(await renewedHash(deps, reserved.hash, password)) },
    })
    return count === 1
      ? { outcome: 'right', credentialId: reserved.id }
      : { outcome: 'locked', lockedNow: false }
  }
  const lockedNow = await lockIfExhausted(deps, reserved.id, lock, now, onLock)
  return lockedNow ? { outcome: 'locked', lockedNow } : { outcome: 'wrong' }
}

const reserve = async (
  deps: Deps,
  holder: Holder,
  kind: CredentialKind,
  lock: LockRule,
  now: Date,
): Promise<Reserved | undefined> => {
  const userId = 'userId' in holder ? holder.userId : null
  const staffId = 'staffId' in holder ? holder.staffId : null
  // A lock whose time has passed ends here, with the count beginning again.
  const [row] = await deps.db.$queryRaw<Reserved[]>`
    UPDATE credential
       SET failures = CASE WHEN locked_at IS NULL THEN failures + 1 ELSE 1 END, locked_at = NULL, locked_until = NULL
     WHERE (user_id = ${userId}::uuid OR staff_id = ${staffId}::uuid) AND kind = ${kind}::credential_kind
       AND ((locked_at IS NULL AND failures < ${lock.failures}) OR locked_until <= ${now}::timestamptz)
    RETURNING id, hash`
  return row
}

/** Hashes made with yesterday's parameters are made again while the password is at hand. */
const renewedHash = async (deps: Deps, hash: string, password: string): Promise<{ hash?: string }> =>
  deps.hasher.isOutdated(hash) ? { hash: await deps.hasher.hash(password) } : {}

const lockIfExhausted = (
  deps: Deps,
  id: string,
  lock: LockRule,
  now: Date,
  onLock?: (tx: Tx) => Promise<void>,
): Promise<boolean> =>
  inTx(deps, async tx => {
    const { count } = await tx.credential.updateMany({
      where: { id, lockedAt: null, failures: { gte: lock.failures } },
      data: {
        lockedAt: now,
        lockedUntil: lock.seconds === null ? null : plusSeconds(now, lock.seconds),
        lockCount: { increment: 1 },
      },
    })
    if (count === 1) await onLock?.(tx)
    return count === 1
  })
