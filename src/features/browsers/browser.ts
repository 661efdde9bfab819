import { day } from '../../kernel/clock.ts'

/**
 * Device cookies (OWASP, «Slow down online guessing attacks with device cookies»): a browser with which somebody has
 * completed a login is known to their account for `seconds` after the last one. An account knows `atMost` of them, and
 * the cookie of a browser that several people share names `sharedBy` of them, the last ones who logged in.
 */
export const knownBrowsers = { seconds: 180 * day, atMost: 10, sharedBy: 6 } as const

/** What a cookie may be made of: tokens of 256 random bits (`randomToken`). Anything else in it is passed over. */
const token = /^[\w-]{43}$/

/** The tokens in a cookie, the last login's first; none in one that is not ours. */
export const tokensIn = (cookie: string | undefined): string[] => {
  const parts = (cookie ?? '').split('.', knownBrowsers.sharedBy)
  return [...new Set(parts.filter(part => token.test(part)))]
}

/** The cookie after a login: its new token before those of the other people who log in with this browser. */
export const cookieOf = (tokens: readonly string[]): string =>
  tokens.slice(0, knownBrowsers.sharedBy).join('.')
