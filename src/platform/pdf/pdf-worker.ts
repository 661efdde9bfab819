import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { parentPort } from 'node:worker_threads'
import type { WorkerAnswer } from '../worker-pool.ts'
import { showingMissing } from './glyphs.ts'
import { fontName, layoutOf } from './layout.ts'
import { pdfmake } from './pdfmake.ts'
import type { Sheet } from './sheet.ts'

const fonts = dirname(createRequire(import.meta.url).resolve('@expo-google-fonts/noto-sans-jp/package.json'))
const regular = join(fonts, '400Regular', 'NotoSansJP_400Regular.ttf')
const bold = join(fonts, '700Bold', 'NotoSansJP_700Bold.ttf')

// A sheet is text alone: nothing it says can make this thread open a file or an address (security.md).
pdfmake.setUrlAccessPolicy(() => false)
pdfmake.setLocalAccessPolicy(path => path === regular || path === bold)
pdfmake.setFonts({ [fontName]: { normal: regular, bold } })

const shown = showingMissing([regular, bold].map(path => readFileSync(path)))

const answerTo = async (sheet: Sheet): Promise<WorkerAnswer<Uint8Array>> => {
  try {
    return { ok: true, answer: await pdfmake.createPdf(layoutOf(shown(sheet))).getBuffer() }
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) }
  }
}

parentPort?.on('message', async (sheet: Sheet) => parentPort?.postMessage(await answerTo(sheet)))
