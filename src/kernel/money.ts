/** Whole yen. Never a floating number, never another currency. */
export type Yen = bigint & { readonly yen: unique symbol }

export const yen = (amount: bigint | number): Yen => BigInt(amount) as Yen

/**
 * Yen as people type it: half- or full-width digits, with or without separators (I-06). Undefined when it is
 * anything else; the caller knows which field and rule to name.
 */
export const parseYen = (text: string): Yen | undefined => {
  const digits = text.normalize('NFKC').replace(/[,\s]/g, '')
  return /^\d+$/.test(digits) ? yen(BigInt(digits)) : undefined
}
