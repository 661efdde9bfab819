import type { Deps } from '../../deps.ts'
import type { CredentialKind } from '../../generated/prisma/enums.ts'
import { plusSeconds } from '../../kernel/clock.ts'
import { inTx, type Tx } from '../../platform/db/in-tx.ts'
import type { HashingPlace, Lane } from '../../platform/hasher.ts'
import type { LockRule } from '../../policy/policy.ts'
import { type Holder, isLocked, type LockFacts } from './credential.ts'

/**
 * What came of a try at a password. `lockedNow` is true for the one try that set the lock; `busy` was not compared, for
 * other tries under way hold all that are left; `waiting` was not compared,
 * for the policy lets waits grow; `over` was right once: a temporary password whose time has passed.
 */
export type Attempt =
  | { outcome: 'right' }
  | { outcome: 'wrong' }
  | { outcome: 'locked'; lockedNow: boolean }
  | { outcome: 'busy' }
  | { outcome: 'waiting'; until: Date }
  | { outcome: 'over' }

/** What a lock is when it strikes: `blocks` is the one that blocks (閉塞) until somebody releases it. */
export type NewLock = { blocks: boolean; until: Date | null }

export type AttemptOptions = {
  lock: LockRule
  /** Runs in the transaction that sets the lock: history, mail, the end of sessions. */
  onLock?: (tx: Tx, lock: NewLock) => Promise<void>
  /** False where something else about the try is wrong, such as the ID typed beside a certificate: it counts as wrong. */
  otherwiseRight?: boolean
  /**
   * Whether a right password's count is forgiven by the caller, in the transaction that the password opens (`forgiveTries`),
   * so that it costs no transaction of its own.
   */
  forgivenByCaller?: boolean
  /** Who waits for the comparison: a stranger on a page before login waits behind those who are known (B-07). */
  lane?: Lane
}

type Reserved = { id: string; hash: string; failures: number }

/**
 * Compares a password, with its failures counted before the comparison: one conditional UPDATE takes one of the tries
 * that are left, so that guesses in parallel can't slip past the threshold (B-06), and the place in the hasher's queue is
 * taken before that: a try that is refused for want of room does not count. A locked, missing or exhausted
 * credential costs the same time as a comparison (B-05) and compares nothing; so does nobody (`holder` undefined).
 */
export const tryPassword = (
  deps: Deps,
  holder: Holder | undefined,
  kind: CredentialKind,
  password: string,
  options: AttemptOptions,
): Promise<Attempt> =>
  deps.hasher.withPlace(options.lane ?? 'known', place =>
    compare(deps, place, holder, kind, password, options),
  )

const compare = async (
  deps: Deps,
  place: HashingPlace,
  holder: Holder | undefined,
  kind: CredentialKind,
  password: string,
  { lock, onLock, otherwiseRight = true, forgivenByCaller = false }: AttemptOptions,
): Promise<Attempt> => {
  const now = deps.clock.now()
  const reserved = await reserve(deps, holder, kind, lock, now)
  if (!reserved) {
    await place.verifyNobody(password)
    return whyNone(deps, holder, kind, lock, now)
  }
  if ((await place.verify(reserved.hash, password)) && otherwiseRight) {
    if (forgivenByCaller && !deps.hasher.isOutdated(reserved.hash)) return { outcome: 'right' }
    // The failures counted so far are forgiven, unless a parallel guess has locked the credential meanwhile.
    const { count } = await deps.db.credential.updateMany({
      where: { id: reserved.id, lockedAt: null },
      data: {
        failures: 0,
        lockCount: 0,
        retryAfter: null,
        ...(await renewedHash(deps, reserved.hash, password)),
      },
    })
    return count === 1 ? { outcome: 'right' } : { outcome: 'locked', lockedNow: false }
  }
  const lockedNow =
    reserved.failures >= lock.failures && (await lockExhausted(deps, reserved.id, lock, now, onLock))
  if (lockedNow) return { outcome: 'locked', lockedNow }
  // Read for nothing: who is refused without a comparison is asked for why, and a wrong password costs no less (B-05).
  await standingOf(deps, holder, kind)
  return { outcome: 'wrong' }
}

const idsOf = (holder: Holder | undefined) => ({
  userId: holder && 'userId' in holder ? holder.userId : null,
  staffId: holder && 'staffId' in holder ? holder.staffId : null,
})

const reserve = async (
  deps: Deps,
  holder: Holder | undefined,
  kind: CredentialKind,
  lock: LockRule,
  now: Date,
): Promise<Reserved | undefined> => {
  const { userId, staffId } = idsOf(holder)
  const { free, firstSeconds, longestSeconds } = lock.delays ?? {
    free: null,
    firstSeconds: 0,
    longestSeconds: 0,
  }
  // A lock whose time has passed ends here, with the count beginning again. The count itself waits for no disk: what a try
  // leaves behind, its refusal or its session, is stored after it and takes it along.
  const [row] = await deps.db.$queryRaw<Reserved[]>`
    WITH unhurried AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
    UPDATE credential
       SET failures = CASE WHEN locked_at IS NULL THEN failures + 1 ELSE 1 END, locked_at = NULL, locked_until = NULL,
           retry_after = CASE WHEN failures + 1 > ${free}::int
             THEN ${now}::timestamptz + make_interval(secs =>
               least(${longestSeconds}::float8, ${firstSeconds} * power(2::float8, least(failures - ${free}::int, 40))))
             END
      FROM unhurried
     WHERE (user_id = ${userId}::uuid OR staff_id = ${staffId}::uuid) AND kind = ${kind}::credential_kind
       AND ((locked_at IS NULL AND failures < ${lock.failures}) OR locked_until <= ${now}::timestamptz)
       AND (retry_after IS NULL OR retry_after <= ${now}::timestamptz)
       AND (temporary_until IS NULL OR temporary_until > ${now}::timestamptz)
    RETURNING id, hash, failures`
  return row
}

type Standing = LockFacts & { retryAfter: Date | null; temporaryUntil: Date | null }

const standingOf = async (
  deps: Deps,
  holder: Holder | undefined,
  kind: CredentialKind,
): Promise<Standing | undefined> => {
  const { userId, staffId } = idsOf(holder)
  const [row] = await deps.db.$queryRaw<Standing[]>`
    SELECT failures, locked_at AS "lockedAt", locked_until AS "lockedUntil", retry_after AS "retryAfter",
           temporary_until AS "temporaryUntil"
      FROM credential
     WHERE (user_id = ${userId}::uuid OR staff_id = ${staffId}::uuid) AND kind = ${kind}::credential_kind`
  return row
}

const whyNone = async (
  deps: Deps,
  holder: Holder | undefined,
  kind: CredentialKind,
  lock: LockRule,
  now: Date,
): Promise<Attempt> => {
  const row = await standingOf(deps, holder, kind)
  if (!row) return { outcome: 'locked', lockedNow: false }
  // Tries in flight use up the count for a moment: whoever comes then must not be told of a lock that there is not.
  if (isLocked(row, lock, now))
    return row.lockedAt ? { outcome: 'locked', lockedNow: false } : { outcome: 'busy' }
  if (row.temporaryUntil && row.temporaryUntil <= now) return { outcome: 'over' }
  return row.retryAfter && row.retryAfter > now
    ? { outcome: 'waiting', until: row.retryAfter }
    : { outcome: 'busy' }
}

/** Hashes made with yesterday's parameters are made again while the password is at hand. */
const renewedHash = async (deps: Deps, hash: string, password: string): Promise<{ hash?: string }> =>
  deps.hasher.isOutdated(hash) ? { hash: await deps.hasher.hash(password) } : {}

const lockExhausted = (
  deps: Deps,
  id: string,
  lock: LockRule,
  now: Date,
  onLock?: AttemptOptions['onLock'],
): Promise<boolean> =>
  inTx(deps, async tx => {
    const until = lock.seconds === null ? null : plusSeconds(now, lock.seconds)
    const [locked] = await tx.$queryRaw<{ until: Date | null; count: number }[]>`
      UPDATE credential
         SET locked_at = ${now}::timestamptz, locked_by_bank = false, lock_count = lock_count + 1, retry_after = NULL,
             locked_until = CASE WHEN lock_count + 1 < ${lock.blocksAt ?? 2_147_483_647}::int THEN ${until}::timestamptz END
       WHERE id = ${id}::uuid AND locked_at IS NULL AND failures >= ${lock.failures}
      RETURNING locked_until AS until, lock_count AS count`
    if (!locked) return false
    await onLock?.(tx, {
      blocks: lock.blocksAt !== null && locked.count >= lock.blocksAt,
      until: locked.until,
    })
    return true
  })
