import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Whether poppler's `pdftotext` is here: the words of a PDF as a reader of another make finds them. */
export const hasPdftotext: boolean = (() => {
  try {
    execFileSync('pdftotext', ['-v'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

/** Every word of a PDF, laid out as on its pages. */
export const wordsOfPdf = (file: Buffer): string => {
  const folder = mkdtempSync(join(tmpdir(), 'sekisho-pdf-'))
  try {
    const path = join(folder, 'printed.pdf')
    writeFileSync(path, file)
    return execFileSync('pdftotext', ['-layout', path, '-'], { maxBuffer: 1 << 28 }).toString()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
