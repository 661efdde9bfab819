import { Readable } from 'node:stream'
import { CsvError, parse } from 'csv-parse'

/** A row as a spreadsheet counts them, the headings being row 1. */
export type FileRecord = { row: number; cells: string[] }

export type Unparsable = 'userCsv.quote' | 'userCsv.rowTooLong'

/** Longer than any row that people write: a quote that was never closed would otherwise swallow the file. */
const longestRow = 64 * 1024

/**
 * Reads the records of a file from its bytes as they come, so that its size is nobody's memory. Bytes that are no
 * character become U+FFFD, which the check then names by row and column. Where the quotes no longer make sense it ends
 * with why and at which row: what would follow can't be told apart.
 */
export async function* recordsOf(
  pieces: AsyncIterable<Uint8Array>,
  isUtf8: boolean,
): AsyncGenerator<FileRecord | { row: number; unparsable: Unparsable }> {
  const parser = parse({ relax_column_count: true, skip_empty_lines: false, max_record_size: longestRow })
  const text = Readable.from(decoded(pieces, isUtf8))
  text.once('error', error => parser.destroy(error))
  text.pipe(parser)
  let row = 0
  try {
    for await (const cells of parser as AsyncIterable<string[]>) {
      row++
      yield { row, cells }
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    yield {
      row: row + 1,
      unparsable: error.code === 'CSV_MAX_RECORD_SIZE' ? 'userCsv.rowTooLong' : 'userCsv.quote',
    }
  } finally {
    text.destroy()
    parser.destroy()
  }
}

async function* decoded(pieces: AsyncIterable<Uint8Array>, isUtf8: boolean): AsyncGenerator<string> {
  // The platform's Shift_JIS is what Windows writes: 髙 and 﨑 are in it.
  const decoder = new TextDecoder(isUtf8 ? 'utf-8' : 'shift_jis')
  for await (const piece of pieces) {
    const text = decoder.decode(piece, { stream: true })
    if (text !== '') yield text
  }
  const rest = decoder.decode()
  if (rest !== '') yield rest
}

/** What the first bytes say a file is, where it is no CSV at all. */
export type NoCsv = 'userCsv.workbook' | 'userCsv.utf16'

export const noCsv = (first: Uint8Array): NoCsv | undefined => {
  const [a, b] = first
  // A workbook is a ZIP archive, or an OLE file as older programs write it.
  if ((a === 0x50 && b === 0x4b) || (a === 0xd0 && b === 0xcf)) return 'userCsv.workbook'
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return 'userCsv.utf16'
  return undefined
}

/** Says of bytes as they come whether all of them are UTF-8; those that begin with its mark mean to be. */
export const utf8Witness = (): { see(piece: Uint8Array): void; isUtf8(): boolean } => {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let valid = true
  let marked: boolean | undefined
  const attempt = (work: () => void) => {
    try {
      if (valid) work()
    } catch {
      valid = false
    }
  }
  return {
    see: piece => {
      marked ??= piece[0] === 0xef && piece[1] === 0xbb && piece[2] === 0xbf
      attempt(() => decoder.decode(piece, { stream: true }))
    },
    isUtf8: () => {
      attempt(() => decoder.decode())
      return valid || marked === true
    },
  }
}
