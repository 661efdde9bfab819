import type { Deps } from '../../deps.ts'
import { plusSeconds } from '../../kernel/clock.ts'
import type { Tx } from '../../platform/db/in-tx.ts'
import { randomToken } from '../../platform/random.ts'
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
export const removeExpiredBrowsers = async (deps: Pick<Deps, 'db' | 'clock'>): Promise<number> => {
  const { count } = await deps.db.knownBrowser.deleteMany({ where: { expiresAt: { lte: deps.clock.now() } } })
  return count
}
