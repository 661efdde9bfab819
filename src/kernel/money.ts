import { toHalfWidth } from './width.ts'

/** Whole yen. Never a floating number, never another currency. */
export type Yen = bigint & { readonly yen: unique symbol }

export const yen = (amount: bigint | number): Yen => BigInt(amount) as Yen

/**
 * Whole yen as people type them: half- or full-width digits, bare or with a separator before every three (I-06). What is
 * wrong otherwise is said by a word, for the caller to name the field and its rule.
 * @param digits how many there may be at most
 */
export const readYen = (text: string, digits: number): Yen | 'blank' | 'shape' => {
  const typed = toHalfWidth(text).trim()
  if (typed === '') return 'blank'
  const bare = /^\d{1,3}(?:,\d{3})+$/.test(typed) ? typed.replaceAll(',', '') : typed
  return bare.length <= digits && /^\d+$/.test(bare) ? yen(BigInt(bare)) : 'shape'
}

const grouped = new Intl.NumberFormat('en-US')
/** Whole yen as a form's fields show them: with a separator before every three digits, which they take as well. */
export const groupedYen = (amount: Yen): string => grouped.format(amount)
