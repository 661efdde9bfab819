/** What a printed page says, in words already: everything that goes to the thread which sets it. */
export type Sheet = {
  language: 'ja' | 'en'
  title: string
  /** The screen's ID, in the corner as on the screen. */
  screen: string
  /** When it was printed, for the file's own properties. */
  at: Date
  /** What stands below the title: when, by whom, and whatever else the reader must know of the whole. */
  facts: { label: string; value: string }[]
  /** The line at the foot of every page, beside its number: date and operator. */
  foot: string
  landscape: boolean
  words: SheetWords
  parts: SheetPart[]
}

/**
 * The words that the sheet itself needs; `page` holds `{page}` and `{pages}`, `missing` says what 〓 is, which stands for a
 * character that the fonts lack.
 */
export type SheetWords = { page: string; changed: string; oldValue: string; none: string; missing: string }

/** A fact: a label with its value, and the value before where it was changed (red, and marked in words). */
export type SheetRow = { label: string; value: string[]; old?: string[]; changed?: boolean }

export type SheetColumn = {
  text: string
  numeric?: boolean
  /** The column's share of the width; one unless given. */
  share?: number
}

export type SheetPart =
  | { kind: 'text'; text: string }
  | { kind: 'rows'; title?: string; rows: SheetRow[] }
  | { kind: 'table'; title?: string; columns: SheetColumn[]; rows: string[][]; empty: string }
