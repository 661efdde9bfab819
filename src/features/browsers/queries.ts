import type { Deps } from '../../deps.ts'
import { strangerTries } from '../../policy/policy.ts'
import { hashOf } from './token.ts'

/** A user of a company, whose account knows browsers. */
export type Holder = { companyId: string; userId: string }

/**
 * Whether one of these tokens is of a browser with which this user has logged in, and that has not come to the end of its own
 * tries. Nobody's account (`holder` undefined)
 * costs the same statement as somebody's (B-05).
 * @param tokens as the browser's cookie has them
 */
export const isKnownBrowser = async (
  deps: Pick<Deps, 'db' | 'clock'>,
  holder: Holder | undefined,
  tokens: readonly string[],
): Promise<boolean> => {
  if (tokens.length === 0) return false
  const found = await deps.db.$queryRaw<{ id: string }[]>`
    SELECT id FROM known_browser
     WHERE company_id = ${holder?.companyId ?? null}::uuid AND user_id = ${holder?.userId ?? null}::uuid
       AND token_hash = ANY(${tokens.map(hashOf)}::bytea[]) AND expires_at > ${deps.clock.now()}::timestamptz
       AND failures < ${strangerTries.atMost}`
  return found.length > 0
}
