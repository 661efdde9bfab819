/** What a person calls a passkey, to know it again: 「会社のノートPC」. */
export const longestName = 40

/** So many devices at once are enough for anybody, and few enough to be looked over. */
export const atMost = 10

/** How long a browser's dialog may stand, and with it the challenge. */
export const challengeSeconds = 5 * 60

/** From the certificate host to the portal's page and its button. */
export const ticketSeconds = 10 * 60

/** The name as it is kept: control characters out, white space folded; undefined where nothing is left. */
export const readName = (typed: string): string | undefined => {
  const name = typed
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')
    .replace(/[ \u3000]+/g, ' ')
    .trim()
  return name === '' || [...name].length > longestName ? undefined : name
}
