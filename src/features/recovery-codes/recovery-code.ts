/** Ten codes at a time (B-19), numbered 0 to 9. */
export const codesAtOnce = 10

/** So many wrong codes in a row and the set is worth nothing: a guess must not have a thousand tries. */
export const failuresUntilVoid = 10

/** Letters and digits that nobody takes for another, in lower case: sixteen of them carry 80 random bits. */
export const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789'
export const randomLength = 16

/** `3-abcd-efgh-…`: the number says which hash to compare, so that one try costs one comparison. */
export const printed = (number: number, random: string): string =>
  `${number}-${(random.match(/.{4}/g) ?? []).join('-')}`

/** A code as it was meant: any case, any width was made half by the caller, with or without its hyphens. */
export const readRecoveryCode = (typed: string): { number: number; random: string } | undefined => {
  const plain = typed.toLowerCase().replace(/[\s-]/g, '')
  const found = new RegExp(`^([0-9])([${alphabet}]{${randomLength}})$`).exec(plain)
  return found?.[2] === undefined ? undefined : { number: Number(found[1]), random: found[2] }
}
