import { hash } from 'node:crypto'

/** The chain of what belongs to the bank alone; every other chain has its company's id. */
export const bankChain = '00000000-0000-0000-0000-000000000000'

/** What an empty chain's hash is: 32 zero bytes. */
export const genesis: Buffer = Buffer.alloc(32)

/**
 * The covered columns of a history entry as text, in the order of the trigger `history_append()`: id, chain_id, seq,
 * at (UTC, `2026-11-20T08:55:03.000Z`), actor_kind, actor_id, actor_login_id, actor_name, certificate_serial, ip,
 * operation, outcome, reason, subject_kind, subject_id, subject_label, details.
 */
export type CoveredColumns = readonly (string | null)[]

/** How many columns the hash covers. */
export const coveredCount = 17

/**
 * The text that is hashed, exactly as the database writes it (migration `guards`): netstrings, so that no value can
 * pretend to be two, nor NULL to be an empty text.
 */
export const canonicalText = (columns: CoveredColumns): string => {
  let text = ''
  for (const column of columns)
    text += column === null ? '-,' : `${Buffer.byteLength(column, 'utf8')}:${column},`
  return text
}

/** `sha256(previous || canonical text)` (F-03). */
export const entryHash = (previous: Buffer, columns: CoveredColumns): Buffer =>
  hash('sha256', Buffer.concat([previous, Buffer.from(canonicalText(columns), 'utf8')]), 'buffer')
