import type { Deps } from '../../deps.ts'
import { plusSeconds } from '../../kernel/clock.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import type { HashingPlace } from '../../platform/hasher.ts'
import { type LockRule, strangerTries } from '../../policy/policy.ts'
import { takeBrowserTry } from '../browsers/index.ts'
import { isLocked, type LockFacts } from './credential.ts'

/** Whether the pages without a certificate are closed to a user, for too many wrong passwords came from there. */
export const isAtStrangersEnd = (
  facts: { strangerFailures: number; strangerRetryAfter: Date | null },
  now: Date,
): boolean =>
  facts.strangerFailures >= strangerTries.atMost &&
  (facts.strangerRetryAfter === null || now < facts.strangerRetryAfter)

/** What came of a stranger's try. Nothing of it but `right` may be told to whoever tried (B-05). */
export type StrangerAttempt =
  | { outcome: 'right'; credentialId: string }
  | { outcome: 'wrong' | 'tooManyTries' | 'locked' | 'unusable' }

/** `compared`: false where the form asks for no login password, and the comparison is there for the time it takes. */
export type StrangerOptions = { lock: LockRule | undefined; usable: boolean; compared?: boolean }

/**
 * Compares a login password on a page without a certificate. It takes one of the strangers' tries that are left before
 * anything is compared, so that guesses in parallel can't slip past the wait (B-07); a lock set by certificate logins
 * holds here too (B-06). Nobody (`holder` undefined), and who may not log in (`usable` false), cost the same statement
 * and the same comparison (B-05). The count begins anew by `forgetStrangers`, once everything else is right as well.
 */
export const tryAsStranger = (
  deps: Deps,
  holder: { companyId: string; userId: string } | undefined,
  password: string,
  options: StrangerOptions,
): Promise<StrangerAttempt> =>
  deps.hasher.withPlace('stranger', place => compare(deps, place, holder, password, options))

/**
 * Compares a login password that is typed, without a certificate, at a browser that the account knows, where such failures
 * count towards no lock: they are counted for this browser alone, with the strangers' waits and the strangers' end, after
 * which it is one that nobody knows. So nobody else's guesses keep the owner out, and theirs are as few (B-07, decision 83).
 * @param tokens as the browser's cookie has them
 */
export const tryAtKnownBrowser = (
  deps: Deps,
  holder: { companyId: string; userId: string } | undefined,
  tokens: readonly string[],
  password: string,
  options: StrangerOptions,
): Promise<StrangerAttempt> =>
  deps.hasher.withPlace('known', async place => {
    const taken = await takeBrowserTry(deps, holder, tokens)
    const credential = taken ? await findCredential(deps, holder) : undefined
    return judge(deps, place, credential, password, options)
  })

const compare = async (
  deps: Deps,
  place: HashingPlace,
  holder: { companyId: string; userId: string } | undefined,
  password: string,
  options: StrangerOptions,
): Promise<StrangerAttempt> =>
  judge(deps, place, await takeStrangersTry(deps, holder, options.lock), password, options)

type Credential = LockFacts & { id: string; hash: string; temporaryUntil: Date | null }

const takeStrangersTry = async (
  deps: Deps,
  holder: { userId: string } | undefined,
  lock: LockRule | undefined,
): Promise<Credential | undefined> => {
  const now = deps.clock.now()
  const { free, firstWait, longestWait, atMost } = strangerTries
  // Null where a lock lasts until somebody releases it: so does the end of the strangers' tries.
  const end = lock && lock.seconds !== null ? plusSeconds(now, lock.seconds) : null
  // Without waiting for the disk, which nobody's try doesn't either (B-05): the refusal that is stored after it does.
  const [credential] = await deps.db.$queryRaw<Credential[]>`
    WITH unhurried AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
    UPDATE credential
       SET stranger_failures = CASE WHEN stranger_failures < ${atMost} THEN stranger_failures + 1 ELSE 1 END,
           stranger_retry_after = CASE
             WHEN stranger_failures + 1 = ${atMost} THEN ${end}::timestamptz
             WHEN stranger_failures + 1 > ${free} AND stranger_failures < ${atMost}
             THEN ${now}::timestamptz + make_interval(secs =>
               least(${longestWait}::float8, ${firstWait} * power(2::float8, stranger_failures - ${free})))
             END
      FROM unhurried
     WHERE user_id = ${holder?.userId ?? null}::uuid AND kind = 'login_password'
       AND (stranger_failures < ${atMost} AND stranger_retry_after IS NULL
         OR stranger_retry_after <= ${now}::timestamptz)
    RETURNING id, hash, failures, locked_at AS "lockedAt", locked_until AS "lockedUntil",
              temporary_until AS "temporaryUntil"`
  return credential
}

const findCredential = async (
  deps: Deps,
  holder: { userId: string } | undefined,
): Promise<Credential | undefined> => {
  const [credential] = await deps.db.$queryRaw<Credential[]>`
    SELECT id, hash, failures, locked_at AS "lockedAt", locked_until AS "lockedUntil", temporary_until AS "temporaryUntil"
      FROM credential WHERE user_id = ${holder?.userId ?? null}::uuid AND kind = 'login_password'`
  return credential
}

const judge = async (
  deps: Deps,
  place: HashingPlace,
  credential: Credential | undefined,
  password: string,
  { lock, usable, compared = true }: StrangerOptions,
): Promise<StrangerAttempt> => {
  const why = whyNot(credential, lock, usable, deps.clock.now())
  if (why || !credential) {
    await place.verifyNobody(password)
    return { outcome: why ?? 'tooManyTries' }
  }
  return (await place.verify(credential.hash, password)) || !compared
    ? { outcome: 'right', credentialId: credential.id }
    : { outcome: 'wrong' }
}

const whyNot = (
  credential: Credential | undefined,
  lock: LockRule | undefined,
  usable: boolean,
  now: Date,
): 'tooManyTries' | 'unusable' | 'locked' | undefined => {
  if (!usable || !lock) return 'unusable'
  if (!credential) return 'tooManyTries'
  if (credential.temporaryUntil && credential.temporaryUntil <= now) return 'unusable'
  return isLocked(credential, lock, now) ? 'locked' : undefined
}

/** Begins the strangers' count anew, within the transaction of what ends it: a success, or another chance (B-07). */
export const forgetStrangers = async (
  tx: Pick<Tx, 'credential'>,
  holder: { companyId: string; userId: string },
): Promise<void> => {
  await tx.credential.updateMany({
    where: { ...holder, kind: 'login_password' },
    data: { strangerFailures: 0, strangerRetryAfter: null },
  })
}

/**
 * A login begins every count of its password anew, the one towards the lock (B-06) and the strangers' (B-07), on a row that
 * is held and not locked.
 */
export const forgiveTries = async (
  tx: Pick<Tx, 'credential'>,
  holder: { companyId: string; userId: string },
): Promise<void> => {
  await tx.credential.updateMany({
    where: { ...holder, kind: 'login_password' },
    data: {
      failures: 0,
      retryAfter: null,
      lockedAt: null,
      lockedUntil: null,
      lockCount: 0,
      strangerFailures: 0,
      strangerRetryAfter: null,
    },
  })
}
