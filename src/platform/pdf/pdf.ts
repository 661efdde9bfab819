import { createWorkerPool } from '../worker-pool.ts'
import type { Sheet } from './sheet.ts'

export type { Sheet, SheetColumn, SheetPart, SheetRow } from './sheet.ts'

export type PdfPrinter = {
  /**
   * The sheet as a PDF file: A4, Noto Sans JP embedded, every word searchable. Set in a thread of its own, one at a
   * time, so that pages go on; a thousand rows take about a second. Rejects with `PdfOverloaded` when too many wait.
   */
  print(sheet: Sheet): Promise<Buffer>
  /** Ends the thread; what is still being set is rejected. */
  close(): Promise<void>
}

/** Too many files wait to be printed: the page says so, and when to try again. */
export class PdfOverloaded extends Error {
  readonly statusCode = 503
}

/** As many rows as one file holds: about a second of work and 200 MiB of the thread's memory. */
export const rowsInOneFile = 2_000

const mostWaiting = 12
/** A thread that has set two thousand rows keeps what it took from the system until it ends. */
const idleMilliseconds = 10_000
const heapMiB = 768

/** Sets sheets as PDF files in one thread, which starts with the first and ends when nothing is printed for a while. */
export const createPdfPrinter = (): PdfPrinter => {
  const pool = createWorkerPool<Sheet, Uint8Array>(new URL('./pdf-worker.ts', import.meta.url), 1, {
    idleMilliseconds,
    heapMiB,
  })
  let waiting = 0
  return {
    print: async sheet => {
      if (waiting >= mostWaiting) throw new PdfOverloaded('Too many files are being printed')
      waiting++
      try {
        const file = await pool.run(sheet)
        return Buffer.from(file.buffer, file.byteOffset, file.byteLength)
      } finally {
        waiting--
      }
    },
    close: () => pool.close(),
  }
}
