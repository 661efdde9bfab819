import { createRequire } from 'node:module'

/** What of pdfmake's documents a sheet is made of. Its own types would bring the browser's globals into the program. */
export type Block =
  | string
  | (Style & { text: string | Block[] })
  | (Style & { stack: Block[] })
  | (Style & { columns: Block[] })
  | (Style & { table: { widths: string[]; body: Block[][]; headerRows?: number; dontBreakRows?: boolean } })

type Style = {
  fontSize?: number
  bold?: boolean
  color?: string
  fillColor?: string
  alignment?: 'right'
  width?: 'auto'
  margin?: [left: number, top: number, right: number, bottom: number]
  colSpan?: number
  layout?: 'noBorders' | Record<string, () => number | string>
}

export type Definition = {
  pageSize: 'A4'
  pageOrientation: 'landscape' | 'portrait'
  pageMargins: [left: number, top: number, right: number, bottom: number]
  language: string
  info: { title: string; creator: string; producer: string; creationDate: Date }
  displayTitle: true
  defaultStyle: { font: string; fontSize: number; lineHeight: number }
  header: Block
  footer: (page: number, pages: number) => Block
  content: Block[]
}

type Pdfmake = {
  setUrlAccessPolicy(allows: (url: string) => boolean): void
  setLocalAccessPolicy(allows: (path: string) => boolean): void
  setFonts(fonts: Record<string, { normal: string; bold: string }>): void
  createPdf(definition: Definition): { getBuffer(): Promise<Buffer> }
}

export const pdfmake = createRequire(import.meta.url)('pdfmake') as Pdfmake
