import type { Deps } from '../../deps.ts'
import { plusSeconds } from '../../kernel/clock.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { inPortions } from '../../platform/db/portions.ts'
import { randomToken } from '../../platform/random.ts'
import { strangerTries } from '../../policy/policy.ts'
import { knownBrowsers } from './browser.ts'
import type { Holder } from './queries.ts'
import { hashOf } from './token.ts'

/**
 * Makes the browser of a login known to the user's account, in the transaction that completes the login. A known one
 * gets a new token: whoever had copied the one before has a stranger's. Gives the tokens for its cookie: the new one, and
 * those of other people who log in with the same browser. Beyond `knownBrowsers.atMost` the longest unused is forgotten.
 * @param tokens as the browser's cookie has them
 */
export const keepBrowser = async (
  deps: Pick<Deps, 'clock' | 'ids'>,
  tx: Tx,
  { companyId, userId }: Holder,
  tokens: readonly string[],
): Promise<string[]> => {
  const now = deps.clock.now()
  const replaced = await tx.$queryRaw<{ tokenHash: Uint8Array; knownSince: Date; same: boolean }[]>`
    DELETE FROM known_browser
     WHERE company_id = ${companyId}::uuid AND user_id = ${userId}::uuid
       AND (token_hash = ANY(${tokens.map(hashOf)}::bytea[]) OR expires_at <= ${now}::timestamptz OR id IN (
             SELECT id FROM known_browser WHERE user_id = ${userId}::uuid
              ORDER BY last_used_at DESC, id DESC OFFSET ${knownBrowsers.atMost - 1}))
    RETURNING token_hash AS "tokenHash", known_since AS "knownSince",
              token_hash = ANY(${tokens.map(hashOf)}::bytea[]) AS same`
  const same = replaced.filter(each => each.same)
  const token = randomToken()
  await tx.knownBrowser.create({
    data: {
      id: deps.ids.next(),
      companyId,
      userId,
      tokenHash: hashOf(token),
      knownSince: same[0]?.knownSince ?? now,
      lastUsedAt: now,
      expiresAt: plusSeconds(now, knownBrowsers.seconds),
    },
  })
  const others = tokens.filter(
    each => !same.some(({ tokenHash }) => Buffer.compare(tokenHash, hashOf(each)) === 0),
  )
  return [token, ...others]
}

/**
 * Takes one of the tries at a password that are left to a browser that the account knows, before anything is compared, where
 * failures without a certificate count towards no lock (B-07): the strangers' waits, for this browser alone. False while it
 * waits, and for one that the account doesn't know or no longer does.
 * @param tokens as the browser's cookie has them
 */
export const takeBrowserTry = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  holder: Holder | undefined,
  tokens: readonly string[],
): Promise<boolean> => {
  const now = deps.clock.now()
  const { free, firstWait, longestWait, atMost } = strangerTries
  // Without waiting for the disk, as the other counts (decision 45).
  const taken = await deps.db.$queryRaw<{ id: string }[]>`
    WITH unhurried AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
    UPDATE known_browser
       SET failures = failures + 1,
           retry_after = CASE WHEN failures + 1 > ${free}
             THEN ${now}::timestamptz + make_interval(secs =>
               least(${longestWait}::float8, ${firstWait} * power(2::float8, failures - ${free})))
             END
      FROM unhurried
     WHERE company_id = ${holder?.companyId ?? null}::uuid AND user_id = ${holder?.userId ?? null}::uuid
       AND token_hash = ANY(${tokens.map(hashOf)}::bytea[]) AND expires_at > ${now}::timestamptz
       AND failures < ${atMost} AND (retry_after IS NULL OR retry_after <= ${now}::timestamptz)
    RETURNING id`
  return taken.length > 0
}

/** A right password begins this browser's count anew, in the transaction that it opens a session in. */
export const forgiveBrowser = async (
  tx: Pick<Tx, 'knownBrowser'>,
  holder: Holder,
  tokens: readonly string[],
): Promise<void> => {
  await tx.knownBrowser.updateMany({
    where: { ...holder, tokenHash: { in: tokens.map(hashOf) } },
    data: { failures: 0, retryAfter: null },
  })
}

/**
 * Forgets the browsers that a user's account knows, in the transaction of what makes them doubtful: a password that
 * somebody else set, a lost computer, 「すべての接続からログアウト」. Gives how many there were.
 * @param exceptTokens of the browser that the user sits at, where it is the user who acts
 */
export const forgetBrowsers = (
  tx: Pick<Tx, '$executeRaw'>,
  { companyId, userId }: Holder,
  exceptTokens: readonly string[] = [],
): Promise<number> =>
  tx.$executeRaw`
    DELETE FROM known_browser
     WHERE company_id = ${companyId}::uuid AND user_id = ${userId}::uuid
       AND NOT token_hash = ANY(${exceptTokens.map(hashOf)}::bytea[])`

/** Removes what nobody has logged in with for so long that it is no known browser any more; gives how many there were. */
export const removeExpiredBrowsers = (deps: Pick<Deps, 'db' | 'clock'>): Promise<number> => {
  const where = { expiresAt: { lte: deps.clock.now() } }
  return inPortions(limit => deps.db.knownBrowser.deleteMany({ where, limit }))
}
